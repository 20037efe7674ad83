"""The terms of a convention as they come in and go out: commitments, promises, clauses, clocks, the vote."""

from decimal import Decimal
from typing import Final, cast

from marshmallow import fields

from domain.partnerships.terms import (
    Clause,
    Clocks,
    Commitment,
    CouncilVote,
    OfficeHourPromise,
    Promise,
    Terms,
)
from services.schemas.answers import Answer
from services.schemas.fields import Choice, Day, Digest, Euros, Key, Many, Part, Text, Value, Whole
from services.schemas.reading import PartGiven
from services.schemas.text import CLAUSE, LINE, fault_in

_MOST_PARAMETERS: Final = 20
_MOST_TIERS: Final = 50


class Parameters(Value[dict[str, object]]):
    """The parameters of a rule; which ones a rule has, the tariff check knows and says."""

    openapi = ("object", None)
    expected = (
        "the rule's parameters: texts, whole numbers, true, false, null, or a list of texts or such objects"
    )

    def read(self, value: object) -> dict[str, object] | None:
        """The parameters, when all of them are of those kinds."""
        return cast("dict[str, object]", value) if _is_object(value) else None


def _is_object(value: object, *, nested: bool = False) -> bool:
    if not isinstance(value, dict) or len(value) > _MOST_PARAMETERS:
        return False
    return all(_is_text(key) and _is_parameter(item, nested=nested) for key, item in value.items())


def _is_parameter(value: object, *, nested: bool) -> bool:
    if isinstance(value, list) and not nested:
        return len(value) <= _MOST_TIERS and all(
            _is_text(item) or _is_object(item, nested=True) for item in value
        )
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
    """A commitment of either side that no machine judges."""

    makes = Promise

    id = Key(required=True)
    by = Choice(("insurer", "town"), required=True)
    article = Text(LINE, required=True)
    wording = Text(CLAUSE, lines=True, required=True)


class OfficeHoursGiven(PartGiven):
    """How many office hours were promised."""

    makes = OfficeHourPromise

    article = Text(LINE, required=True)
    wording = Text(CLAUSE, lines=True, required=True)
    per_month = Whole(1, 1_000, required=True)


class ClauseGiven(PartGiven):
    """A clause in its own words."""

    makes = Clause

    article = Text(LINE, required=True)
    wording = Text(CLAUSE, lines=True, required=True)


class ClocksGiven(PartGiven):
    """The days that the convention grants."""

    makes = Clocks

    explanation_days = Whole(1, 366)
    answer_days = Whole(1, 366)
    cure_days = Whole(1, 366)


class CouncilVoteGiven(PartGiven):
    """The council's vote."""

    makes = CouncilVote

    number = Text(LINE, required=True)
    voted_on = Day(allow_none=True)
    document = Digest(allow_none=True)


class TermsFields:
    """What a convention says, whole."""

    signed_on = Day(required=True)
    starts_on = Day(required=True)
    ends_on = Day(required=True)
    notice_months = Whole(0, 120)
    fees = Euros(most=10_000_00)
    waiting_period_days = Whole(0, 3_660)
    commitments = Many(Part(CommitmentGiven), most=50)
    promises = Many(Part(PromiseGiven), most=50)
    office_hours = Part(OfficeHoursGiven, allow_none=True)
    termination = Part(ClauseGiven, allow_none=True)
    clocks = Part(ClocksGiven)
    council_vote = Part(CouncilVoteGiven, allow_none=True)
    document = Digest(allow_none=True)


class TermsGiven(TermsFields, PartGiven):
    """What a convention says, whole."""

    makes = Terms


class CommitmentAnswer(Answer):
    """A tariff commitment."""

    id = fields.String()
    article = fields.String()
    wording = fields.String()
    rule = fields.String()
    params = Parameters()


class PromiseAnswer(Answer):
    """A commitment of either side that no machine judges."""

    id = fields.String()
    by = fields.String(metadata={"enum": ["insurer", "town"]})
    article = fields.String()
    wording = fields.String()


class ClauseAnswer(Answer):
    """A clause in its own words."""

    article = fields.String()
    wording = fields.String()


class OfficeHoursAnswer(ClauseAnswer):
    """How many office hours were promised."""

    per_month = fields.Integer()


class ClocksAnswer(Answer):
    """The days that the convention grants."""

    explanation_days = fields.Integer()
    answer_days = fields.Integer()
    cure_days = fields.Integer()


class CouncilVoteAnswer(Answer):
    """The council's vote."""

    number = fields.String()
    voted_on = Day(allow_none=True)
    document = fields.String(allow_none=True)


class TermsAnswer(Answer):
    """What a convention says, whole."""

    signed_on = Day()
    starts_on = Day()
    ends_on = Day()
    notice_months = fields.Integer()
    fees = Euros()
    waiting_period_days = fields.Integer()
    commitments = fields.List(fields.Nested(CommitmentAnswer))
    promises = fields.List(fields.Nested(PromiseAnswer))
    office_hours = fields.Nested(OfficeHoursAnswer, allow_none=True)
    termination = fields.Nested(ClauseAnswer, allow_none=True)
    clocks = fields.Nested(ClocksAnswer)
    council_vote = fields.Nested(CouncilVoteAnswer, allow_none=True)
    document = fields.String(allow_none=True)
