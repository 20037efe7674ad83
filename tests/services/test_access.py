"""Every route says who may call it, and every stranger is told on every route that nothing is there."""

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from click.testing import CliRunner
from flask import Flask
from werkzeug.routing import Rule

from domain.tenancy import PUBLIC, TOWN
from infra.identity import Role
from services.access import Access, access_of, allow, audience_of, routes, scope_of
from services.asking import API
from services.cli_docs import FOLDER, access_page, bare_app
from services.cli_docs import docs as docs_command
from services.commands.perform import NotFoundError
from services.reading import Audience
from tests.support.api import (
    Caller,
    Served,
    Walked,
    asking,
    counting,
    declaration,
    grid,
    joining,
    planning,
    publishing,
    referring,
    served,
)
from tests.support.cast import ACCORD, CACHAN, GRENOBLE, INSURER, RIVAL_ACCORD, SIREN
from tests.support.database import Database

APP: Final = bare_app()
CLOSED: Final = [
    pytest.param(rule, method, said, id=f"{method} {rule.rule}")
    for rule, method, said in routes(APP)
    if said is not None and not said.public
]

OPEN_TO_OTHERS: Final = {
    # What was published is known to everybody; it names no one.
    "/v1/communes/<commune:code>/citations": {"rival", "other_town", "grouping_elsewhere"},
    # An insurer may declare a convention with any commune: the form names the commune and shows nothing of it.
    "/conventions/nouvelle/<commune:code>": {"rival"},
    # Everybody whom a published index may bind may read it, and say that it is wrong.
    "/indices/<any(IPC_HT_AVG, PMSS, ONDAM):index>/<int:year>/contestation": {"rival", "other_town"},
}
MARKS: Final = ("Lefèvre", "Hénaff", "47,80", "47.80", "55.00", "55,00", "oenone", "Mutuelle du Test")
"""What only the insurer and its town may read in an answer."""


@pytest.fixture(scope="module")
def database_of_module(clusters: Any) -> Iterator[Database]:
    with clusters(18).database() as made:
        yield made


@pytest.fixture(scope="module")
def walked(database_of_module: Database) -> Iterator[tuple[Served, Walked]]:
    """The application after a walk: there is something to be found on every route."""
    with served(database_of_module) as here:
        # A stranger with a valid form is the harder case.
        here.app.config["WTF_CSRF_METHODS"] = set()
        left = here.walk()
        assert here.operator.post(f"{API}/indices", publishing()).status_code == 201
        here.follow()
        yield here, left


def named(rule: Rule) -> str:
    return f"{rule.endpoint} {rule.rule}"


def address(rule: Rule, left: Walked) -> str:
    """The rule's address of what the walk left."""
    values = {
        "code": "38185",
        "siren": SIREN,
        "convention": left.convention,
        "member": left.member,
        "office_hour": left.office_hour,
        "hours": left.office_hour,
        "breach": left.breach,
        "grid": "g2",
        "kind": "csv",
        "sha256": left.document,
        "case": left.case,
        "commitment": "cap",
        "position": str(left.mail),
        "judgement": str(left.judgement),
        "amendment": left.amendment,
        "exemption": "x1",
        "prepared": "p1",
        "draft": "p1",
        "index": "PMSS",
        "year": "2026",
    }
    unknown = rule.arguments - values.keys()
    assert not unknown, f"say in this test what {sorted(unknown)} of {rule.rule} may be"
    return re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", lambda found: values[found[1]], rule.rule)


