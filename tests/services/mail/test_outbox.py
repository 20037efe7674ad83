"""An event becomes one mail for each account that is told, whoever is killed meanwhile; and nothing else does."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from typing import Any

import pytest

from infra.identity import disable_account, enable_account
from projections import VIEWS
from services.commands import partnerships, tariffs
from services.workers.follower import Follower
from services.workers.rebuild import Rebuild
from tests.support import cast
from tests.support.api import Served, email_of, served
from tests.support.cast import ACCORD, GRENOBLE, NOW, ask
from tests.support.database import Database


@pytest.fixture
def here(database: Database) -> Iterator[Served]:
    with served(database) as made:
        yield made


def sign(here: Served) -> None:
    """A convention is declared, and the town confirms it."""
    partnerships.declare(here.parts.ledger, GRENOBLE, ACCORD, cast.declaration(), ask())
    partnerships.confirm(here.parts.ledger, GRENOBLE, ACCORD, cast.confirmation(), ask())


def mails(here: Served) -> list[tuple[str, str]]:
    """Kind and address of every mail in the outbox, in order."""
    with here.parts.databases.project.connection() as connection:
        return connection.execute(
            "select kind, to_address from outbox.mail order by position, to_address"
        ).fetchall()


def test_each_side_is_told_what_concerns_it_and_nobody_else(here: Served) -> None:
    sign(here)
    tariffs.notify(here.parts.ledger, GRENOBLE, ACCORD, cast.grid(), ask())
    here.follow()
    assert mails(here) == [
        ("convention.declared", email_of("town")),
        ("convention.confirmed", email_of("insurer")),
        ("grid.notified", email_of("town")),
    ]


def test_an_event_that_is_told_again_adds_nothing(here: Served) -> None:
    sign(here)
    here.follow()
    before = mails(here)
    with here.parts.databases.project.connection() as connection:
        connection.execute("update projection.follower set position = 0 where name = 'mail'")
        assert here.parts.mail.step(connection) == len(before)
    assert mails(here) == before


def test_a_follower_killed_between_effect_and_checkpoint_writes_each_mail_once(
    here: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign(here)

    class KilledError(BaseException):
        """What a signal does at the worst moment."""

    def killed(*_: Any) -> None:
        raise KilledError

    with monkeypatch.context() as patched, here.parts.databases.project.connection() as connection:
        patched.setattr(Follower, "_move", killed)
        with suppress(KilledError):
            here.parts.mail.step(connection)
    assert len(mails(here)) == 1
    here.follow()
    assert mails(here) == [
        ("convention.declared", email_of("town")),
        ("convention.confirmed", email_of("insurer")),
    ]


def test_what_happened_before_there_were_mails_is_told_to_nobody(here: Served) -> None:
    sign(here)
    with here.parts.databases.project.connection() as connection:
        connection.execute("delete from projection.follower where name = 'mail'")
    here.follow()
    assert mails(here) == []
    tariffs.notify(here.parts.ledger, GRENOBLE, ACCORD, cast.grid(), ask())
    here.follow()
    assert mails(here) == [("grid.notified", email_of("town"))]


def test_a_rebuild_of_any_view_tells_nobody(here: Served) -> None:
    sign(here)
    here.follow()
    before = mails(here)
    for view in VIEWS.values():
        parts = here.parts
        assert Rebuild(view, parts.databases.project, parts.feed, parts.opener).run(lambda _: True).switched
    here.follow()
    assert mails(here) == before


def test_a_disabled_account_is_told_nothing(here: Served) -> None:
    with here.parts.owner_connection() as owner:
        disable_account(owner, email_of("town"), NOW)
    sign(here)
    here.follow()
    assert mails(here) == [("convention.confirmed", email_of("insurer"))]
    with here.parts.owner_connection() as owner:
        enable_account(owner, email_of("town"), NOW)
    tariffs.notify(here.parts.ledger, GRENOBLE, ACCORD, cast.grid(), ask())
    here.follow()
    assert mails(here)[-1] == ("grid.notified", email_of("town"))


def test_a_category_that_an_account_does_not_want_is_not_written(here: Served) -> None:
    assert here.town.token
    account = here.town.token.principal.account
    assert here.parts.mailbox.preferences(account) == {
        "alertes": True, "tarifs": True, "conventions": True, "echeances": True,
    }  # fmt: skip
    assert here.parts.mailbox.prefer(account, {"conventions": False})
    sign(here)
    tariffs.notify(here.parts.ledger, GRENOBLE, ACCORD, cast.grid(), ask())
    here.follow()
    assert mails(here) == [
        ("convention.confirmed", email_of("insurer")),
        ("grid.notified", email_of("town")),
    ]


def test_an_account_that_is_gone_has_no_preference_to_keep(here: Served) -> None:
    assert not here.parts.mailbox.prefer("nobody", {"alertes": False})


def test_an_account_reads_its_own_mails_and_no_other(here: Served) -> None:
    sign(here)
    here.follow()
    assert here.town.token
    assert here.insurer.token
    town, insurer = here.town.token.principal.account, here.insurer.token.principal.account
    mailbox = here.parts.mailbox
    (shown,) = mailbox.mails(town)
    assert shown.kind == "convention.declared"
    mail = mailbox.mail(town, shown.position)
    assert mail is not None
    assert mail.to_address == email_of("town")
    assert mailbox.mail(insurer, shown.position) is None
    assert mailbox.mail(town, 10**30) is None


@pytest.mark.parametrize("table", ["mail", "preference"])
def test_a_request_reads_no_table_of_the_outbox(here: Served, table: str) -> None:
    from psycopg.errors import InsufficientPrivilege

    for pool in (here.parts.databases.request, here.parts.databases.append):
        with pool.connection() as connection, pytest.raises(InsufficientPrivilege):
            connection.execute(f"select * from outbox.{table}".encode())


def test_what_was_written_to_somebody_cannot_be_rewritten_or_removed_by_a_worker(here: Served) -> None:
    from psycopg.errors import InsufficientPrivilege

    for statement in (
        "update outbox.mail set text = ''",
        "delete from outbox.mail",
        "select * from outbox.preference",
        "select * from identity.account",
    ):
        with (
            here.parts.databases.project.connection() as connection,
            pytest.raises(InsufficientPrivilege),
        ):
            connection.execute(statement.encode())


def test_a_grid_says_by_how_much_prices_change(here: Served) -> None:
    sign(here)
    tariffs.notify(here.parts.ledger, GRENOBLE, ACCORD, cast.grid(), ask())
    later = cast.grid("g2", young="32.00", old="49.74", effective_on=date(2026, 5, 1))
    tariffs.notify(here.parts.ledger, GRENOBLE, ACCORD, later, ask())
    here.follow()
    with here.parts.databases.project.connection() as connection:
        texts = connection.execute(
            "select text from outbox.mail where kind = 'grid.notified' order by position"
        ).fetchall()
    assert "Par rapport" not in texts[0][0]
    assert "de +0,44\u202f% à +4,06\u202f%" in texts[1][0]
