"""Conventions as they come in and go out."""

from typing import Final, get_args

from marshmallow import fields

from domain.partnerships.notice import NoticeReason
from services.commands.partnerships import (
    ConfirmAmendment,
    ConfirmConvention,
    CorrectDeclaration,
    DeclareAmendment,
    DeclareConvention,
    GiveNotice,
    RefuseAmendment,
    RefuseConvention,
    WithdrawNotice,
)
from services.schemas.answers import Answer, ReceiptAnswer
from services.schemas.fields import (
    Choice,
    CommuneCode,
    Day,
    Digest,
    Euros,
    Flag,
    Instant,
    Many,
    Part,
    Text,
    Whole,
)
from services.schemas.reading import CommandGiven, Given
from services.schemas.terms import (
    ClauseAnswer,
    ClocksAnswer,
    CommitmentAnswer,
    CouncilVoteAnswer,
    PromiseAnswer,
    TermsAnswer,
    TermsFields,
    TermsGiven,
)
from services.schemas.text import CLAUSE, LINE

_MOST_COMMUNES: Final = 1_000
_MOST_EVENTS: Final = 1_000_000


class ConventionGiven(TermsFields, CommandGiven):
    """What was signed. The insurer's name is that of its account: nobody declares under another's."""

    command = DeclareConvention
    from_route = frozenset({"id", "insurer_name", "communes", "fictitious"})


class ConventionTogetherGiven(TermsFields, CommandGiven):
    """What was signed with several towns."""

    command = DeclareConvention
    from_route = frozenset({"id", "insurer_name", "fictitious"})

    communes = Many(CommuneCode(), least=1, most=_MOST_COMMUNES)


class CorrectionGiven(CommandGiven):
    """What should have been declared; `corrects` is the event that was wrong, the present one by default."""

    command = CorrectDeclaration

    reason = Text(CLAUSE, lines=True, required=True)
    terms = Part(TermsGiven, required=True)
    corrects = Whole(1, _MOST_EVENTS, allow_none=True)


class ConfirmationGiven(CommandGiven):
    """The town gives what it likes; an operator gives both."""

    command = ConfirmConvention
    from_route = frozenset({"id", "by"})

    council_reference = Text(LINE, allow_none=True)
    document = Digest(allow_none=True)


class RefusalGiven(CommandGiven):
    """Why the town does not recognise it."""

    command = RefuseConvention

    reason = Text(CLAUSE, lines=True, required=True)


class AmendmentGiven(CommandGiven):
    """What was agreed since, whole; a correction counts for all days of the terms it replaces."""

    command = DeclareAmendment
    from_route = frozenset({"convention", "id"})

    nature = Choice(("amendment", "correction"))
    corrects = Whole(1, _MOST_EVENTS, allow_none=True)
    signed_on = Day(required=True)
    effective_on = Day(required=True)
    reason = Text(CLAUSE, lines=True, required=True)
    terms = Part(TermsGiven, required=True)


class AmendmentConfirmationGiven(CommandGiven):
    """The town gives what it likes; an operator gives both."""

    command = ConfirmAmendment
    from_route = frozenset({"convention", "id", "by"})

    council_reference = Text(LINE, allow_none=True)
    document = Digest(allow_none=True)


class AmendmentRefusalGiven(CommandGiven):
    """Why the town does not recognise the amendment."""

    command = RefuseAmendment
    from_route = frozenset({"convention", "id"})

    reason = Text(CLAUSE, lines=True, required=True)


class NoticeGiven(CommandGiven):
    """Why one side ends the convention; the day on which that takes effect is computed."""

    command = GiveNotice
    from_route = frozenset({"id", "by", "case"})

    reason = Choice(get_args(NoticeReason), required=True)
    detail = Text(CLAUSE, lines=True)
    given_on = Day(allow_none=True)
    document = Digest(allow_none=True)