def body(rule: Rule, left: Walked) -> dict[str, object]:
    """A body that is right in itself, so that nothing but the drawer can be in the way."""
    bodies: dict[str, dict[str, object]] = {
        "conventions": declaration(),
        "confirmation": {"council_reference": "1", "document": "ab" * 32},
        "correction": {"reason": "Frais", "terms": declaration()},
        "refusal": {"reason": "Les frais sont faux."},
        "amendments": {
            "signed_on": "2026-03-01",
            "effective_on": "2027-01-01",
            "reason": "Prolongation",
            "terms": declaration(),
        },
        "notice": {"reason": "DISSATISFACTION"},
        "withdrawal": {"reason": "Accord trouvé"},
        "documents": {},
        "explanation": {"text": "La taxe a augmenté."},
        "dispute": {"text": "La convention dit autre chose."},
        "acceptance": {"text": "Accepté."},
        "formal-notice": {"sent_on": "2026-03-01", "channel": "email", "document": "ab" * 32},
        "exemptions": asking("x9"),
        "grant": {"decided_on": "2026-03-01", "decided_by": "Conseil municipal"},
        "revocation": {"revoked_on": "2027-01-01", "reason": "La taxe baisse."},
        "reference-grids": referring(),
        "headcounts": counting(),
        "from-members": {"id": "h9", "taken_on": "2026-03-01"},
        "dry-runs": {"prepared": "p1"},
        "notifications": {"prepared": "p1"},
        "indices": publishing(),
        "contests": {"index": "PMSS", "year": 2026, "published_on": "2025-12-22", "reason": "Faux."},
        "answers": {"index": "PMSS", "year": 2026, "published_on": "2025-12-22", "answer": "Vrai."},
        "grids": grid("g9", "2027-10-01", "50.00"),
        "dry-run": grid("g9", "2027-10-01", "50.00"),
        "office-hours": planning("2026-06-01"),
        "held": {"visitors": 1},
        "cancellation": {"reason": "other"},
        "members": joining(left.convention),
        "leaving": {"left_on": "2026-09-30", "reason": "moved"},
    }
    return bodies[rule.rule.rpartition("/")[2]]


def call(caller: Caller, rule: Rule, method: str, left: Walked) -> Any:
    if not rule.rule.startswith(API):
        return caller.page(method, address(rule, left))
    return caller.call(method, address(rule, left), body(rule, left) if method == "POST" else None)


def test_every_route_says_who_may_call_it() -> None:
    silent = [f"{method} {rule.rule}" for rule, method, said in routes(APP) if said is None]
    assert silent == []


def test_a_route_that_says_nothing_is_closed_and_seen_by_the_test_above(database: Database) -> None:
    with served(database) as here:
        app = here.app
        app.view_functions["planted"] = lambda: "open"
        app._got_first_request = False
        app.add_url_rule(f"{API}/planted", "planted")
        assert [rule.rule for rule, _, said in routes(app) if said is None] == [f"{API}/planted"]
        assert here.insurer.get(f"{API}/planted").status_code == 404
        assert here.nobody.get(f"{API}/planted").status_code == 401


def test_a_mark_is_public_or_for_roles() -> None:
    with pytest.raises(TypeError):
        allow()
    with pytest.raises(TypeError):
        allow("town", public=True)


def test_a_mark_is_read_through_other_decorators_and_for_head() -> None:
    assert access_of(APP, "membership.Members", "POST") == Access(roles=("insurer",))
    assert access_of(APP, "membership.Members", "HEAD") == Access(roles=("insurer",))
    assert access_of(APP, "membership.Members", "DELETE") is None
    assert access_of(APP, "static", "GET") == Access(public=True)


def test_the_page_of_access_is_the_one_that_would_be_generated_now() -> None:
    assert (FOLDER / "access.md").read_text(encoding="utf-8") == access_page(APP), "run: beffroi docs access"
    assert CliRunner().invoke(docs_command, ["access", "--check"]).exit_code == 0


@pytest.mark.parametrize(("rule", "method", "said"), CLOSED)
def test_signed_out_the_api_asks_for_a_token_and_a_page_leads_to_the_sign_in(
    walked: tuple[Served, Walked], rule: Rule, method: str, said: Access
) -> None:
    here, left = walked
    answer = call(here.nobody, rule, method, left)
    if rule.rule.startswith(API):
        assert answer.status_code == 401
    else:
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/connexion")


@pytest.mark.parametrize("stranger", ["rival", "other_town", "grouping_elsewhere", "operator"])
@pytest.mark.parametrize(("rule", "method", "said"), CLOSED)
def test_a_stranger_is_told_that_nothing_is_there(
    walked: tuple[Served, Walked], stranger: str, rule: Rule, method: str, said: Access
) -> None:
    here, left = walked
    caller: Caller = getattr(here, stranger)
    if rule.endpoint in {"sessions.CurrentSession", "session.sign_out"}:
        return  # it ends the caller's own session, whoever that is
    answer = call(caller, rule, method, left)
    text = answer.get_data(as_text=True)
    its_role = {"rival": "insurer", "other_town": "town", "grouping_elsewhere": "grouping"}.get(
        stranger, stranger
    )
    names_the_walk = bool(rule.arguments - {"kind"}) and stranger not in OPEN_TO_OTHERS.get(rule.rule, ())
    if its_role not in said.roles or (names_the_walk and stranger != "operator"):
        assert answer.status_code == 404, text
    if stranger != "operator":
        assert not [
            mark
            for mark in (*MARKS, left.convention, left.member)
            if mark in text and mark not in answer.request.path
        ]


