"""A convention's life on a real database: several towns at once, amendments in time, notice, and the end."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec.structs import replace

from domain.partnerships.convention import Convention
from domain.refusal import Refused
from infra.clock import FixedClock
from infra.ledger import CommandReused, Conflict
from projections.access import queries as access
from projections.oversight import queries as oversight
from projections.oversight.queries import ConventionRow
from services.commands import membership, partnerships, tariffs
from services.commands.partnerships import (
    ConfirmAmendment,
    CorrectDeclaration,
    DeclareAmendment,
    GiveNotice,
    RefuseConvention,
    WithdrawNotice,
    convention_stream,
)
from services.commands.perform import NotFoundError, StaleError
from services.reading import Audience
from services.wiring import Parts
from tests.support import cast
from tests.support.cast import ACCORD, CACHAN, GRENOBLE, INSURER, NOW, ask
from tests.support.database import Database

ADVISER = Audience("organisation", owners=[INSURER, ACCORD, "public"])
TERMS = partnerships.terms_of(cast.declaration())
LONGER = replace(TERMS, ends_on=date(2030, 9, 30))
AMENDMENT = DeclareAmendment(
    convention="c1",
    id="a1",
    signed_on=date(2026, 3, 1),
    effective_on=date(2027, 1, 1),
    reason="Prolongation",
    terms=LONGER,
)


@pytest.fixture
def parts(any_database: Database) -> Iterator[Parts]:
    with cast.parts_on(any_database) as made:
        yield made


@pytest.fixture
def confirmed(parts: Parts) -> Parts:
    """A convention declared two days ago and confirmed yesterday."""
    partnerships.declare(parts.ledger, GRENOBLE, ACCORD, cast.declaration(), ask(now=NOW - timedelta(days=2)))
    partnerships.confirm(
        parts.ledger, GRENOBLE, ACCORD, cast.confirmation(), ask("account:town", now=NOW - timedelta(days=1))
    )
    return parts


def shown(parts: Parts, as_of: date | None = None, as_known_at: datetime | None = None) -> ConventionRow:
    """The convention as its insurer reads it."""
    cast.follow(parts)
    row = parts.views.read(
        ADVISER,
        lambda reader: oversight.convention(
            reader, GRENOBLE, ACCORD, "c1", as_of=as_of, as_known_at=as_known_at
        ),
    )
    assert row is not None
    return row


def convention(parts: Parts, tenant: str = GRENOBLE) -> Convention:
    """The aggregate."""
    found = parts.ledger.find(Convention, f"{tenant}/{ACCORD}/convention/c1")
    assert found is not None
    return found


def test_one_convention_over_several_towns_is_declared_in_all_or_in_none(parts: Parts) -> None:
    together = replace(cast.declaration(), communes=("38185", "94016"))
    receipt = partnerships.declare_together(parts.ledger, ACCORD, together, ask(command="k1"))
    assert receipt is not None
    assert receipt.last == receipt.first + 1
    for tenant in (GRENOBLE, CACHAN):
        assert convention(parts, tenant).communes == ("38185", "94016")
    # Each town confirms for itself.
    partnerships.confirm(parts.ledger, CACHAN, ACCORD, cast.confirmation(), ask())
    assert [convention(parts, tenant).confirmed for tenant in (GRENOBLE, CACHAN)] == [False, True]
    again = partnerships.declare_together(parts.ledger, ACCORD, together, ask(command="k1"))
    assert again == replace(receipt, repeated=True)
    with pytest.raises(CommandReused):
        partnerships.declare_together(parts.ledger, ACCORD, replace(together, fees=100), ask(command="k1"))


def test_where_one_town_has_it_already_no_town_gets_it(parts: Parts) -> None:
    partnerships.declare(parts.ledger, CACHAN, ACCORD, cast.declaration(), ask())
    together = replace(cast.declaration(), communes=("38185", "94016"))
    with pytest.raises(Conflict):
        partnerships.declare_together(parts.ledger, ACCORD, together, ask())
    assert parts.ledger.find(Convention, convention_stream(GRENOBLE, ACCORD, "c1")) is None


def test_a_convention_with_one_town_is_this_one_alone(parts: Parts) -> None:
    alone = replace(cast.declaration(), communes=("38185",))
    partnerships.declare_together(parts.ledger, ACCORD, alone, ask())
    assert convention(parts).communes == ()


def test_the_town_refuses_the_insurer_corrects_the_town_confirms(parts: Parts) -> None:
    partnerships.declare(parts.ledger, GRENOBLE, ACCORD, cast.declaration(), ask(now=NOW))
    refusal = RefuseConvention(id="c1", reason="Les frais sont de 5 €.")
    later = NOW + timedelta(hours=1)
    partnerships.decline(parts.ledger, GRENOBLE, ACCORD, refusal, ask(now=later))
    assert (shown(parts).state, shown(parts).refusal) == ("refused", refusal.reason)
    waiting = parts.views.read(Audience("operator"), access.waiting)
    assert waiting == []
    correction = CorrectDeclaration(id="c1", reason="Frais corrigés", terms=replace(TERMS, fees=500))
    latest = NOW + timedelta(hours=2)
    partnerships.correct_declaration(parts.ledger, GRENOBLE, ACCORD, correction, ask(now=latest))
    row = shown(parts)
    assert (row.state, row.fees, row.number, row.version) == ("declared", 500, 3, 3)
    assert [each.convention for each in parts.views.read(Audience("operator"), access.waiting)] == ["c1"]
    # As known before, it was refused, and before that declared with other fees.
    assert [
        (shown(parts, as_known_at=at).state, shown(parts, as_known_at=at).fees) for at in (NOW, later, latest)
    ] == [("declared", 0), ("refused", 0), ("declared", 500)]
    before = NOW - timedelta(seconds=1)
    query = parts.views.read(
        ADVISER, lambda r: oversight.conventions(r, GRENOBLE, [ACCORD], as_known_at=before)
    )
    assert query == []
    partnerships.confirm(parts.ledger, GRENOBLE, ACCORD, cast.confirmation(), ask(now=latest))
    assert convention(parts).fees == 500


def test_the_view_and_the_convention_say_the_same_terms_on_every_day(confirmed: Parts) -> None:
    ledger = confirmed.ledger
    partnerships.declare_amendment(ledger, GRENOBLE, ACCORD, AMENDMENT, ask(now=NOW))
    assert shown(confirmed).pending is not None
    assert shown(confirmed, as_of=date(2028, 1, 1)).ends_on == TERMS.ends_on
    agreed = ConfirmAmendment(convention="c1", id="a1", by="town")
    partnerships.confirm_amendment(ledger, GRENOBLE, ACCORD, agreed, ask(now=NOW + timedelta(hours=1)))
    correction = replace(
        AMENDMENT, id="a2", nature="correction", corrects=1, effective_on=TERMS.starts_on,
        reason="Frais corrigés", terms=replace(TERMS, fees=500),
    )  # fmt: skip
    partnerships.declare_amendment(ledger, GRENOBLE, ACCORD, correction, ask(now=NOW + timedelta(hours=2)))
    agreed = ConfirmAmendment(convention="c1", id="a2", by="town")
    partnerships.confirm_amendment(ledger, GRENOBLE, ACCORD, agreed, ask(now=NOW + timedelta(hours=3)))
    aggregate = convention(confirmed)
    for day in (date(2024, 1, 1), date(2026, 12, 31), date(2027, 1, 1), date(2031, 1, 1)):
        for hours in (-1, 0, 1, 2, 3):
            at = NOW + timedelta(hours=hours)
            assert shown(confirmed, day, at).terms == aggregate.terms_on(day, at), (day, hours)
        assert shown(confirmed, day).terms == aggregate.terms_on(day)
    assert shown(confirmed, date(2025, 1, 1)).fees == 500
    assert shown(confirmed, date(2027, 1, 1)).fees == 0
    assert [each.state for each in shown(confirmed).amendments] == ["confirmed", "confirmed"]
    halfway = shown(confirmed, as_known_at=NOW + timedelta(hours=2)).amendments
    assert [each.state for each in halfway] == ["confirmed", "pending"]
    assert shown(confirmed, as_known_at=NOW - timedelta(hours=1)).amendments == []


def test_a_change_on_what_was_not_read_is_stale_and_an_unknown_convention_is_not_there(
    confirmed: Parts,
) -> None:
    with pytest.raises(StaleError):
        partnerships.declare_amendment(confirmed.ledger, GRENOBLE, ACCORD, AMENDMENT, ask(expected=1))
    with pytest.raises(NotFoundError):
        partnerships.declare_amendment(confirmed.ledger, CACHAN, ACCORD, AMENDMENT, ask())


def test_a_command_sent_again_is_answered_again_and_done_once(confirmed: Parts) -> None:
    notice = GiveNotice(id="c1", by="town", reason="DISSATISFACTION", given_on=date(2026, 3, 16))
    first = partnerships.give_notice(confirmed.ledger, GRENOBLE, ACCORD, notice, ask(command="n"))
    again = partnerships.give_notice(confirmed.ledger, GRENOBLE, ACCORD, notice, ask(command="n"))
    assert first is not None
    assert again == replace(first, repeated=True)
    assert partnerships.give_notice(confirmed.ledger, GRENOBLE, ACCORD, notice, ask()) is None


def test_after_notice_nobody_joins_and_who_is_a_member_stays(confirmed: Parts) -> None:
    ledger = confirmed.ledger
    tariffs.notify(ledger, GRENOBLE, ACCORD, cast.grid(), ask())
    membership.join(ledger, GRENOBLE, INSURER, cast.member("m1"), ask())
    given_at = NOW + timedelta(hours=1)
    notice = GiveNotice(id="c1", by="town", reason="COMMITMENT_BROKEN", detail="Plafond dépassé")
    partnerships.give_notice(ledger, GRENOBLE, ACCORD, notice, ask(now=given_at))
    row = shown(confirmed)
    assert (row.last_day, row.ends_on, row.stage(date(2026, 3, 17))) == (
        date(2026, 9, 16),
        TERMS.ends_on,
        "notice",
    )
    assert shown(confirmed, as_known_at=NOW).notice is None
    membership.join(ledger, GRENOBLE, INSURER, cast.member("m2", joined_on=row.last_day), ask())
    late = cast.member("m3", joined_on=row.last_day + timedelta(days=1))
    with pytest.raises(Refused) as refused:
        membership.join(ledger, GRENOBLE, INSURER, late, ask())
    assert (refused.value.code, refused.value.path) == ("convention-over", "$.joined_on")
    assert refused.value.facts == {"ends_on": row.last_day}
    back = WithdrawNotice(id="c1", by="town", reason="Accord trouvé")
    partnerships.withdraw_notice(ledger, GRENOBLE, ACCORD, back, ask(now=NOW + timedelta(hours=2)))
    assert shown(confirmed).notice is None
    known = shown(confirmed, as_known_at=given_at).notice
    assert known is not None
    assert known.detail == "Plafond dépassé"
    membership.join(ledger, GRENOBLE, INSURER, late, ask())


@pytest.mark.parametrize("by", ["notice", "term"])
def test_the_calendar_ends_a_convention_the_day_after_its_last_day_and_once(
    any_database: Database, by: str
) -> None:
    clock = FixedClock(datetime(2026, 3, 16, 9, 30, tzinfo=UTC))
    with cast.parts_on(any_database, clock) as parts:
        last = date(2026, 3, 20)
        short = cast.declaration(ends_on=last if by == "term" else TERMS.ends_on, notice_months=0)
        partnerships.declare(parts.ledger, GRENOBLE, ACCORD, short, ask())
        partnerships.confirm(parts.ledger, GRENOBLE, ACCORD, cast.confirmation(), ask())
        if by == "notice":
            notice = GiveNotice(id="c1", by="insurer", reason="NEEDS_CHANGED", given_on=last)
            partnerships.give_notice(
                parts.ledger, GRENOBLE, ACCORD, notice, ask(now=datetime(2026, 3, 20, 9, tzinfo=UTC))
            )
        clock.set(datetime(2026, 3, 20, 22, 59, tzinfo=UTC))  # 23:59 in Paris
        assert shown(parts).ended_on is None
        clock.set(datetime(2026, 3, 20, 23, 1, tzinfo=UTC))
        row = shown(parts)
        assert (row.ended_on, row.ended_cause, row.stage(date(2026, 3, 21))) == (last, by, "ended")
        version = convention(parts).version
        cast.follow(parts)
        assert convention(parts).version == version
        assert parts.views.read(ADVISER, lambda reader: access.accords(reader, GRENOBLE))[0].state == "ended"


def test_a_convention_that_an_amendment_prolongs_does_not_end_at_its_first_term(confirmed: Parts) -> None:
    ledger = confirmed.ledger
    partnerships.declare_amendment(ledger, GRENOBLE, ACCORD, AMENDMENT, ask())
    agreed = ConfirmAmendment(convention="c1", id="a1", by="town")
    partnerships.confirm_amendment(ledger, GRENOBLE, ACCORD, agreed, ask())
    cast.follow(confirmed)
    with confirmed.views.reader(ADVISER) as reader:
        assert oversight.over_by(reader, TERMS.ends_on + timedelta(days=1)) == []
        assert oversight.over_by(reader, LONGER.ends_on) == []
        due = oversight.over_by(reader, LONGER.ends_on + timedelta(days=1))
    assert [(each.tenant, each.id) for each in due] == [(GRENOBLE, "c1")]
