"""Questions about conventions: the terms that count on a day, as known at an instant, amendments, documents.

Rows of three tables are put together by the domain's own rule, so that a page and a command say the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, Literal

import msgspec

from domain.partnerships.notice import Notice
from domain.partnerships.terms import (
    Clause,
    Clocks,
    Commitment,
    CouncilVote,
    OfficeHourPromise,
    Promise,
    Terms,
    TermsVersion,
    in_order,
    version_on,
)
from projections.engine.reading import Reader

Stage = Literal["declared", "refused", "upcoming", "current", "notice", "ended"]

_PLAIN: Final = (
    "signed_on", "starts_on", "ends_on", "notice_months", "fees", "waiting_period_days", "promises", "termination",
    "clocks", "council_vote", "document",
)  # fmt: skip


def stage_of(
    state: str, starts_on: date, last_day: date, today: date, *, ended: bool, noticed: bool
) -> Stage:
    """How far a convention is on a day: what was said of it first, then what its days say."""
    if ended or last_day < today:
        return "ended"
    if state != "confirmed":
        return "refused" if state == "refused" else "declared"
    if noticed:
        return "notice"
    return "upcoming" if starts_on > today else "current"


class AmendmentRow(msgspec.Struct, frozen=True, kw_only=True):
    """An amendment; `state` is pending, confirmed or refused, `number` its declaration's place in the stream."""

    id: str
    number: int
    nature: Literal["amendment", "correction"]
    corrects: int | None
    signed_on: date
    effective_on: date
    reason: str
    terms: Terms
    state: str
    declared_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    council_reference: str | None
    document: str | None
    refusal: str | None


class ConventionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A convention with the terms that count on the day asked for; money in cents.

    `state` is declared, refused or confirmed; `commitments` as they were declared; `ends_on` is what the terms say and
    `last_day` what comes of it with a notice. `ended_on` is set once that day is over. `effective_on` is the day since
    which these terms count, `number` the place in the stream of the event that said them.
    """

    tenant: str
    owner: str
    id: str
    insurer_name: str
    signed_on: date
    starts_on: date
    ends_on: date
    notice_months: int
    fees: int
    waiting_period_days: int
    commitments: list[dict[str, Any]]
    office_hours_per_month: int | None
    office_hours_wording: str | None
    office_hours_article: str | None
    council_vote: CouncilVote | None
    document: str | None
    fictitious: bool
    state: str
    confirmed_by: str | None
    confirmed_at: datetime | None
    version: int
    position: int
    communes: Sequence[str] = ()
    promises: Sequence[Promise] = ()
    termination: Clause | None = None
    clocks: Clocks = Clocks()
    declared_at: datetime | None = None
    refused_at: datetime | None = None
    refusal: str | None = None
    effective_on: date | None = None
    number: int = 1
    amendments: Sequence[AmendmentRow] = ()
    notice: Notice | None = None
    notice_recorded_at: datetime | None = None
    ended_on: date | None = None
    ended_cause: str | None = None

    @property
    def last_day(self) -> date:
        """The last day, that of a notice included."""
        return min(self.ends_on, self.notice.takes_effect_on) if self.notice else self.ends_on

    @property
    def terms(self) -> Terms:
        """The terms that count on the day asked for, as a command takes them."""
        promised = self.office_hours_per_month
        return Terms(
            **{name: getattr(self, name) for name in _PLAIN if name != "promises"},
            promises=tuple(self.promises),
            commitments=tuple(msgspec.convert(each, Commitment) for each in self.commitments),
            office_hours=OfficeHourPromise(
                article=self.office_hours_article or "",
                wording=self.office_hours_wording or "",
                per_month=promised,
            )
            if promised is not None
            else None,
        )

    def stage(self, today: date) -> Stage:
        """How far it is on a day."""
        return stage_of(
            self.state,
            self.starts_on,
            self.last_day,
            today,
            ended=self.ended_on is not None,
            noticed=self.notice is not None,
        )

    @property
    def pending(self) -> AmendmentRow | None:
        """The amendment that waits for the town."""
        return next((row for row in self.amendments if row.state == "pending"), None)


class DocumentRow(msgspec.Struct, frozen=True, kw_only=True):
    """A filed document; its bytes are read by `sha256`, once row-level security let this row through."""

    tenant: str
    owner: str
    sha256: str
    name: str
    media_type: str
    size: int
    about: str | None
    filed_at: datetime
    position: int


_DOCUMENT: Final = ", ".join(DocumentRow.__struct_fields__)


class Ending(msgspec.Struct, frozen=True):
    """Which convention's last day may be over."""

    tenant: str
    owner: str
    id: str