def test_those_concerned_find_what_strangers_do_not(walked: tuple[Served, Walked]) -> None:
    here, left = walked
    concerned: dict[Role, Caller] = {
        "insurer": here.insurer,
        "town": here.town,
        "grouping": here.grouping,
        "operator": here.operator,
    }
    for rule, method, said in routes(APP):
        if said is None or said.public or method != "GET" or not rule.arguments - {"kind"}:
            continue
        for role, caller in concerned.items():
            if role in said.roles and not (role == "operator" and rule.rule.startswith("/courrier/")):
                answer = call(caller, rule, method, left)
                onward = answer.headers.get("Location", "/connexion")
                moved = answer.status_code in {301, 303} and not onward.startswith("/connexion")
                assert answer.status_code == 200 or moved, f"{role} {named(rule)}: {answer.status_code}"


def test_each_reads_as_its_audience(walked: tuple[Served, Walked]) -> None:
    here, _ = walked
    views = here.parts.views

    def read_as(caller: Caller) -> Audience:
        assert caller.token
        return audience_of(caller.token.principal, views)

    assert read_as(here.insurer) == Audience("organisation", owners=[INSURER, ACCORD, PUBLIC])
    assert read_as(here.town) == Audience("place", tenants=[GRENOBLE], owners=[TOWN, PUBLIC, ACCORD])
    assert read_as(here.grouping) == Audience("place", tenants=[GRENOBLE, CACHAN], owners=[PUBLIC, ACCORD])
    assert read_as(here.operator) == Audience("operator")
    assert RIVAL_ACCORD not in read_as(here.town).owners


@pytest.mark.parametrize(
    "stop",
    [
        "update projection.view_version set poisoned_at = 1, error = 'x' where view = 'access'",
        "update projection.view_version set state = 'retired' where view = 'access'",
    ],
    ids=["stopped", "not ready"],
)
def test_a_town_loses_sight_of_drawers_when_their_view_stops(database: Database, stop: str) -> None:
    with served(database) as here:
        left = here.walk()
        with here.parts.databases.project.connection() as connection:
            connection.execute(stop.encode())
        assert here.town.token
        scope = scope_of(here.town.token.principal, here.parts.views)
        assert (scope.complete, list(scope.audience.owners)) == (False, [TOWN, PUBLIC])
        assert here.town.get(left.within).status_code == 404
        assert here.insurer.get(left.within).status_code == 200


def test_a_revoked_session_is_over_on_the_next_request(database: Database) -> None:
    with served(database) as here:
        assert here.insurer.get("/v1/me").status_code == 200
        assert here.insurer.token
        here.parts.identity.revoke_account(here.insurer.token.principal.account)
        assert here.insurer.get("/v1/me").status_code == 401
        assert here.insurer.page("GET", "/communes").status_code == 303


def test_the_sign_in_page_is_told_where_to_go_on_for_reads_only(database: Database) -> None:
    with served(database) as here:
        asked = here.nobody.page("GET", "/communes?tri=-membres")
        assert asked.headers["Location"] == "/connexion?suite=/communes?tri%3D-membres"
        form = here.nobody.page("POST", "/communes/38185/permanences/nouvelle")
        assert form.headers["Location"] == "/connexion"


def test_an_own_drawer_is_an_insurers_alone(database: Database) -> None:
    from services.access import own_accord, own_drawer

    with served(database) as here:
        app: Flask = here.app
        assert here.town.token
        with app.test_request_context(
            headers={"Authorization": f"Bearer {here.town.token.text}"}, path="/v1/me"
        ):
            for own in (own_drawer, own_accord):
                with pytest.raises(NotFoundError):
                    own()
