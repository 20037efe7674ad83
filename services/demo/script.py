"""What a demo is told with: insurers, towns, their partnerships, and what each of them did when.

Only shapes and small functions here; the facts lie in `insurers` and `towns`.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, time
from fractions import Fraction
from typing import Any, Final

import msgspec

from domain.money import format_euros, parse_decimal, parse_euros, scale
from domain.office_hours.office_hour import CancellationReason
from domain.partnerships.terms import Clause, Commitment, OfficeHourPromise, Parameter, Promise
from domain.tariffs.tariff import DeclaredRise
from domain.tenancy import Owner, Tenant
from infra.ledger import Ledger, Receipt
from services.commands.perform import Ask
from services.commands.tariffs import GivenCell

UseCase = Callable[[Ledger, Tenant, Owner, Any, Ask], Receipt | None]

Cells = tuple[GivenCell, ...]
Band = tuple[str, int, int | None]
"""Role, first and last age of a row of prices."""

BANDS: Final[tuple[Band, ...]] = (
    ("child", 0, 17),
    ("adult", 18, 29),
    ("adult", 30, 39),
    ("adult", 40, 49),
    ("adult", 50, 59),
    ("adult", 60, 69),
    ("adult", 70, 79),
    ("adult", 80, None),
)

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = range(5)


class Insurer(msgspec.Struct, frozen=True, kw_only=True):
    """An insurer of the demo. `real` ones exist; nothing that is invented may show them breaking a promise."""

    key: str
    name: str
    siren: str
    real: bool


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """A published fact in our words; `source` names who published it and the year, `published_on` the day if known."""

    key: str
    about: str
    statement: str
    source: str
    published_on: date | None = None
    noted_on: date = date(2026, 3, 2)


class Grid(msgspec.Struct, frozen=True, kw_only=True):
    """Prices told to the town on `notified_on`; `corrects` names the grid that they replace, `reason` is the motive."""

    id: str
    notified_on: date
    effective_on: date
    cells: Cells
    justified: bool = False
    corrects: str | None = None
    declared_rise: DeclaredRise = None
    reason: str | None = None


class Members(msgspec.Struct, frozen=True, kw_only=True):
    """The invented people who join. `growth` is how many had signed by some days, in a straight line in between.

    `ages` are eleven: the youngest, the nine deciles, the oldest. `women` and `students` are percentages, the latter of
    those under 28; `formulas` are weights. `landline` begins the numbers of those who have no mobile telephone.
    """

    growth: tuple[tuple[date, int], ...]
    departures: int
    women: int
    ages: tuple[int, int, int, int, int, int, int, int, int, int, int]
    formulas: Mapping[str, int]
    landline: str
    students: int = 0


class Cancelled(msgspec.Struct, frozen=True, kw_only=True):
    """Why an office hour did not take place, how many days before that was known, and the day held instead."""

    reason: CancellationReason
    days_before: int
    instead: date | None = None


class OfficeHours(msgspec.Struct, frozen=True, kw_only=True):
    """Office hours that return: on the n-th such weekdays of each month, in places that take turns.

    `silent` days pass without a word; `visitors` is the fewest and the most who come.
    """

    first_on: date
    days: tuple[tuple[int, int], ...]
    starts_at: time
    ends_at: time
    places: tuple[str, ...]
    visitors: tuple[int, int]
    cancelled: Mapping[date, Cancelled] = msgspec.field(default_factory=dict)
    silent: frozenset[date] = frozenset()


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """Something else that is done: a command in the accord's drawer, or in the insurer's `own`.

    Without a command the day itself is lived through: the calendar looks at what fell due. `letter` names the case
    for which the town sends a formal notice.
    """

    on: date
    name: str
    use_case: UseCase | None = None
    command: msgspec.Struct | None = None
    own: bool = False
    letter: str | None = None


class Partnership(msgspec.Struct, frozen=True, kw_only=True):
    """A convention, declared on one day and confirmed by the town on another, or not yet; always marked fictitious.

    `signed_text` is kept as a document that an operator confirms on, instead of the town. With `communes` one
    convention covers several: the first one's partnership declares it in all, each confirms for itself.
    """

    key: str
    insurer: Insurer
    signed_on: date
    declared_on: date
    confirmed_on: date | None
    starts_on: date
    ends_on: date
    council_vote: str
    communes: tuple[str, ...] = ()
    notice_months: int = 6
    commitments: tuple[Commitment, ...] = ()
    promises: tuple[Promise, ...] = ()
    promise: OfficeHourPromise | None = None
    termination: Clause | None = None
    grids: tuple[Grid, ...] = ()
    acts: tuple[Act, ...] = ()
    members: Members | None = None
    office_hours: OfficeHours | None = None
    signed_text: str | None = None


class Town(msgspec.Struct, frozen=True, kw_only=True):
    """A commune, what was published about its scheme, and its partnerships in the demo."""

    code: str
    name: str
    published: tuple[Published, ...] = ()
    partnerships: tuple[Partnership, ...] = ()


def cells(prices: Mapping[str, str], bands: Sequence[Band] = BANDS) -> Cells:
    """Cells from a line of monthly prices for each formula, one for each band."""
    return tuple(
        GivenCell(formula=formula, role=role, age_from=first, age_to=last, monthly=monthly)
        for formula, line in prices.items()
        for (role, first, last), monthly in zip(bands, line.split(), strict=True)
    )


def raised(given: Cells, percent: str, *, from_age: int = 0) -> Cells:
    """The same cells after a rise, from an age on."""
    factor = 1 + parse_decimal(percent) / 100
    return tuple(_scaled(cell, factor) if cell.age_from >= from_age else cell for cell in given)


def with_students(given: Cells, percent: str, until_age: int) -> Cells:
    """The same cells, and those of students below them: so much cheaper, up to an age."""
    factor = 1 - parse_decimal(percent) / 100
    students = [
        msgspec.structs.replace(_scaled(cell, factor), category="student")
        for cell in given
        if cell.role == "adult" and cell.age_to is not None and cell.age_to <= until_age
    ]
    return (*given, *students)


def clause(identity: str, article: str, rule: str, wording: str, **params: Parameter) -> Commitment:
    """A commitment: the clause in its own words, and what a machine checks of it."""
    return Commitment(id=identity, article=article, wording=wording, rule=rule, params=params)


def cap(percent: str, period: str, article: str, wording: str) -> Commitment:
    """A fixed cap a period."""
    return clause("plafond", article, "ANNUAL_CAP_FIXED", wording, max_rise_percent=percent, period=period)


def growing(last: date, *points: tuple[date, int]) -> tuple[tuple[date, int], ...]:
    """The same growth up to another last day, on the line between its last two points."""
    known = [point for point in points if point[0] < last]
    (first, before), (then, after) = (
        points[max(len(known) - 1, 0) :][:2] if len(known) < len(points) else points[-2:]
    )
    reached = before + (after - before) * (last - first).days // (then - first).days
    return (*(point for point in known if point[1] < reached), (last, reached))


def _scaled(cell: GivenCell, factor: Fraction) -> GivenCell:
    cents = scale(parse_euros(cell.monthly), (factor.numerator, factor.denominator))
    return msgspec.structs.replace(cell, monthly=format_euros(cents))
