"""Cases of broken commitments, as they are asked for, moved on and go out."""

from typing import Final, get_args

from marshmallow import fields

from domain.tariffs.case import CaseState, Channel
from domain.tariffs.exemptions import ExemptionReason
from services.commands.cases import (
    AcceptCase,
    DisputeCase,
    EndForCase,
    ExplainCase,
    SendFormalNotice,
    SettlingExemption,
)
from services.schemas.answers import Answer, PageGiven
from services.schemas.fields import Choice, Day, Digest, Flag, Instant, Key, Many, Part, Text
from services.schemas.reading import CommandGiven, PartGiven
from services.schemas.tariffs import CellName
from services.schemas.text import CLAUSE, LINE

STATES: Final = get_args(CaseState)
TURNS: Final = ("insurer", "town")
_MOST_DOCUMENTS: Final = 20
_ROUTE: Final = frozenset({"case"})


class CasesGiven(PageGiven):
    """Which cases. `overdue`: whose deadline has passed; `open`: in which somebody has something to do."""

    state = Choice(STATES)
    turn = Choice(TURNS)
    overdue = Flag(load_default=False)
    open = Flag(load_default=False)
    convention = Key()
    commitment = Key()


class ExplanationGiven(CommandGiven):
    """The insurer's explanation; documents are named by the SHA-256 under which they were filed."""

    command = ExplainCase
    from_route = _ROUTE

    text = Text(CLAUSE, lines=True, required=True)
    documents = Many(Digest(), most=_MOST_DOCUMENTS)


class DisputeGiven(CommandGiven):
    """Why the town disputes; documents are named by the SHA-256 under which they were filed."""

    command = DisputeCase
    from_route = _ROUTE

    text = Text(CLAUSE, lines=True, required=True)
    documents = Many(Digest(), most=_MOST_DOCUMENTS)


class SettlingGiven(PartGiven):
    """The exemption with which the town accepts; how far it goes follows from the case."""

    makes = SettlingExemption

    kind = Choice(get_args(ExemptionReason), required=True)
    valid_to = Day(allow_none=True)
    rebase = Flag()
    decided_by = Text(LINE, required=True)
    council_reference = Text(LINE, allow_none=True)
    document = Digest(allow_none=True)


class AcceptanceGiven(CommandGiven):
    """Why the town accepts, with an exemption or without."""

    command = AcceptCase
    from_route = _ROUTE

    text = Text(CLAUSE, lines=True, required=True)
    documents = Many(Digest(), most=_MOST_DOCUMENTS)
    exemption = Part(SettlingGiven, allow_none=True)


class FormalNoticeGiven(CommandGiven):
    """A formal notice that was sent; `document` is the letter, filed as a PDF."""

    command = SendFormalNotice
    from_route = _ROUTE

    sent_on = Day(required=True)
    channel = Choice(get_args(Channel), required=True)
    document = Digest(required=True)


class EndingGiven(CommandGiven):
    """Notice to end the convention because of the case; it is given today unless said."""

    command = EndForCase
    from_route = _ROUTE

    detail = Text(CLAUSE, lines=True)
    given_on = Day(allow_none=True)
    document = Digest(allow_none=True)


class CaseCellAnswer(Answer):
    """A broken cell; figures in the case's unit. `before` is the price in force until the grid took effect."""

    cell = fields.Nested(CellName, allow_none=True)
    subject = fields.String(allow_none=True)
    before = fields.String(allow_none=True)
    anchor = fields.String(allow_none=True)
    limit = fields.String(allow_none=True)
    observed = fields.String(allow_none=True)
    excess = fields.String(allow_none=True)
    excess_percent = fields.String(allow_none=True)
    breach = fields.String()


class CaseAnswer(Answer):
    """A broken commitment: since when, by how much at most, whose turn it is and until when."""

    id = fields.String()
    commune = fields.String()
    siren = fields.String()
    convention = fields.String()
    commitment = fields.String()
    article = fields.String()
    wording = fields.String()
    rule = fields.String()
    grid = fields.String(
        allow_none=True, metadata={"description": "The first of its corrections; null: the convention."}
    )
    verdict = fields.String(metadata={"enum": ["VIOLATION", "LEGAL_ALERT"]})
    unit = fields.String(metadata={"enum": ["euros", "percent", "day", "count"]})
    excess = fields.String(allow_none=True)
    excess_percent = fields.String(allow_none=True)
    cell_count = fields.Integer()
    from_on = Day(data_key="from")
    to_on = Day(data_key="to", allow_none=True)
    state = fields.String(metadata={"enum": list(STATES)})
    turn = fields.String(allow_none=True, metadata={"enum": [*TURNS, None]})
    clock = fields.String(allow_none=True, metadata={"enum": ["explanation", "answer", "cure", None]})
    due_on = Day(allow_none=True)
    overdue = Flag()
    opened_at = Instant()
    changed_at = Instant()
    version = fields.Integer()
    position = fields.Integer()


class StepAnswer(Answer):
    """One step of a case; `facts` are the days, names and figures that belong to it."""

    step = fields.String()
    by = fields.String(attribute="by_side", metadata={"enum": ["judge", "calendar", "insurer", "town"]})
    recorded_at = Instant()
    text = fields.String(allow_none=True)
    documents = fields.List(fields.String())
    facts = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True))
    position = fields.Integer()


class EntryAnswer(Answer):
    """An entry of the ledger on which a case rests."""

    position = fields.Integer()
    about = fields.String(metadata={"enum": ["convention", "grid", "cause", "breach"]})
    id = fields.String(allow_none=True)


class CaseFileAnswer(CaseAnswer):
    """A case with its evidence, its steps, and what whoever asks may do now."""

    cells = fields.List(fields.Nested(CaseCellAnswer))
    rests_on = fields.List(fields.Nested(EntryAnswer))
    steps = fields.List(fields.Nested(StepAnswer))
    moves = fields.List(
        fields.String(metadata={"enum": ["explanation", "dispute", "acceptance", "formal-notice", "notice"]})
    )
    exemption = fields.String(allow_none=True)
    corrected_on = Day(allow_none=True)
    corrected_by = fields.String(allow_none=True)
    formal_notice_on = Day(allow_none=True)
    formal_notice_channel = fields.String(allow_none=True)
    formal_notice_document = fields.String(allow_none=True)
    takes_effect_on = Day(allow_none=True)
