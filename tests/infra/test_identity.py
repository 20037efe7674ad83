"""Identity: signing in tells a stranger nothing and costs an attacker much; whatever is revoked is over at once."""

import base64
import json
import statistics
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from time import monotonic, perf_counter, sleep

import jwt
import pytest
from psycopg import errors

from infra.clock import FixedClock
from infra.errors import OperatorError
from infra.identity import (
    AccountError,
    Identity,
    Passwords,
    SessionKey,
    SignInBusy,
    SignInRefused,
    SignInThrottled,
    add_account,
    add_organisation,
    disable_account,
    enable_account,
    list_accounts,
    load_session_key,
    set_password,
)
from infra.secrets import SecretsFolder
from tests.support.database import Database

NOW = datetime(2026, 3, 16, 9, 30, tzinfo=UTC)
KEY = SessionKey(bytes(range(32)))
CHEAP = Passwords(time_cost=1, memory_kib=64, at_once=32)
EMAIL, PASSWORD = "Adele.Martin@Exemple.example", "bataille de farine"


def settle(database: Database) -> None:
    with database.connect("owner") as owner:
        organisation = add_organisation(owner, "insurer", "999000011", "Mutuelle du Test", fictitious=True)
        add_account(
            owner, organisation, email=EMAIL, name="Adèle Martin", password=PASSWORD, now=NOW, passwords=CHEAP
        )


@pytest.fixture
def identity(database: Database, clock: FixedClock) -> Identity:
    settle(database)
    return Identity(database.pools.request, KEY, clock, CHEAP)


def fails(identity: Identity, times: int, email: str = EMAIL) -> None:
    for _ in range(times):
        with pytest.raises(SignInRefused):
            identity.sign_in(email, "another password")


def test_an_account_signs_in_is_known_and_signs_out(any_database: Database, clock: FixedClock) -> None:
    settle(any_database)
    identity = Identity(any_database.pools.request, KEY, clock, CHEAP)
    token = identity.sign_in("  adele.martin@EXEMPLE.example ", PASSWORD)
    who = identity.principal(token.text)
    assert who == token.principal
    assert (who.role, who.code, who.organisation, who.fictitious, who.name, who.email) == (
        "insurer",
        "999000011",
        "Mutuelle du Test",
        True,
        "Adèle Martin",
        EMAIL,
    )
    assert who.expires_at == token.expires_at == NOW + timedelta(hours=12)
    identity.sign_out(token.text)
    assert identity.principal(token.text) is None
    identity.sign_out(token.text)


def test_unknown_wrong_and_disabled_get_one_answer(identity: Identity, database: Database) -> None:
    said = set()
    for email, password in (
        (EMAIL, "another password"),
        ("nobody@exemple.example", PASSWORD),
        ("\x00\ud800", "\ud800"),
    ):
        with pytest.raises(SignInRefused) as refused:
            identity.sign_in(email, password)
        said.add(str(refused.value))
    with database.connect("owner") as owner:
        disable_account(owner, EMAIL, NOW)
    with pytest.raises(SignInRefused) as refused:
        identity.sign_in(EMAIL, PASSWORD)
    assert said == {str(refused.value)}


def test_an_unknown_address_takes_as_long_as_a_wrong_password(database: Database, clock: FixedClock) -> None:
    dear = Passwords(time_cost=2, memory_kib=16_384, at_once=1)
    with database.connect("owner") as owner:
        organisation = add_organisation(owner, "town", "38185", "Grenoble")
        add_account(owner, organisation, email=EMAIL, name="A", password=PASSWORD, now=NOW, passwords=dear)
    identity = Identity(database.pools.request, KEY, clock, dear)

    def cost(email: str) -> float:
        began = perf_counter()
        fails(identity, 1, email)
        return perf_counter() - began

    known, unknown = ([cost(email) for _ in range(7)] for email in (EMAIL, "nobody@exemple.example"))
    assert 0.5 < statistics.median(known) / statistics.median(unknown) < 2


def test_after_eight_failures_an_address_waits_even_with_the_right_password(
    identity: Identity, clock: FixedClock
) -> None:
    for _ in range(8):
        fails(identity, 1)
        clock.advance(timedelta(minutes=1))
    with pytest.raises(SignInThrottled) as refused:
        identity.sign_in(EMAIL.upper(), PASSWORD)
    assert refused.value.seconds == 7 * 60
    clock.advance(timedelta(seconds=7 * 60))
    identity.sign_in(EMAIL, PASSWORD)


def test_an_unknown_address_waits_like_a_known_one(identity: Identity) -> None:
    fails(identity, 8, "nobody@exemple.example")
    with pytest.raises(SignInThrottled):
        identity.sign_in("nobody@exemple.example", PASSWORD)
    identity.sign_in(EMAIL, PASSWORD)


def test_a_success_forgets_the_failures_before_it(identity: Identity) -> None:
    for _ in range(3):
        fails(identity, 7)
        identity.sign_in(EMAIL, PASSWORD)


