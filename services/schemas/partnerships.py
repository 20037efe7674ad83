"""Conventions as they come in and go out."""

from decimal import Decimal
from typing import Final, cast

from marshmallow import fields

from domain.partnerships.convention import Commitment, OfficeHourPromise
from services.commands.partnerships import ConfirmConvention, DeclareConvention
from services.schemas.answers import Answer
from services.schemas.fields import Day, Digest, Euros, Flag, Instant, Key, Many, Part, Text, Value, Whole
from services.schemas.reading import CommandGiven, PartGiven
from services.schemas.text import CLAUSE, LINE, fault_in

_MOST_PARAMETERS: Final = 20
_MOST_TIERS: Final = 50


class Parameters(Value[dict[str, object]]):
    """The parameters of a rule; which ones a rule has, the tariff check knows and says."""

    openapi = ("object", None)
    expected = "the rule's parameters: texts, whole numbers, true, false, null, or a list of such objects"

    def read(self, value: object) -> dict[str, object] | None:
        """The parameters, when all of them are of those kinds."""
        return cast("dict[str, object]", value) if _is_object(value) else None


def _is_object(value: object, *, nested: bool = False) -> bool:
    if not isinstance(value, dict) or len(value) > _MOST_PARAMETERS:
        return False
    return all(_is_text(key) and _is_parameter(item, nested=nested) for key, item in value.items())


def _is_parameter(value: object, *, nested: bool) -> bool:
    if isinstance(value, list) and not nested:
        return len(value) <= _MOST_TIERS and all(_is_object(item, nested=True) for item in value)
    return value is None or _is_text(value) or (isinstance(value, int) and not isinstance(value, Decimal))


def _is_text(value: object) -> bool:
    return isinstance(value, str) and fault_in(value, LINE) is None


class CommitmentGiven(PartGiven):
    """A tariff commitment."""

    makes = Commitment

    id = Key(required=True)
    article = Text(LINE, required=True)
    wording = Text(CLAUSE, lines=True, required=True)
    rule = Key(required=True)
    params = Parameters(required=True)


class PromiseGiven(PartGiven):
    """How many office hours were promised."""

    makes = OfficeHourPromise

    article = Text(LINE, required=True)
    wording = Text(CLAUSE, lines=True, required=True)
    per_month = Whole(1, 1_000, required=True)


class ConventionGiven(CommandGiven):
    """What was signed. The insurer's name is that of its account: nobody declares under another's."""

    command = DeclareConvention
    from_route = frozenset({"id", "insurer_name", "fictitious"})

    signed_on = Day(required=True)
    starts_on = Day(required=True)
    ends_on = Day(required=True)
    notice_months = Whole(0, 120)
    fees = Euros(most=10_000_00)
    waiting_period_days = Whole(0, 3_660)
    commitments = Many(Part(CommitmentGiven), most=50)
    office_hours = Part(PromiseGiven, allow_none=True)
    council_vote = Text(LINE, allow_none=True)
    document = Digest(allow_none=True)


class ConfirmationGiven(CommandGiven):
    """The town gives what it likes; an operator gives both."""

    command = ConfirmConvention
    from_route = frozenset({"id", "by"})

    council_reference = Text(LINE, allow_none=True)
    document = Digest(allow_none=True)


class Accord(Answer):
    """An insurer that has a convention, or has declared one, in a commune."""

    siren = fields.String()
    insurer_name = fields.String()
    convention = fields.String()
    state = fields.String(metadata={"enum": ["declared", "confirmed"]})
    declared_at = Instant()


class CommitmentAnswer(Answer):
    """A tariff commitment."""

    id = fields.String()
    article = fields.String()
    wording = fields.String()
    rule = fields.String()
    params = Parameters()


class ConventionAnswer(Answer):
    """A convention between a commune and an insurer."""

    id = fields.String()
    insurer_name = fields.String()
    signed_on = Day()
    starts_on = Day()
    ends_on = Day()
    notice_months = fields.Integer()
    fees = Euros()
    waiting_period_days = fields.Integer()
    commitments = fields.List(fields.Nested(CommitmentAnswer))
    office_hours_per_month = fields.Integer(allow_none=True)
    office_hours_wording = fields.String(allow_none=True)
    office_hours_article = fields.String(allow_none=True)
    council_vote = fields.String(allow_none=True)
    document = fields.String(allow_none=True)
    fictitious = Flag()
    state = fields.String(metadata={"enum": ["declared", "confirmed"]})
    confirmed_by = fields.String(allow_none=True)
    confirmed_at = Instant(allow_none=True)
    version = fields.Integer()
