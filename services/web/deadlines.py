"""What is due on which day, and from whom: clocks of cases, ends of conventions, last days to notify, awaited indices.

Pure: rows of views in, deadlines out. A day that a convention does not fix is the last one of the month it falls in.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, Literal

import msgspec

from domain.tariffs.assess.days import add_months
from domain.tariffs.assess.month_days import month_day
from domain.tariffs.assess.rules.notice import Notice
from projections.compliance.portfolio import CaseDue
from projections.oversight.portfolio import Agreement
from projections.tariffs.queries import ExemptionEnd
from services.web.typography import count, day, month

Kind = Literal["case", "answer", "notice", "end", "tariff", "index", "exemption"]

KINDS: Final[Mapping[Kind, tuple[str, str]]] = {
    "case": ("dossier à traiter", "dossiers à traiter"),
    "answer": ("réponse de ville", "réponses de ville"),
    "notice": ("fin de préavis", "fins de préavis"),
    "end": ("fin de convention", "fins de convention"),
    "tariff": ("tarif à notifier", "tarifs à notifier"),
    "index": ("indice attendu", "indices attendus"),
    "exemption": ("fin de dérogation", "fins de dérogation"),
}
"""Each kind in words, for one and for several."""

SOON: Final = timedelta(days=30)

_INDICES: Final[Mapping[str, tuple[str, int, int]]] = {
    # Its name, and in which month of which year after its own it is usually published.
    "IPC_HT_AVG": ("inflation hors tabac", 1, 1),
    "PMSS": ("plafond de la Sécurité sociale", -1, 12),
    "ONDAM": ("objectif de dépenses (Ondam)", -1, 12),
}
_CLOCKS: Final = {
    "explanation": "expliquer ou corriger",
    "answer": "réponse de la ville",
    "cure": "corriger, après mise en demeure",
}


class Deadline(msgspec.Struct, frozen=True, kw_only=True):
    """One day and what it is for; `whose` is who has to act, `case` the case it belongs to."""

    on: date
    kind: Kind
    words: str
    tenant: str
    convention: str
    whose: Literal["insurer", "town"] | None = None
    case: str | None = None

    def late(self, today: date) -> bool:
        """Whether somebody who had to act let it pass."""
        return self.whose is not None and self.on < today

    def soon(self, today: date) -> bool:
        """Whether it is within thirty days, or late."""
        return self.on <= today + SOON

    def left(self, today: date) -> str:
        """`dans 14 jours`, `aujourd’hui`, `échu depuis 3 jours`; an index that is late is still awaited."""
        days = (self.on - today).days
        if self.kind == "index" and days <= 0:
            return "toujours attendu"
        if days > 0:
            return f"dans {count(days, 'jour')}"
        return "aujourd’hui" if days == 0 else f"échu depuis {count(-days, 'jour')}"


def deadlines(
    agreement: Agreement,
    today: date,
    *,
    cases: Sequence[CaseDue] = (),
    last_effective: date | None = None,
    applied: Mapping[str, int] | None = None,
    exemptions: Iterable[ExemptionEnd] = (),
) -> list[Deadline]:
    """Everything that is due of a convention, the first first.

    `last_effective` is the latest day of effect of its grids, `applied` the last year of each index it was given.
    """
    found = [_of_case(case) for case in cases]
    if agreement.state == "confirmed" and agreement.stage(today) != "ended":
        found += _of_end(agreement)
        found += _of_tariff(agreement, today, last_effective)
        found += _of_indices(agreement, today, applied or {})
        found += [_of_exemption(row) for row in exemptions]
    return sorted(found, key=lambda each: each.on)


def foremost(every: Sequence[Deadline], today: date) -> Deadline | None:
    """What to name when there is room for one: what somebody has to do soon, else what comes first."""
    acts = [each for each in every if each.whose is not None and each.soon(today)]
    return next(iter(acts or every), None)


def told(every: Sequence[Deadline]) -> str:
    """How many of each kind: `2 dossiers à traiter, 1 fin de préavis`."""
    numbers = {kind: sum(each.kind == kind for each in every) for kind in KINDS}
    return ", ".join(count(number, *KINDS[kind]) for kind, number in numbers.items() if number)


def _of_case(case: CaseDue) -> Deadline:
    return Deadline(
        on=case.due_on,
        kind="answer" if case.turn == "town" else "case",
        words=_CLOCKS[case.clock],
        tenant=case.tenant,
        convention=case.convention,
        whose=case.turn,
        case=case.id,
    )


def _of_end(agreement: Agreement) -> Iterator[Deadline]:
    noticed = agreement.notice_on is not None
    yield Deadline(
        on=agreement.last_day,
        kind="notice" if noticed else "end",
        words="fin du préavis, la convention s’arrête" if noticed else "fin de la convention",
        tenant=agreement.tenant,
        convention=agreement.id,
    )


def _of_tariff(agreement: Agreement, today: date, last_effective: date | None) -> Iterator[Deadline]:
    """The last day to notify a grid for 1 January; none before the first grid, nor once that of the year is there."""
    if last_effective is None or not agreement.notices:
        return
    for year in (today.year + 1, today.year + 2):
        effective = date(year, 1, 1)
        last = min(
            _last_day(params.get("months"), params.get("fixed_day"), year) for params in agreement.notices
        )
        if last < today:
            continue
        if effective <= agreement.last_day and last_effective < effective:
            yield Deadline(
                on=last,
                kind="tariff",
                words=f"dernier jour pour notifier le tarif du {day(effective)}",
                tenant=agreement.tenant,
                convention=agreement.id,
                whose="insurer",
            )
        return


@lru_cache(maxsize=1024)
def _last_day(months: int | None, fixed_day: str | None, year: int) -> date:
    fixed = month_day(fixed_day) if fixed_day is not None else None
    return Notice(months=months, fixed_day=fixed).last_day(date(year, 1, 1))


def _of_indices(agreement: Agreement, today: date, applied: Mapping[str, int]) -> Iterator[Deadline]:
    for name in dict.fromkeys(str(params["index"]) for params in agreement.indexed):
        # Without any value it is the one of the last year whose month has come that is missed.
        year = applied[name] + 1 if name in applied else today.year - max(_INDICES[name][1], 0)
        on, words = _expected(name, year, today)
        yield Deadline(
            on=on,
            kind="index",
            words=words,
            tenant=agreement.tenant,
            convention=agreement.id,
        )


def _of_exemption(row: ExemptionEnd) -> Deadline:
    return Deadline(
        on=row.last,
        kind="exemption",
        words="dernier jour d’une dérogation",
        tenant=row.tenant,
        convention=row.convention,
    )


@lru_cache(maxsize=1024)
def _expected(name: str, year: int, today: date) -> tuple[date, str]:
    """The day on which a value is awaited, and in words."""
    title, lag, published = _INDICES[name]
    expected = date(year + lag, published, 1)
    last = add_months(expected, 1) - timedelta(days=1)
    when = "en" if last >= today else "depuis"
    return max(last, today), f"indice {year} attendu {when} {month(expected)} : {title}"
