"""Exemptions as they come in and go out."""

from typing import get_args

from marshmallow import fields

from domain.tariffs.exemptions import ExemptionReason
from services.commands.exemptions import (
    GrantExemption,
    RefuseExemption,
    RequestExemption,
    RevokeExemption,
)
from services.schemas.answers import Answer
from services.schemas.fields import Choice, Day, Digest, Flag, Instant, Key, Many, Text
from services.schemas.figures import Factor
from services.schemas.reading import CommandGiven
from services.schemas.text import CLAUSE, LINE

_MOST_COMMITMENTS = 50
_MOST_DOCUMENTS = 20
_IN_CONVENTION = frozenset({"convention", "id"})


class ExemptionGiven(CommandGiven):
    """Limits of `commitments` shall be multiplied by factor[0] ÷ factor[1], from `valid_from` to `valid_to` included.

    With `rebase` what it allows becomes part of later anchors; `documents` are SHA-256 of filed documents.
    """

    command = RequestExemption
    from_route = frozenset({"convention"})

    id = Key(required=True)
    commitments = Many(Key(), least=1, most=_MOST_COMMITMENTS, required=True)
    kind = Choice(get_args(ExemptionReason), required=True)
    factor = Factor(required=True)
    valid_from = Day(required=True)
    valid_to = Day(allow_none=True)
    rebase = Flag()
    reason = Text(CLAUSE, lines=True, required=True)
    documents = Many(Digest(), most=_MOST_DOCUMENTS)


class GrantGiven(CommandGiven):
    """The town's yes: as asked where a field is left out, or narrower. `decided_by` is a body, not a person."""

    command = GrantExemption
    from_route = _IN_CONVENTION

    decided_on = Day(required=True)
    decided_by = Text(LINE, required=True)
    council_reference = Text(LINE, allow_none=True)
    document = Digest(allow_none=True)
    commitments = Many(Key(), least=1, most=_MOST_COMMITMENTS, allow_none=True)
    factor = Factor(allow_none=True)
    valid_from = Day(allow_none=True)
    valid_to = Day(allow_none=True)
    rebase = Flag(allow_none=True)


class ExemptionRefusalGiven(CommandGiven):
    """The town's no."""

    command = RefuseExemption
    from_route = _IN_CONVENTION

    decided_on = Day(required=True)
    reason = Text(CLAUSE, lines=True, required=True)


class RevocationGiven(CommandGiven):
    """From today or a later day on it no longer holds."""

    command = RevokeExemption
    from_route = _IN_CONVENTION

    revoked_on = Day(required=True)
    reason = Text(CLAUSE, lines=True, required=True)


class ExemptionTermsAnswer(Answer):
    """What is exempted, by how much, when."""

    commitments = fields.List(fields.String())
    kind = fields.String()
    factor = Factor()
    valid_from = Day()
    valid_to = Day(allow_none=True)
    rebase = Flag()


class ExemptionAnswer(Answer):
    """An exemption: what was asked for (null: it settles a case) and what was granted (null: nothing was)."""

    id = fields.String()
    state = fields.String(metadata={"enum": ["requested", "withdrawn", "granted", "refused", "revoked"]})
    asked = fields.Nested(ExemptionTermsAnswer, allow_none=True)
    reason = fields.String(allow_none=True)
    documents = fields.List(fields.String())
    requested_at = Instant(allow_none=True)
    granted = fields.Nested(ExemptionTermsAnswer, allow_none=True)
    decided_on = Day(allow_none=True)
    decided_by = fields.String(allow_none=True)
    council_reference = fields.String(allow_none=True)
    document = fields.String(allow_none=True)
    case = fields.String(attribute="case_key", allow_none=True)
    refusal = fields.String(allow_none=True)
    revoked_on = Day(allow_none=True)
    revocation = fields.String(allow_none=True)
