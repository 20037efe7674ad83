"""Grids as they come in and go out, notified to one town or to many, and what the check finds in them."""

from typing import Any

from marshmallow import fields

from domain.tariffs.prepared import Target
from services.commands.given import CellNamed, GivenCell, GridContent
from services.commands.tariffs import NotifyGrid, NotifyToTowns
from services.schemas.answers import ITSELF, Answer, PageGiven
from services.schemas.fields import (
    CommuneCode,
    Day,
    Digest,
    Euros,
    Flag,
    Instant,
    Key,
    Many,
    Part,
    Price,
    Text,
    Whole,
)
from services.schemas.figures import DecimalText, DeclaredRises
from services.schemas.reading import CommandGiven, Given, PartGiven
from services.schemas.text import CLAUSE, LINE

MOST_CELLS = 2_000
MOST_AT_ONCE = 250
"""Towns in one request: more are told in several."""

_OLDEST = 150


class CellNameFields(Given):
    """What names a cell; `age_to` is included, null is without upper limit."""

    formula = Text(50, required=True)
    category = Text(50)
    role = Text(50)
    age_from = Whole(0, _OLDEST, required=True)
    age_to = Whole(0, _OLDEST, allow_none=True)


class CellNamedGiven(CellNameFields, PartGiven):
    """A cell by its name."""

    makes = CellNamed


class CellGiven(CellNameFields, PartGiven):
    """A monthly price, taxes included, for an age bracket; `parent` is the cell that it was split from."""

    makes = GivenCell

    monthly = Price(required=True)
    before_tax = Price(allow_none=True)
    parent = Part(CellNamedGiven, allow_none=True)


class GridFields(Given):
    """What a notified grid says.

    `notified_on` is today unless said. `declared_rise` is the announced rise in percent, `corrects` the grid that
    this one replaces, `justification` the SHA-256 of a filed document, `reason` the motive of an excess.
    """

    effective_on = Day(required=True)
    notified_on = Day(allow_none=True)
    justified = Flag()
    cells = Many(Part(CellGiven), least=1, most=MOST_CELLS, required=True)
    tax_percent = DecimalText(allow_none=True)
    corrects = Key(allow_none=True)
    decided_by = Text(LINE, allow_none=True)
    decided_on = Day(allow_none=True)
    justification = Digest(allow_none=True)
    declared_rise = DeclaredRises(allow_none=True)
    reason = Text(CLAUSE, lines=True, allow_none=True)


class GridGiven(GridFields, CommandGiven):
    """A tariff grid told to a town. `id` is the insurer's name for it."""

    command = NotifyGrid
    from_route = frozenset({"convention", "prepared"})

    id = Key(required=True)


class GridContentGiven(GridFields, PartGiven):
    """A tariff grid, whatever the town."""

    makes = GridContent


class TargetGiven(PartGiven):
    """A town and the convention with it."""

    makes = Target

    commune = CommuneCode(required=True)
    convention = Key(required=True)


class GridToTownsGiven(CommandGiven):
    """A grid for many towns: `grid` and its name `id`, or `prepared`, the key of a prepared one.

    Without `towns` those of the prepared grid.
    """

    command = NotifyToTowns
    from_route = frozenset()

    id = Key(allow_none=True)
    prepared = Key(allow_none=True)
    grid = Part(GridContentGiven, allow_none=True)
    towns = Many(Part(TargetGiven), most=MOST_AT_ONCE)


class GridsGiven(PageGiven):
    """Which grids, and whether with their cells."""

    cells = Flag(load_default=False)


class CellName(Answer):
    """What names a cell."""

    formula = fields.String(allow_none=True)
    category = fields.String(allow_none=True)
    role = fields.String(allow_none=True)
    age_from = fields.Integer(allow_none=True)
    age_to = fields.Integer(allow_none=True)


class CellAnswer(CellName):
    """A monthly price, taxes included; `before_tax` is there when it was said, `parent` the cell it was split from."""

    monthly = Price()
    before_tax = Price()
    parent = fields.Nested(CellName, allow_none=True)