class WithdrawalGiven(CommandGiven):
    """Why notice is taken back."""

    command = WithdrawNotice
    from_route = frozenset({"id", "by"})

    reason = Text(CLAUSE, lines=True, required=True)


class AsOfGiven(Given):
    """On which day, and as known at which instant."""

    as_of = Day()
    as_known_at = Instant()


class Accord(Answer):
    """An insurer that has a convention, or has declared one, in a commune."""

    siren = fields.String()
    insurer_name = fields.String()
    convention = fields.String()
    state = fields.String(metadata={"enum": ["declared", "refused", "confirmed", "ended"]})
    declared_at = Instant()


class AmendmentAnswer(Answer):
    """An amendment of a convention."""

    id = fields.String()
    number = fields.Integer(
        metadata={"description": "Its declaration's place among the convention's events."}
    )
    nature = fields.String(metadata={"enum": ["amendment", "correction"]})
    corrects = fields.Integer(allow_none=True)
    signed_on = Day()
    effective_on = Day()
    reason = fields.String()
    terms = fields.Nested(TermsAnswer)
    state = fields.String(metadata={"enum": ["pending", "confirmed", "refused"]})
    declared_at = Instant()
    decided_at = Instant(allow_none=True)
    decided_by = fields.String(allow_none=True)
    council_reference = fields.String(allow_none=True)
    document = fields.String(allow_none=True)
    refusal = fields.String(allow_none=True)


class NoticeAnswer(Answer):
    """The notice that stands."""

    by = fields.String(metadata={"enum": ["insurer", "town"]})
    reason = fields.String(metadata={"enum": list(get_args(NoticeReason))})
    detail = fields.String()
    given_on = Day()
    takes_effect_on = Day(metadata={"description": "The last day of the convention."})
    case = fields.String(allow_none=True)
    document = fields.String(allow_none=True)


class ConventionAnswer(Answer):
    """A convention between a commune and an insurer, with the terms of one day."""

    id = fields.String()
    insurer_name = fields.String()
    communes = fields.List(fields.String())
    signed_on = Day()
    starts_on = Day()
    ends_on = Day(metadata={"description": "The last day that the terms say."})
    last_day = Day(metadata={"description": "The last day, that of a notice included."})
    notice_months = fields.Integer()
    fees = Euros()
    waiting_period_days = fields.Integer()
    commitments = fields.List(fields.Nested(CommitmentAnswer))
    promises = fields.List(fields.Nested(PromiseAnswer))
    office_hours_per_month = fields.Integer(allow_none=True)
    office_hours_wording = fields.String(allow_none=True)
    office_hours_article = fields.String(allow_none=True)
    termination = fields.Nested(ClauseAnswer, allow_none=True)
    clocks = fields.Nested(ClocksAnswer)
    council_vote = fields.Nested(CouncilVoteAnswer, allow_none=True)
    document = fields.String(allow_none=True)
    effective_on = Day(metadata={"description": "The day since which these terms count."})
    number = fields.Integer(
        metadata={"description": "The event that said these terms: what a correction names."}
    )
    fictitious = Flag()
    state = fields.String(metadata={"enum": ["declared", "refused", "confirmed"]})
    stage = fields.String(
        metadata={"enum": ["declared", "refused", "upcoming", "current", "notice", "ended"]}
    )
    declared_at = Instant()
    refusal = fields.String(allow_none=True)
    confirmed_by = fields.String(allow_none=True)
    confirmed_at = Instant(allow_none=True)
    amendments = fields.List(fields.Nested(AmendmentAnswer))
    notice = fields.Nested(NoticeAnswer, allow_none=True)
    ended_on = Day(allow_none=True)
    ended_cause = fields.String(allow_none=True)
    version = fields.Integer()


class TownConvention(Answer):
    """Where one town's part of a convention is."""

    commune = fields.String()
    href = fields.String()


class TogetherAnswer(ReceiptAnswer):
    """What was declared with several towns."""

    conventions = fields.List(fields.Nested(TownConvention))