def test_of_many_attempts_at_once_eight_are_checked(identity: Identity) -> None:
    def attempt(_: int) -> type[Exception]:
        try:
            identity.sign_in(EMAIL, "another password")
        except (SignInRefused, SignInThrottled) as answer:
            return type(answer)
        raise AssertionError

    with ThreadPoolExecutor(24) as threads:
        answers = list(threads.map(attempt, range(24)))
    assert answers.count(SignInRefused) == 8


def test_one_person_may_sign_in_from_many_places_at_once(identity: Identity) -> None:
    with ThreadPoolExecutor(8) as threads:
        tokens = list(threads.map(lambda _: identity.sign_in(EMAIL, PASSWORD), range(16)))
    assert len({token.principal.session for token in tokens}) == 16


def test_a_flood_of_sign_ins_waits_outside(database: Database, clock: FixedClock) -> None:
    passwords = Passwords(time_cost=1, memory_kib=64, at_once=1, waiting=1)
    identity = Identity(database.pools.request, KEY, clock, passwords)
    inside, leave = Event(), Event()

    def hold() -> None:
        with passwords.turn():
            inside.set()
            leave.wait(5)

    holder = Thread(target=hold)
    holder.start()
    inside.wait(5)
    waiter = Thread(target=lambda: fails(identity, 1))
    waiter.start()
    deadline = monotonic() + 5
    while passwords._admitted._value > 0 and monotonic() < deadline:
        sleep(0.01)
    with pytest.raises(SignInBusy) as busy:
        identity.sign_in(EMAIL, PASSWORD)
    assert busy.value.seconds > 0
    leave.set()
    holder.join()
    waiter.join()


def test_revoking_an_account_ends_all_its_sessions_at_once(identity: Identity) -> None:
    tokens = [identity.sign_in(EMAIL, PASSWORD) for _ in range(3)]
    assert identity.revoke_account(tokens[0].principal.account) == 3
    assert [identity.principal(token.text) for token in tokens] == [None] * 3
    assert identity.revoke_account(tokens[0].principal.account) == 0
    assert identity.principal(identity.sign_in(EMAIL, PASSWORD).text) is not None


def test_disabling_and_a_new_password_end_every_session(identity: Identity, database: Database) -> None:
    with database.connect("owner") as owner:
        first = identity.sign_in(EMAIL, PASSWORD)
        set_password(owner, EMAIL.upper(), "une autre bataille", NOW, CHEAP)
        assert identity.principal(first.text) is None
        fails(identity, 1)
        second = identity.sign_in(EMAIL, "une autre bataille")
        disable_account(owner, EMAIL, NOW)
        assert identity.principal(second.text) is None
        enable_account(owner, EMAIL, NOW)
        assert identity.principal(second.text) is None
        identity.sign_in(EMAIL, "une autre bataille")


def test_a_session_ends_by_itself(identity: Identity, clock: FixedClock) -> None:
    token = identity.sign_in(EMAIL, PASSWORD)
    clock.advance(timedelta(hours=12) - timedelta(seconds=1))
    assert identity.principal(token.text) is not None
    clock.advance(timedelta(seconds=1))
    assert identity.principal(token.text) is None


def test_a_change_of_role_counts_from_the_next_request(identity: Identity, database: Database) -> None:
    token = identity.sign_in(EMAIL, PASSWORD)
    with database.connect("owner") as owner:
        other = add_organisation(owner, "town", "38185", "Grenoble")
        owner.execute("update identity.account set role = 'town', organisation = %s", (other,))
    who = identity.principal(token.text)
    assert who
    assert (who.role, who.code) == ("town", "38185")


def test_a_token_that_is_not_ours_stands_for_nobody(identity: Identity) -> None:
    token = identity.sign_in(EMAIL, PASSWORD)
    claims = jwt.decode(token.text, options={"verify_signature": False})
    key = bytes(range(32))

    def forged(with_key: bytes = key, algorithm: str = "HS256", **changed: object) -> str:
        values = {name: value for name, value in {**claims, **changed}.items() if value is not None}
        return jwt.encode(values, with_key, algorithm=algorithm)

    assert identity.principal(forged()) is not None
    header, payload, signature = token.text.split(".")
    unsigned = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).decode().rstrip("=")
    wrong = [
        "",
        "x",
        "é" * 10,
        token.text[:-2],
        f"{header}.{payload}.",
        f"{unsigned}.{payload}.",
        f"{header}.{payload[:-4]}AAAA.{signature}",
        forged(bytes(32)),
        forged(algorithm="HS512", with_key=key * 2),
        forged(aud="another"),
        forged(iss="another"),
        forged(sub="another"),
        forged(sid="another"),
        forged(sid=None),
        forged(exp=None),
        forged(exp=int(NOW.timestamp())),
        forged(exp="soon"),
    ]
    assert [identity.principal(text) for text in wrong] == [None] * len(wrong)