class GridAnswer(Answer):
    """A notified grid. `document` is the SHA-256 of its cells; these and `tax_percent` are there when asked for."""

    id = fields.String()
    effective_on = Day()
    notified_on = Day()
    justified = Flag()
    corrects = fields.String(allow_none=True)
    decided_by = fields.String(allow_none=True)
    decided_on = Day(allow_none=True)
    justification = fields.String(allow_none=True)
    declared_rise = DeclaredRises(allow_none=True)
    reason = fields.String(allow_none=True)
    recorded_at = Instant()
    document = fields.String()
    cell_count = fields.Integer()
    cells = fields.List(fields.Nested(CellAnswer))
    tax_percent = fields.String(allow_none=True)


class FindingAnswer(Answer):
    """One verdict of the tariff check over some days; figures are written as their kind is."""

    commitment = fields.String()
    rule = fields.String()
    grid = fields.String(allow_none=True)
    cell = fields.Nested(CellName, allow_none=True)
    subject = fields.String(allow_none=True)
    first = fields.String(data_key="from", attribute="from")
    last = fields.String(data_key="to", attribute="to", allow_none=True)
    verdict = fields.String()
    anchor = fields.String(allow_none=True)
    limit = fields.String(allow_none=True)
    observed = fields.String(allow_none=True)
    excess = fields.String(allow_none=True)
    reason = fields.String()
    exemptions = fields.List(fields.String())


class TriedCellAnswer(Answer):
    """A price on trial, what it was the day before, and the highest that no commitment forbids (null: no limit)."""

    cell = fields.Nested(CellName)
    price = Euros()
    before = Euros(allow_none=True)
    change = fields.String(metadata={"enum": ["new", "unchanged", "risen", "fallen"]})
    percent = fields.String(allow_none=True)
    highest = Euros(allow_none=True)
    limited_by = fields.String(allow_none=True)
    broken = fields.List(fields.String())


class DryRunAnswer(Answer):
    """What the tariff check finds in a convention's grids, the new one included; nothing is recorded.

    `earliest` is the first day from today on which notice and change windows let the grid take effect; null when no
    day of the next years does, `day_lawful` whether the chosen one is.
    """

    findings = fields.List(fields.Nested(FindingAnswer))
    summary = fields.Dict(keys=fields.String(), values=fields.Integer())
    cells = fields.List(fields.Nested(TriedCellAnswer))
    earliest = Day(allow_none=True)
    day_lawful = Flag()


class ItemProblem(Answer):
    """What went wrong for one of many; `code` as in a problem."""

    code = fields.String()
    title = fields.String()
    detail = fields.String(allow_none=True)


class TownAnswer(Answer):
    """What became of one of many towns: `status` is what it would have been answered with alone."""

    commune = fields.String()
    convention = fields.String()
    status = fields.Integer()
    problem = fields.Nested(ItemProblem, allow_none=True)


class TownNotified(TownAnswer):
    """The notification to one town; `position` is null when it was notified so already."""

    id = fields.String(allow_none=True)
    href = fields.String(allow_none=True)
    position = fields.Integer(allow_none=True)


class TownTried(TownAnswer):
    """The dry run in one town: how many findings of each verdict, and what the grid breaks."""

    summary = fields.Dict(keys=fields.String(), values=fields.Integer())
    broken = fields.List(fields.Nested(FindingAnswer))


class NotificationsAnswer(Answer):
    """A result for each town, in the order of the request."""

    items = fields.List(fields.Nested(TownNotified))


class DryRunsAnswer(Answer):
    """A dry run for each town, in the order of the request."""

    items = fields.List(fields.Nested(TownTried))


class BreachAnswer(Answer):
    """A commitment that a grid breaks in one cell. Prices are a month's; `reason` is a French sentence."""

    id = fields.String()
    convention = fields.String()
    commitment = fields.String()
    article = fields.String()
    wording = fields.String()
    rule = fields.String()
    grid = fields.String()
    cell = fields.Nested(CellName, attribute=ITSELF, allow_none=True)
    verdict = fields.String()
    from_on = Day(data_key="from")
    to_on = Day(data_key="to", allow_none=True)
    anchor = Euros(attribute="anchor_price", allow_none=True)
    limit = Euros(attribute="limit_price", allow_none=True)
    observed = Euros(attribute="observed_price", allow_none=True)
    excess = Euros(allow_none=True)
    reason = fields.String()
    detected_at = Instant()

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """What a field shows; a breach of a whole grid has no cell."""
        return None if attr == ITSELF and obj.formula is None else super().get_attribute(obj, attr, default)