def conventions(
    reader: Reader,
    tenant: str | None,
    owners: Sequence[str],
    identity: str | None = None,
    *,
    as_of: date | None = None,
    as_known_at: datetime | None = None,
) -> list[ConventionRow]:
    """The conventions in some drawers, of one commune or (None) of all; the newest first.

    Their terms are those that count on `as_of` (without it, those that begin last), and nothing is shown that was
    recorded after `as_known_at`.
    """
    given = {"tenant": tenant, "owners": list(owners), "id": identity}
    where = " where owner = any(%(owners)s)" + (" and tenant = %(tenant)s" if tenant is not None else "")
    of_one = where + (" and convention = %(id)s" if identity is not None else "")
    where += " and id = %(id)s" if identity is not None else ""
    found = reader.later(
        lambda reader: reader.dicts(
            f"select * from {{oversight}}.convention{where} order by starts_on desc, id",  # noqa: S608
            given,
        )
    )
    amendments = reader.later(
        lambda reader: reader.dicts(
            f"select * from {{oversight}}.amendment{of_one} order by position",  # noqa: S608
            given,
        )
    )
    declared = _grouped(
        reader.dicts(f"select * from {{oversight}}.declaration{of_one} order by number", given)  # noqa: S608
        if as_known_at is not None
        else ()
    )
    amended = _grouped(amendments.found)
    rows = []
    for row in found.found:
        key = (row["tenant"], row["owner"], row["id"])
        known = _as_known(row, declared.get(key, ()), as_known_at) if as_known_at is not None else row
        if known is not None:
            rows.append(_row(known, [_amendment(each, as_known_at) for each in amended.get(key, ())], as_of))
    return rows


def convention(
    reader: Reader,
    tenant: str,
    owner: str,
    identity: str,
    *,
    as_of: date | None = None,
    as_known_at: datetime | None = None,
) -> ConventionRow | None:
    """One convention, as `conventions` gives it."""
    found = conventions(reader, tenant, [owner], identity, as_of=as_of, as_known_at=as_known_at)
    return next(iter(found), None)


def documents(reader: Reader, tenant: str, owner: str, *, after: int = 0, limit: int) -> list[DocumentRow]:
    """The documents of a drawer in the order in which they were filed, from a position on."""
    return reader.rows(
        DocumentRow,
        f"select {_DOCUMENT} from {{oversight}}.document where tenant = %(tenant)s and owner = %(owner)s"  # noqa: S608
        " and position > %(after)s order by position limit %(limit)s",
        {"tenant": tenant, "owner": owner, "after": after, "limit": limit},
    )


def document(reader: Reader, tenant: str, owner: str, sha256: str) -> DocumentRow | None:
    """One document of a drawer."""
    return reader.row(
        DocumentRow,
        f"select {_DOCUMENT} from {{oversight}}.document"  # noqa: S608
        " where tenant = %(tenant)s and owner = %(owner)s and sha256 = %(sha256)s",
        {"tenant": tenant, "owner": owner, "sha256": sha256},
    )


def over_by(reader: Reader, today: date) -> list[Ending]:
    """Confirmed conventions whose last day is before `today` and not said to be over. For the calendar.

    It reads across tenants; which day is the last, the convention itself decides.
    """
    return reader.rows(
        Ending,
        "select c.tenant, c.owner, c.id from {oversight}.convention c left join lateral ("
        " select a.ends_on from {oversight}.amendment a"
        "  where a.tenant = c.tenant and a.owner = c.owner and a.convention = c.id and a.state = 'confirmed'"
        "  and not exists (select from {oversight}.amendment b where b.tenant = a.tenant and b.owner = a.owner"
        "   and b.convention = a.convention and b.corrects = a.number and b.state = 'confirmed')"
        "  order by a.effective_on desc, a.number desc limit 1) a on true"
        " where c.state = 'confirmed' and c.ended_on is null"
        " and least(coalesce(a.ends_on, c.ends_on), c.notice_takes_effect_on) < %(today)s order by c.position",
        {"today": today},
    )


