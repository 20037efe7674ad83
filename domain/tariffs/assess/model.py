"""What a scenario says: a convention, its grids and whatever else bears on its commitments.

Money is integer cents, percentages and indices are exact fractions, days are civil, instants are aware.
"""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

import msgspec


class CellId(NamedTuple):
    """What identifies a cell from grid to grid; `age_to` is inclusive, None means without upper limit."""

    formula: str
    category: str
    role: str
    age_from: int
    age_to: int | None

    @property
    def order(self) -> tuple[str, str, str, int, bool, int]:
        """The key by which findings are listed: no upper limit comes last."""
        formula, category, role, age_from, age_to = self
        return formula, category, role, age_from, age_to is None, age_to or 0


class Cell(msgspec.Struct, frozen=True):
    """A monthly price, taxes included, in cents; `parent` names the cell that this one was split from."""

    id: CellId
    monthly: int
    parent: CellId | None = None


class Params(msgspec.Struct, frozen=True):
    """The parameters of a rule; each rule has its own."""


class Commitment(msgspec.Struct, frozen=True):
    """One promise of a convention: a rule by name, and its parameters."""

    id: str
    rule: str
    params: Params


class Convention(msgspec.Struct, frozen=True):
    """What was signed. `fees` is in cents; None where the file does not say."""

    id: str
    starts_on: date
    ends_on: date
    commitments: tuple[Commitment, ...]
    signed_on: date | None = None
    fees: int | None = None
    waiting_period_days: int | None = None


class Grid(msgspec.Struct, frozen=True):
    """The prices that take effect on a day. `corrects` names the grid that this one replaces entirely."""

    id: str
    effective_on: date
    notified_on: date
    recorded_at: datetime
    cells: tuple[Cell, ...]
    corrects: str | None = None
    justified: bool = False
    declared_rise_percent: Fraction | Mapping[str, Fraction] | None = None


class ReferenceGrid(msgspec.Struct, frozen=True):
    """The insurer's own tariff, against which a discount is measured."""

    id: str
    valid_from: date
    recorded_at: datetime
    cells: tuple[Cell, ...]


class IndexName(StrEnum):
    """The published figures that a cap may follow."""

    IPC_HT_AVG = "IPC_HT_AVG"
    PMSS = "PMSS"
    ONDAM = "ONDAM"


class IndexValue(msgspec.Struct, frozen=True):
    """A published value; a later publication for the same year revises it."""

    index: IndexName
    year: int
    value: Fraction
    published_on: date


class Headcount(msgspec.Struct, frozen=True):
    """How many people each cell held on a day."""

    taken_on: date
    counts: Mapping[CellId, int]


class ExemptionKind(StrEnum):
    """Why a cap may be exceeded: a tax, a law, costs moved from the State's insurance, losses, demography."""

    TAX = "TAX"
    LAW = "LAW"
    TRANSFER_AMO = "TRANSFER_AMO"
    LOSS_RATIO = "LOSS_RATIO"
    DEMOGRAPHY = "DEMOGRAPHY"


class Exemption(msgspec.Struct, frozen=True):
    """A town's leave to exceed limits: they are multiplied by `factor`, from decision or start to end or revocation.

    With `rebase`, what it allowed becomes part of later anchors.
    """

    id: str
    commitments: tuple[str, ...]
    kind: ExemptionKind
    factor: Fraction
    valid_from: date
    decided_on: date
    recorded_at: datetime
    valid_to: date | None = None
    revoked_on: date | None = None
    rebase: bool = False


class Member(msgspec.Struct, frozen=True):
    """One person's price before and after a change, in cents."""

    id: str
    birth_date: date
    formula: str
    before: int
    after: int
    on: date
    category: str = "general"


class Person(msgspec.Struct, frozen=True):
    """One line of a household's quote."""

    formula: str
    age: int
    role: str = "adult"
    category: str = "general"


class Quote(msgspec.Struct, frozen=True):
    """What a household is asked to pay on a day, in cents."""

    id: str
    on: date
    total: int
    people: tuple[Person, ...]


class Scenario(msgspec.Struct, frozen=True):
    """All that a judgement depends on. `as_known_at` None: everything in it is known."""

    convention: Convention
    grids: tuple[Grid, ...]
    reference_grids: tuple[ReferenceGrid, ...] = ()
    indices: tuple[IndexValue, ...] = ()
    headcounts: tuple[Headcount, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
    members: tuple[Member, ...] = ()
    quotes: tuple[Quote, ...] = ()
    as_known_at: datetime | None = None
