"""Prepared grids as they come in and go out."""

from marshmallow import fields

from domain.tariffs.prepared import MOST_TOWNS
from services.commands.prepared import SavePreparedGrid
from services.schemas.answers import Answer
from services.schemas.fields import Day, Digest, Instant, Key, Many, Part, Text
from services.schemas.figures import DecimalText, DeclaredRises
from services.schemas.reading import CommandGiven
from services.schemas.tariffs import MOST_CELLS, CellAnswer, CellGiven, TargetGiven
from services.schemas.text import CLAUSE, LINE


class PreparedGridGiven(CommandGiven):
    """A prepared grid, whole: what is left out is not known yet. `towns` are those to be told."""

    command = SavePreparedGrid

    name = Text(LINE, required=True)
    cells = Many(Part(CellGiven), least=1, most=MOST_CELLS, required=True)
    tax_percent = DecimalText(allow_none=True)
    effective_on = Day(allow_none=True)
    decided_by = Text(LINE, allow_none=True)
    decided_on = Day(allow_none=True)
    justification = Digest(allow_none=True)
    declared_rise = DeclaredRises(allow_none=True)
    corrects = Key(allow_none=True)
    reason = Text(CLAUSE, lines=True, allow_none=True)
    towns = Many(Part(TargetGiven), most=MOST_TOWNS)


class TargetAnswer(Answer):
    """A town and the convention with it."""

    commune = fields.String()
    convention = fields.String()


class PreparedGridAnswer(Answer):
    """A prepared grid. `document` is the SHA-256 of its cells; these are there when one grid is asked for."""

    id = fields.String()
    name = fields.String()
    effective_on = Day(allow_none=True)
    decided_by = fields.String(allow_none=True)
    decided_on = Day(allow_none=True)
    justification = fields.String(allow_none=True)
    declared_rise = DeclaredRises(allow_none=True)
    corrects = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)
    towns = fields.List(fields.Nested(TargetAnswer))
    saved_at = Instant()
    document = fields.String()
    cell_count = fields.Integer()
    cells = fields.List(fields.Nested(CellAnswer))
    tax_percent = fields.String(allow_none=True)
