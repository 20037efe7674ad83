"""Indices, reference grids and headcounts as they come in and go out; and which scenario file is asked for."""

from marshmallow import fields

from domain.tariffs.headcounts import MOST
from domain.tariffs.indices import INDEX_NAMES
from services.commands.headcounts import CountedCell, CountMembers, TakeHeadcount
from services.commands.indices import ContestIndex, PublishIndex, UpholdIndex
from services.commands.references import DepositReference
from services.schemas.answers import Answer, PageGiven, ReceiptAnswer
from services.schemas.fields import Choice, Day, Flag, Instant, Key, Many, Part, Text, Whole
from services.schemas.figures import DecimalText, Moment
from services.schemas.reading import CommandGiven, Given, PartGiven
from services.schemas.tariffs import MOST_CELLS, CellAnswer, CellGiven, CellName, CellNameFields
from services.schemas.text import CLAUSE, LINE

_YEARS = (1950, 2199)
_MOST_VERSIONS = 1_000


class PublicationFields(Given):
    """Which publication of an index."""

    index = Choice(INDEX_NAMES, required=True)
    year = Whole(*_YEARS, required=True)
    published_on = Day(required=True)


class IndexGiven(PublicationFields, CommandGiven):
    """The value of a year: a percentage, or euros a month for PMSS. `source` says who published it."""

    command = PublishIndex
    from_route = frozenset()

    value = DecimalText(required=True)
    source = Text(LINE, required=True)
    address = Text(LINE, allow_none=True)


class ContestGiven(PublicationFields, CommandGiven):
    """Why a published value is wrong."""

    command = ContestIndex
    from_route = frozenset({"by_tenant", "by_owner", "organisation"})

    reason = Text(CLAUSE, lines=True, required=True)


class UpholdingGiven(PublicationFields, CommandGiven):
    """Why the value stands."""

    command = UpholdIndex
    from_route = frozenset()

    answer = Text(CLAUSE, lines=True, required=True)


class IndicesGiven(PageGiven):
    """Which index; all when it is left out."""

    index = Choice(INDEX_NAMES)


class IndexAnswer(Answer):
    """A published value; `revised` by a later publication for its year, `contested` while an answer is awaited."""

    index = fields.String(attribute="name")
    year = fields.Integer()
    value = fields.String()
    published_on = Day()
    source = fields.String()
    address = fields.String(allow_none=True)
    revised = Flag()
    contested = Flag()
    answer = fields.String(allow_none=True)
    answered_at = Instant(allow_none=True)


class ContestAnswer(Answer):
    """An objection to a published value."""

    index = fields.String(attribute="name")
    year = fields.Integer()
    published_on = Day()
    organisation = fields.String()
    reason = fields.String()
    contested_at = Instant()


class ReferenceGiven(CommandGiven):
    """A grid of the insurer's own `product` that counts from `valid_from` on; `source` is where it is published."""

    command = DepositReference
    from_route = frozenset({"convention"})

    id = Key(required=True)
    valid_from = Day(required=True)
    product = Text(LINE, required=True)
    source = Text(LINE, required=True)
    cells = Many(Part(CellGiven), least=1, most=MOST_CELLS, required=True)


class ReferenceAnswer(Answer):
    """A reference grid. `document` is the SHA-256 of its cells, `cells` are there when asked for."""

    id = fields.String()
    valid_from = Day()
    product = fields.String()
    source = fields.String()
    recorded_at = Instant()
    document = fields.String()
    cell_count = fields.Integer()
    cells = fields.List(fields.Nested(CellAnswer))


class CountedCellGiven(CellNameFields, PartGiven):
    """How many members a cell holds."""

    makes = CountedCell

    count = Whole(0, MOST, required=True)


class HeadcountGiven(CommandGiven):
    """Members by cell on a day. `id` is the insurer's name for it."""

    command = TakeHeadcount
    from_route = frozenset({"convention"})

    id = Key(required=True)
    taken_on = Day(required=True)
    cells = Many(Part(CountedCellGiven), least=1, most=MOST_CELLS, required=True)


class MembersCountGiven(CommandGiven):
    """The day on which the insurer's own file of members is counted, by the cells of the grid in force."""

    command = CountMembers
    from_route = frozenset({"convention"})

    id = Key(required=True)
    taken_on = Day(required=True)


class MembersCountAnswer(ReceiptAnswer):
    """What was counted; `without` are members whom no cell of the grid in force prices."""

    total = fields.Integer()
    without = fields.Integer()


class CountedCellAnswer(CellName):
    """How many members a cell holds."""

    count = fields.Integer()


class HeadcountAnswer(Answer):
    """Members counted on a day; `cells` are there when asked for."""

    id = fields.String()
    taken_on = Day()
    total = fields.Integer()
    recorded_at = Instant()
    cells = fields.List(fields.Nested(CountedCellAnswer))


class ScenarioAsked(Given):
    """As known at which instant, and which file (1 is that of the first terms; one of today's when left out)."""

    as_known_at = Moment()
    terms = Whole(1, _MOST_VERSIONS)


class ScenarioAnswer(Answer):
    """A scenario file, as `beffroi assess` takes it."""

    convention = fields.Dict()
    grids = fields.List(fields.Dict())
    reference_grids = fields.List(fields.Dict())
    indices = fields.List(fields.Dict())
    headcounts = fields.List(fields.Dict())
    exemptions = fields.List(fields.Dict())
    as_known_at = fields.String()
