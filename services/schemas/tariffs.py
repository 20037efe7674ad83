"""Grids, findings and breaches as they come in and go out."""

from typing import Any

from marshmallow import fields

from services.commands.tariffs import GivenCell, NotifyGrid
from services.schemas.answers import ITSELF, Answer, PageGiven
from services.schemas.fields import Day, Euros, Flag, Instant, Key, Many, Part, Price, Text, Whole
from services.schemas.reading import CommandGiven, PartGiven

MOST_CELLS = 2_000
_OLDEST = 150


class CellGiven(PartGiven):
    """A monthly price, taxes included, for an age bracket; `age_to` is included, null is without upper limit."""

    makes = GivenCell

    formula = Text(50, required=True)
    category = Text(50)
    role = Text(50)
    age_from = Whole(0, _OLDEST, required=True)
    age_to = Whole(0, _OLDEST, allow_none=True)
    monthly = Price(required=True)


class GridGiven(CommandGiven):
    """A tariff grid told to a town. `id` is the insurer's name for it; `notified_on` is today unless said."""

    command = NotifyGrid
    from_route = frozenset({"convention"})

    id = Key(required=True)
    effective_on = Day(required=True)
    notified_on = Day(allow_none=True)
    justified = Flag()
    cells = Many(Part(CellGiven), least=1, most=MOST_CELLS, required=True)


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
    """A monthly price, taxes included; `parent` is the cell it was split from."""

    monthly = Price()
    parent = fields.Nested(CellName, allow_none=True)


class GridAnswer(Answer):
    """A notified grid. `document` is the SHA-256 of its cells, `cells` are there when asked for."""

    id = fields.String()
    effective_on = Day()
    notified_on = Day()
    justified = Flag()
    recorded_at = Instant()
    document = fields.String()
    cell_count = fields.Integer()
    cells = fields.List(fields.Nested(CellAnswer))


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


class DryRunAnswer(Answer):
    """What the tariff check finds in a convention's grids, the new one included; nothing is recorded."""

    findings = fields.List(fields.Nested(FindingAnswer))
    summary = fields.Dict(keys=fields.String(), values=fields.Integer())


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