def _grouped(rows: Iterable[dict[str, Any]]) -> dict[tuple[str, str, str], list[dict[str, Any]]]:
    found: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault((row["tenant"], row["owner"], row["convention"]), []).append(row)
    return found


def _amendment(row: Mapping[str, Any], at: datetime | None) -> AmendmentRow | None:
    if at is not None and row["declared_at"] > at:
        return None
    if at is not None and row["decided_at"] is not None and row["decided_at"] > at:
        undecided = ("decided_at", "decided_by", "council_reference", "document", "refusal")
        row = {**row, **dict.fromkeys(undecided), "state": "pending"}
    terms = msgspec.convert(row["terms"], Terms)
    facts = {name: row[name] for name in AmendmentRow.__struct_fields__ if name != "terms"}
    return AmendmentRow(terms=terms, **facts)


def _as_known(
    row: dict[str, Any], declarations: Sequence[Mapping[str, Any]], at: datetime
) -> dict[str, Any] | None:
    """A convention's row as it stood at an instant; None before it was declared."""
    before = [each for each in declarations if each["declared_at"] <= at]
    if not before:
        return None
    known = {**row, **{name: before[-1][name] for name in ("terms", "number", "declared_at")}}
    for name in ("refused", "confirmed", "ended"):
        if row[f"{name}_at"] is not None and row[f"{name}_at"] > at:
            known[f"{name}_at"] = None
    if known["confirmed_at"] is None:
        again = known["refused_at"] is None or known["refused_at"] < known["declared_at"]
        known |= {"state": "declared" if again else "refused", "confirmed_by": None}
    if known["refused_at"] is None:
        known["refusal"] = None
    if known["ended_at"] is None:
        known |= {"ended_on": None, "ended_cause": None}
    if row["notice_recorded_at"] is not None and row["notice_recorded_at"] > at:
        known["notice"] = None
    elif row["withdrawn_at"] is not None and row["withdrawn_at"] > at:
        known["withdrawn_at"] = None
    return known


def _row(row: Mapping[str, Any], amended: Sequence[AmendmentRow | None], day: date | None) -> ConventionRow:
    terms = msgspec.convert(row["terms"], Terms)
    amendments = [each for each in amended if each is not None]
    first = TermsVersion(
        effective_on=terms.starts_on,
        recorded_at=row["declared_at"],
        terms=terms,
        nature="declaration",
        amendment=None,
        number=row["number"],
    )
    standing = in_order([first, *_recognised(amendments)])
    version = version_on(standing, day or date.max)
    hours = version.terms.office_hours
    notice = row["notice"] if row["withdrawn_at"] is None else None
    return ConventionRow(
        **{name: getattr(version.terms, name) for name in _PLAIN},
        **{
            name: row[name]
            for name in (
                "tenant", "owner", "id", "insurer_name", "communes", "fictitious", "state", "confirmed_by",
                "confirmed_at", "declared_at", "refused_at", "refusal", "ended_on", "ended_cause", "version",
                "position",
            )
        },
        commitments=msgspec.to_builtins(version.terms.commitments),
        office_hours_per_month=hours.per_month if hours else None,
        office_hours_wording=hours.wording if hours else None,
        office_hours_article=hours.article if hours else None,
        effective_on=version.effective_on,
        number=version.number,
        amendments=amendments,
        notice=msgspec.convert(notice, Notice) if notice else None,
        notice_recorded_at=row["notice_recorded_at"] if notice else None,
    )  # fmt: skip


def _recognised(amendments: Sequence[AmendmentRow]) -> list[TermsVersion]:
    """The versions that confirmed amendments bring, in the order in which they were recognised."""
    return [
        TermsVersion(
            effective_on=each.effective_on,
            recorded_at=each.decided_at,
            terms=each.terms,
            nature=each.nature,
            amendment=each.id,
            number=each.number,
            corrects=each.corrects,
        )
        for each in sorted(amendments, key=lambda each: each.number)
        if each.state == "confirmed" and each.decided_at is not None
    ]
