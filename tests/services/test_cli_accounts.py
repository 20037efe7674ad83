"""`beffroi accounts`: who may sign in, and never a password on the command line."""

import pytest
from click.testing import CliRunner, Result

from infra.clock import SystemClock
from infra.identity import Identity, SessionKey, SignInRefused
from services.cli import main
from services.cli_accounts import accounts
from tests.support.api import communes
from tests.support.database import Database, run_folder

ADDED = "add adele@exemple.example --name Adèle --role town --code 38185"


@pytest.fixture
def installation(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setenv("BEFFROI_DATABASE_URL", database.owner_url)
    monkeypatch.setenv("BEFFROI_DATA", str(run_folder() / str(database.version)))
    with database.connect("owner") as owner:
        communes(owner)
    return database


def run(arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(main, ["accounts", *arguments.split()], input=typed)


def signs_in(database: Database, password: str) -> bool:
    identity = Identity(database.pools.request, SessionKey(bytes(32)), SystemClock())
    try:
        identity.sign_in("adele@exemple.example", password)
    except SignInRefused:
        return False
    return True


def test_a_generated_password_is_shown_once_and_opens_the_account(installation: Database) -> None:
    result = run(f"{ADDED} --generate")
    assert result.exit_code == 0, result.output
    first, second = result.output.splitlines()
    assert first == "adele@exemple.example may sign in for Grenoble."
    password = second.removeprefix("Its password, shown this once: ")
    assert len(password) > 20
    assert signs_in(installation, password)
    listed = run("list").output
    assert "adele@exemple.example" in listed
    assert "Grenoble" in listed
    assert password not in listed


def test_a_password_is_typed_twice_and_not_shown(installation: Database) -> None:
    result = run(ADDED, "bataille de farine\nbataille de farine\n")
    assert result.exit_code == 0, result.output
    assert "bataille" not in result.output
    assert signs_in(installation, "bataille de farine")


def test_a_closed_account_and_an_old_password_open_nothing(installation: Database) -> None:
    run(ADDED, "bataille de farine\nbataille de farine\n")
    assert run("password adele@exemple.example", "une autre bataille\nune autre bataille\n").exit_code == 0
    assert not signs_in(installation, "bataille de farine")
    assert signs_in(installation, "une autre bataille")
    assert run("disable adele@exemple.example").exit_code == 0
    assert not signs_in(installation, "une autre bataille")
    assert "disabled" in run("list").output
    assert run("enable adele@exemple.example").exit_code == 0
    assert signs_in(installation, "une autre bataille")


@pytest.mark.parametrize(
    ("arguments", "typed", "said"),
    [
        (ADDED, "short\nshort\n", "12 to 256 characters"),
        ("add a@exemple.example --name A --role insurer --generate", None, "--code is missing"),
        ("add a@exemple.example --name A --role insurer --code 999000011 --generate", None, "--organisation"),
        ("add a@exemple.example --name A --role town --code 38999 --generate", None, "--organisation"),
        ("add nonsense --name A --role operator --generate", None, "not an e-mail address"),
        ("password nobody@exemple.example --generate", None, "No account has the address"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(
    installation: Database, arguments: str, typed: str | None, said: str
) -> None:
    result = run(arguments, typed)
    assert result.exit_code != 0
    assert said in result.output
    assert "Traceback" not in result.output
    assert run("list").output == "No account yet: add one with `beffroi accounts add`.\n"


def test_no_command_takes_a_password_as_an_argument() -> None:
    for command in accounts.commands.values():
        for parameter in command.params:
            assert parameter.name != "password"


def test_a_grouping_reads_the_communes_it_is_given_and_no_other(installation: Database) -> None:
    added = run("add metro@exemple.example --name Zoé --role grouping --code 38 --generate")
    assert added.exit_code == 0, added.output
    assert "may sign in for Isère" in added.output
    password = added.output.splitlines()[1].rpartition(" ")[2]
    identity = Identity(installation.pools.request, SessionKey(bytes(32)), SystemClock())
    token = identity.sign_in("metro@exemple.example", password)
    assert list(token.principal.communes) == []
    assert run("communes 38 --all").output == "The grouping 38 reads 1 commune.\n"
    found = identity.principal(token.text)
    assert found is not None
    assert list(found.communes) == ["38185"]
    assert run("communes 38 94016 52121").exit_code == 0
    found = identity.principal(token.text)
    assert found is not None
    assert list(found.communes) == ["52121", "94016"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("communes 38", "Name the communes, or say --all."),
        ("communes 38 38185 --all", "Name the communes, or say --all."),
        ("communes 38 38185", "There is no grouping 38."),
        ("communes 38 Grenoble", "not the INSEE code of a commune"),
        ("communes 999 --all", "knows no agglomeration or department 999"),
    ],
)
def test_a_grouping_without_communes_or_name_is_refused(
    installation: Database, arguments: str, said: str
) -> None:
    result = run(arguments)
    assert result.exit_code != 0
    assert said in f"{result.output} {result.exception}"
