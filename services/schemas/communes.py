"""Communes and what was published about them."""

from marshmallow import fields

from infra.directory.search import MOST
from services.schemas.answers import Answer
from services.schemas.fields import Day, Text, Whole
from services.schemas.reading import Given


class SearchGiven(Given):
    """A name without accents, an INSEE code, a postcode or an arrondissement."""

    q = Text(120, required=True)
    limit = Whole(1, MOST, load_default=20)


class Area(Answer):
    """A department, region or intercommunality."""

    code = fields.String()
    name = fields.String()


class CommuneAnswer(Answer):
    """A commune by its INSEE code; `population` is null where none is published."""

    code = fields.String()
    name = fields.String()
    department = fields.Nested(Area)
    region = fields.Nested(Area)
    epci = fields.Nested(Area, allow_none=True)
    siren = fields.String(allow_none=True)
    population = fields.Integer(allow_none=True)
    postcodes = fields.List(fields.String())


class PartAnswer(Answer):
    """A former commune or an arrondissement that led to its commune."""

    code = fields.String()
    name = fields.String(allow_none=True)
    kind = fields.String(metadata={"enum": ["delegated", "associated", "former", "arrondissement"]})


class HitAnswer(Answer):
    """A commune that answers to a search, and why."""

    commune = fields.Nested(CommuneAnswer)
    reason = fields.String()
    matched = fields.String(allow_none=True)
    part = fields.Nested(PartAnswer, allow_none=True)


class SearchAnswer(Answer):
    """The communes that answer, the best first; `more`: others answer too."""

    items = fields.List(fields.Nested(HitAnswer))
    more = fields.Boolean()


class CitationAnswer(Answer):
    """What somebody published about a commune's scheme, in its own words, and where."""

    id = fields.String()
    about = fields.String()
    statement = fields.String()
    source = fields.String()
    published_on = Day(allow_none=True)
