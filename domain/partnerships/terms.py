"""What a convention says: dates, figures, commitments of both sides, clauses and clocks; and its versions in time.

An amendment brings a later version of all of it; a correction stands in the place of what it corrects.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Final, Literal

import msgspec

from domain.refusal import Refused
from domain.tariffs.assess import ScenarioError, read_commitment

Parameter = str | int | bool | None | list[str | dict[str, str | int]]
"""A rule's parameter as it is written in a scenario file: percentages are decimal strings."""

Party = Literal["insurer", "town"]
Nature = Literal["declaration", "amendment", "correction"]

LONGEST_TERM_YEARS: Final = 30
EARLIEST: Final = date(1900, 1, 1)
"""No convention is older: a year such as 0026 was mistyped."""

_RANGES: Final = {
    "notice_months": (0, 120),
    "fees": (0, 1_000_000),
    "waiting_period_days": (0, 3660),
    "office_hours.per_month": (1, 1_000),
    "clocks.explanation_days": (1, 366),
    "clocks.answer_days": (1, 366),
    "clocks.cure_days": (1, 366),
}


class Commitment(msgspec.Struct, frozen=True, kw_only=True):
    """A tariff commitment: `wording` is the clause in its own words, `rule` and `params` what a machine checks."""

    id: str
    article: str
    wording: str
    rule: str
    params: dict[str, Parameter]


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """A commitment of either side that no machine judges: a room, a page in the bulletin, an annual review."""

    id: str
    by: Party
    article: str
    wording: str


class OfficeHourPromise(msgspec.Struct, frozen=True, kw_only=True):
    """How many office hours the insurer promised to hold each month."""

    article: str
    wording: str
    per_month: int


class Clause(msgspec.Struct, frozen=True, kw_only=True):
    """A clause in its own words."""

    article: str
    wording: str


class CouncilVote(msgspec.Struct, frozen=True, kw_only=True):
    """The council's vote on a convention; `document` is the SHA-256 of its text, if kept."""

    number: str
    voted_on: date | None = None
    document: str | None = None


class Clocks(msgspec.Struct, frozen=True, kw_only=True):
    """How many days the convention grants to explain a breach, to accept or dispute, to cure after a formal notice."""

    explanation_days: int = 15
    answer_days: int = 30
    cure_days: int = 30


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a convention says, whole. Money is in cents; `document` is the SHA-256 of the signed text, if kept.

    `ends_on` is the last day.
    """

    signed_on: date
    starts_on: date
    ends_on: date
    notice_months: int = 6
    fees: int = 0
    waiting_period_days: int = 0
    commitments: tuple[Commitment, ...] = ()
    promises: tuple[Promise, ...] = ()
    office_hours: OfficeHourPromise | None = None
    termination: Clause | None = None
    clocks: Clocks = Clocks()
    council_vote: CouncilVote | None = None
    document: str | None = None


class TermsVersion(msgspec.Struct, frozen=True, kw_only=True):
    """Terms that both sides recognise, from `effective_on` on, known since `recorded_at`.

    `number` is the place in the stream of the event that said them, `corrects` that of the terms they replace.
    """

    effective_on: date
    recorded_at: datetime
    terms: Terms
    nature: Nature
    amendment: str | None
    number: int
    corrects: int | None = None


def checked(commitment: Commitment) -> dict[str, object]:
    """The part of a commitment that `assess` checks, as in a scenario file."""
    return {"id": commitment.id, "rule": commitment.rule, "params": commitment.params}


def in_order(versions: Sequence[TermsVersion], known_at: datetime | None = None) -> list[TermsVersion]:
    """The versions that count, by their first day: each until the day before the next one's.

    A correction takes the place of what it corrects, for all its days. With `known_at` only what was recorded until
    then counts. `versions` come in the order in which they were recorded; of two from one day the later counts.
    """
    places: dict[int, int] = {}
    standing: dict[int, TermsVersion] = {}
    for version in versions:
        place = version.number if version.corrects is None else places.get(version.corrects, version.number)
        places[version.number] = place
        if known_at is None or version.recorded_at <= known_at:
            standing[place] = version
    return sorted(standing.values(), key=lambda version: version.effective_on)


def version_on(versions: Sequence[TermsVersion], day: date) -> TermsVersion:
    """The version that counts on a day, of some in order; before the first one's day, the first."""
    begun = [version for version in versions if version.effective_on <= day]
    return begun[-1] if begun else versions[0]


def demand_sound(terms: Terms, at: str = "$") -> None:
    """Refused when dates or commitments contradict themselves, or a figure is absurd; `at` is the path of the terms.

    What is recorded once must be readable by every later check of the tariff.
    """
    _demand_plausible(terms, at)
    if terms.ends_on < terms.starts_on:
        raise Refused(
            "dates-inverted", "A convention ends on or after the day it starts.", path=f"{at}.ends_on"
        )
    last, first = terms.ends_on, terms.starts_on
    if (last.year - first.year, last.month, last.day) > (LONGEST_TERM_YEARS, first.month, first.day):
        raise Refused(
            "term-too-long", f"A convention runs at most {LONGEST_TERM_YEARS} years.", path=f"{at}.ends_on"
        )
    _demand_one_each((commitment.id for commitment in terms.commitments), f"{at}.commitments")
    _demand_one_each((promise.id for promise in terms.promises), f"{at}.promises")
    for index, commitment in enumerate(terms.commitments):
        try:
            read_commitment(checked(commitment))
        except ScenarioError as wrong:
            detail = f"Expected {wrong.expected}, found {wrong.found}."
            path = f"{at}.commitments[{index}]{wrong.path.removeprefix('$')}"
            raise Refused("commitment-unknown", detail, path=path) from None


def _demand_one_each(names: Iterable[str], at: str) -> None:
    seen = set()
    for index, name in enumerate(names):
        if name in seen:
            raise Refused(
                "commitment-repeated", f"Two commitments are called {name}.", path=f"{at}[{index}].id"
            )
        seen.add(name)


def _demand_plausible(terms: Terms, at: str) -> None:
    days: Mapping[str, date | None] = {
        "signed_on": terms.signed_on,
        "starts_on": terms.starts_on,
        "council_vote.voted_on": terms.council_vote.voted_on if terms.council_vote else None,
    }
    for name, day in days.items():
        if day is not None and day < EARLIEST:
            raise Refused("out-of-range", f"Not before {EARLIEST.isoformat()}.", path=f"{at}.{name}")
    figures: Mapping[str, int | None] = {
        "notice_months": terms.notice_months,
        "fees": terms.fees,
        "waiting_period_days": terms.waiting_period_days,
        "office_hours.per_month": terms.office_hours.per_month if terms.office_hours else None,
        "clocks.explanation_days": terms.clocks.explanation_days,
        "clocks.answer_days": terms.clocks.answer_days,
        "clocks.cure_days": terms.clocks.cure_days,
    }
    for name, figure in figures.items():
        least, most = _RANGES[name]
        if figure is not None and not least <= figure <= most:
            raise Refused("out-of-range", f"From {least} to {most}.", path=f"{at}.{name}")
