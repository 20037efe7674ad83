"""What was kept, judged and said of a tariff, as it is asked for and goes out."""

from typing import Any, Final

from marshmallow import fields

from domain.tariffs.statements import WORST_FIRST
from services.schemas.answers import Answer, PageGiven
from services.schemas.fields import Choice, Day, Instant, Key, Text, Whole
from services.schemas.tariffs import CellName

_OLDEST: Final = 150
_NAME: Final = 50


class ComplianceGiven(PageGiven):
    """Of which day (today unless said), as known when (now unless said), and which findings."""

    as_of = Day()
    as_known_at = Instant()
    commitment = Key()
    verdict = Choice(WORST_FIRST)


class FindingsGiven(PageGiven):
    """Which findings of a judgement."""

    commitment = Key()
    verdict = Choice(WORST_FIRST)


class VerdictsGiven(PageGiven):
    """Of which commitment, grid and cell: as much of each as is given."""

    commitment = Key()
    grid = Key()
    formula = Text(_NAME)
    category = Text(_NAME)
    role = Text(_NAME)
    age_from = Whole(0, _OLDEST)
    age_to = Whole(0, _OLDEST)


class StatementAnswer(Answer):
    """One finding over some days; figures are written as their kind is. `exemptions` are those that let it pass."""

    commitment = fields.String()
    rule = fields.String()
    grid = fields.String(allow_none=True)
    cell = fields.Nested(CellName, allow_none=True)
    subject = fields.String(allow_none=True)
    from_on = Day(data_key="from")
    to_on = Day(data_key="to", allow_none=True)
    verdict = fields.String(metadata={"enum": list(WORST_FIRST)})
    anchor = fields.String(allow_none=True)
    limit = fields.String(allow_none=True)
    observed = fields.String(allow_none=True)
    excess = fields.String(allow_none=True)
    reason = fields.String()
    exemptions = fields.List(fields.String())


class StateAnswer(Answer):
    """A commitment on the day asked for: the worst verdict, since when and why; `announced` is what begins later."""

    commitment = fields.String()
    rule = fields.String()
    verdict = fields.String(metadata={"enum": list(WORST_FIRST)})
    from_on = Day(data_key="from", allow_none=True)
    to_on = Day(data_key="to", allow_none=True)
    reason = fields.String()
    counts = fields.Dict(keys=fields.String(), values=fields.Integer())
    announced = fields.String(allow_none=True)
    announced_from = Day(allow_none=True)


class ComplianceAnswer(Answer):
    """What the tariff check finds of a day, page by page; `digest` is that of all findings of any day."""

    as_of = Day()
    as_known_at = Instant(allow_none=True)
    assess_version = fields.Integer()
    digest = fields.String()
    commitments = fields.List(fields.Nested(StateAnswer))
    summary = fields.Dict(keys=fields.String(), values=fields.Integer())
    findings = fields.List(fields.Nested(StatementAnswer))
    next = fields.String(allow_none=True, metadata={"description": "The cursor of the next findings."})


class CommitmentStateAnswer(Answer):
    """Where a judgement left a commitment: the worst verdict of that day or later, and counts of findings."""

    commitment = fields.String()
    rule = fields.String()
    verdict = fields.String(metadata={"enum": list(WORST_FIRST)})
    from_on = fields.String(data_key="from", allow_none=True)
    known_since = fields.String()
    kept = fields.Integer()
    broken = fields.Integer()
    exempted = fields.Integer()
    undecidable = fields.Integer()
    not_applicable = fields.Integer()
    reason = fields.String()


class JudgementAnswer(Answer):
    """A judgement whose outcome was new. `findings` is the digest of all that it found, `document` where it is kept."""

    position = fields.Integer()
    recorded_at = Instant()
    cause = fields.String(metadata={"description": "The event that led to it, or calendar."})
    cause_position = fields.Integer(allow_none=True)
    as_known_at = Instant()
    on_day = Day(data_key="on")
    assess_version = fields.Integer()
    findings = fields.String()
    document = fields.String()
    broken = fields.Integer(metadata={"description": "How many breaches held."})
    next_on = Day(allow_none=True)
    commitments = fields.List(fields.Nested(CommitmentStateAnswer))


class JudgementFindings(JudgementAnswer):
    """A judgement with a page of what it found."""

    items = fields.List(fields.Nested(StatementAnswer))
    next = fields.String(allow_none=True, metadata={"description": "The cursor of the next findings."})


class SaidAnswer(Answer):
    """What was said between two instants, and what led to it; `known_to` null: it is said still."""

    known_from = Instant()
    known_to = Instant(allow_none=True)
    position = fields.Integer()
    cause = fields.String()
    cause_position = fields.Integer(allow_none=True)
    assess_version = fields.Integer()
    findings = fields.List(fields.Nested(StatementAnswer))


def cell_asked(given: dict[str, Any]) -> dict[str, object]:
    """The part of a cell's name that was given."""
    return {
        name: given[name] for name in ("formula", "category", "role", "age_from", "age_to") if name in given
    }