def test_no_role_but_the_owner_reads_or_writes_the_tables(any_database: Database) -> None:
    settle(any_database)
    with any_database.connect("owner") as owner:
        tables = [
            name
            for (name,) in owner.execute(
                "select relname from pg_class where relnamespace = 'identity'::regnamespace and relkind = 'r'"
            )
        ]
        unguarded = owner.execute(
            "select relname from pg_class where relnamespace = 'identity'::regnamespace and relkind = 'r'"
            " and not relrowsecurity"
        ).fetchall()
    assert set(tables) == {"organisation", "account", "session", "sign_in_attempt", "grouping_commune"}
    assert unguarded == []
    for role in ("append", "request", "project"):
        with any_database.connect(role) as connection:
            for table in tables:
                for statement in (f"select from identity.{table}", f"delete from identity.{table}"):
                    with pytest.raises(errors.InsufficientPrivilege):
                        connection.execute(statement.encode())


def test_only_the_request_role_asks_about_sessions(any_database: Database) -> None:
    question = "select * from identity.session_principal('x', now())"
    with any_database.connect("request") as request:
        assert request.execute(question).fetchall() == []
        with request.transaction():
            request.execute("set local role beffroi_organisation")
            with pytest.raises(errors.InsufficientPrivilege):
                request.execute(question)
    for role in ("append", "project"):
        with any_database.connect(role) as connection, pytest.raises(errors.InsufficientPrivilege):
            connection.execute(question)
    with any_database.connect("owner") as owner:
        loose = owner.execute(
            "select proname from pg_proc where pronamespace = 'identity'::regnamespace"
            " and not coalesce(proconfig, '{}') @> array['search_path=pg_catalog, pg_temp']"
        ).fetchall()
    assert loose == []


def test_an_attempt_keeps_no_address_and_makes_one_session(identity: Identity, database: Database) -> None:
    fails(identity, 1)
    with database.connect("owner") as owner:
        row = owner.execute("select id, whose::text from identity.sign_in_attempt").fetchone()
    assert row
    assert "adele" not in bytes.fromhex(row[1].removeprefix("\\x")).decode("latin-1").lower()
    with database.connect("request") as request:
        made = [
            request.execute(
                "select identity.session_begin(%s, %s, %s, %s)", (row[0], sid, NOW, NOW + timedelta(hours=1))
            ).fetchone()
            for sid in ("one", "two")
        ]
    assert made == [(True,), (False,)]


def test_old_attempts_are_swept_away(identity: Identity, database: Database, clock: FixedClock) -> None:
    fails(identity, 3)
    clock.advance(timedelta(minutes=15))
    fails(identity, 1, "nobody@exemple.example")
    with database.connect("owner") as owner:
        assert owner.execute("select count(*) from identity.sign_in_attempt").fetchone() == (1,)


def test_accounts_are_refused_that_could_not_be(database: Database) -> None:
    settle(database)
    with database.connect("owner") as owner:

        def add(
            email: str = "b@exemple.example", password: str = PASSWORD, of: str = "insurer:999000011"
        ) -> None:
            add_account(owner, of, email=email, name="B", password=password, now=NOW, passwords=CHEAP)

        with pytest.raises(AccountError, match="has an account already"):
            add(email=EMAIL.upper())
        with pytest.raises(AccountError, match="12 to 256"):
            add(password="eleven char")
        with pytest.raises(AccountError, match="not an e-mail address"):
            add(email="b exemple.example")
        with pytest.raises(AccountError, match="no organisation"):
            add(of="town:38185")
        with pytest.raises(AccountError, match="No account"):
            set_password(owner, "nobody@exemple.example", PASSWORD, NOW, CHEAP)
        for kind, code in (("insurer", "999000012"), ("town", "3818"), ("operator", "me")):
            with pytest.raises(AccountError):
                add_organisation(owner, kind, code, "X")  # type: ignore[arg-type] # of any kind
        with pytest.raises(errors.ForeignKeyViolation):
            owner.execute("update identity.account set role = 'operator'")
        assert [(each.email, each.role) for each in list_accounts(owner)] == [(EMAIL, "insurer")]
        add_organisation(owner, "insurer", "999000011", "Mutuelle du Nord")
        assert list_accounts(owner)[0].organisation == "Mutuelle du Nord"


def test_the_key_of_sessions_is_made_once_and_kept_closed(tmp_path: Path) -> None:
    secrets = SecretsFolder(tmp_path / "secrets")
    first, again = load_session_key(secrets), load_session_key(secrets)
    assert first.derive("forms") == again.derive("forms") != first.derive("cursors")
    assert (tmp_path / "secrets" / "session.key").stat().st_mode & 0o777 == 0o600
    assert "SessionKey(…)" in repr(first)
    (tmp_path / "secrets" / "session.key").write_bytes(b"short")
    with pytest.raises(OperatorError, match="does not hold 32 bytes"):
        load_session_key(secrets)


def test_accents_typed_on_another_keyboard_are_the_same_password() -> None:
    stored = CHEAP.hash("de\u0301gustation a\u0300 la ferme")
    with CHEAP.turn():
        assert CHEAP.check(stored, "d\u00e9gustation \u00e0 la ferme")
        assert not CHEAP.check(stored, "degustation a la ferme")
        assert not CHEAP.check(None, "")
        assert not CHEAP.check("not a hash", "x")
