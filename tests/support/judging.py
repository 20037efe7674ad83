"""A convention whose tariff is judged: days go by, the workers follow, and one looks at what was said.

Everything is recorded by the commands that people give, on a real database.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

from domain.partnerships.terms import Commitment, Terms
from domain.tenancy import Owner, Tenant
from infra.clock import FixedClock
from infra.ledger import Receipt
from projections.compliance import case_queries
from projections.compliance import queries as compliance
from projections.compliance.case_queries import CaseRow, StepRow
from projections.compliance.queries import BreachRow, JudgementRow, StandingRow, VerdictRow
from services.commands import cases as moves
from services.commands import documents, exemptions, headcounts, partnerships, references, tariffs
from services.commands.given import GivenCell
from services.commands.perform import Ask
from services.reading import Audience
from services.wiring import Parts
from tests.support import cast
from tests.support.cast import ACCORD, GRENOBLE, INSURER
from tests.support.database import Database

TOWN = Audience("place", tenants=[GRENOBLE], owners=["town", "public", ACCORD])
PDF = b"%PDF-1.7\n% a letter\n"


def promise(rule: str, identity: str = "c1", **params: Any) -> Commitment:
    """A commitment to a rule."""
    return Commitment(id=identity, article="Art. 5", wording=f"Clause {identity}.", rule=rule, params=params)


CAP = promise("ANNUAL_CAP_FIXED", max_rise_percent="3")


class World:
    """One convention between the cast's insurer and its town."""

    def __init__(self, parts: Parts, clock: FixedClock) -> None:
        self.parts = parts
        self.clock = clock
        self.ledger = parts.ledger
        self.where: tuple[Tenant, Owner] = (GRENOBLE, ACCORD)

    def on(self, day: str, hour: int = 9) -> "World":
        """Let it be that day, and the workers follow."""
        self.at(day, hour)
        cast.follow(self.parts)
        return self

    def at(self, day: str, hour: int = 9) -> "World":
        """Let it be that day, with the workers asleep."""
        year, month, date_ = map(int, day.split("-"))
        self.clock.set(datetime(year, month, date_, hour, tzinfo=UTC))
        return self

    def ask(self, actor: str = "account:adviser", command: str | None = None) -> Ask:
        """Somebody asks now."""
        return Ask(actor=actor, now=self.clock.now(), command=command)

    def agree(self, *commitments: Commitment, **other: Any) -> "World":
        """The convention, declared and confirmed."""
        command = cast.declaration(commitments=commitments or (CAP,), office_hours=None, **other)
        partnerships.declare(self.ledger, *self.where, command, self.ask())
        partnerships.confirm(self.ledger, *self.where, cast.confirmation(), self.ask("account:town"))
        return self

    def notify(
        self, identity: str, effective_on: str, *prices: str, corrects: str | None = None, **other: Any
    ) -> Receipt | None:
        """A grid of one formula, a price for each decade of ages from 50 on."""
        command = tariffs.NotifyGrid(
            convention="c1",
            id=identity,
            effective_on=date.fromisoformat(effective_on),
            cells=cells(*prices),
            corrects=corrects,
            **other,
        )
        return tariffs.notify(self.ledger, *self.where, command, self.ask())

    def deposit(self, identity: str, valid_from: str, *prices: str) -> None:
        """A reference grid."""
        command = references.DepositReference(
            convention="c1", id=identity, valid_from=date.fromisoformat(valid_from), product="Individuel",
            source="Barème", cells=cells(*prices),
        )  # fmt: skip
        references.deposit_reference(self.ledger, *self.where, command, self.ask())

    def count(self, identity: str, taken_on: str, *counts: int) -> None:
        """A headcount of those cells."""
        command = headcounts.TakeHeadcount(
            convention="c1", id=identity, taken_on=date.fromisoformat(taken_on),
            cells=tuple(
                headcounts.CountedCell(formula="N1", age_from=first, age_to=last, count=count)
                for (first, last), count in zip(brackets(len(counts)), counts, strict=True)
            ),
        )  # fmt: skip
        headcounts.take_headcount(self.ledger, GRENOBLE, INSURER, command, self.ask())

    def exempt(
        self, identity: str, factor: tuple[str, str], valid_from: str, valid_to: str | None = None
    ) -> None:
        """An exemption that the insurer asks for and the town grants today."""
        asked = exemptions.RequestExemption(
            convention="c1", id=identity, commitments=("c1",), kind="TAX", factor=factor,
            valid_from=date.fromisoformat(valid_from),
            valid_to=date.fromisoformat(valid_to) if valid_to else None, reason="Une taxe.",
        )  # fmt: skip
        exemptions.request_exemption(self.ledger, *self.where, asked, self.ask())
        granted = exemptions.GrantExemption(
            convention="c1", id=identity, decided_on=self.clock.today(), decided_by="Conseil municipal"
        )
        exemptions.grant_exemption(self.ledger, *self.where, granted, self.ask("account:town"))

    def revoke(self, identity: str, revoked_on: str) -> None:
        """The town revokes an exemption."""
        command = exemptions.RevokeExemption(
            convention="c1", id=identity, revoked_on=date.fromisoformat(revoked_on), reason="Motif levé."
        )
        exemptions.revoke_exemption(self.ledger, *self.where, command, self.ask("account:town"))

    def amend(self, effective_on: str, *commitments: Commitment) -> None:
        """An amendment to the commitments, declared and confirmed."""
        terms = Terms(
            signed_on=date(2024, 7, 1), starts_on=date(2024, 10, 1), ends_on=date(2029, 9, 30),
            commitments=commitments,
        )  # fmt: skip
        command = partnerships.DeclareAmendment(
            convention="c1", id="a1", signed_on=self.clock.today(), reason="Renégociation.", terms=terms,
            effective_on=date.fromisoformat(effective_on),
        )  # fmt: skip
        partnerships.declare_amendment(self.ledger, *self.where, command, self.ask())
        confirmed = partnerships.ConfirmAmendment(convention="c1", id="a1", by="town")
        partnerships.confirm_amendment(self.ledger, *self.where, confirmed, self.ask("account:town"))

    def file(self, content: bytes = PDF, media_type: str = "application/pdf") -> str:
        """A document in the drawer; its SHA-256."""
        command = documents.FileDocument(name="lettre", media_type=media_type, content=content)
        documents.file(self.ledger, *self.where, command, self.ask())
        return command.sha256

    # What one sees

    def breaches(self) -> list[BreachRow]:
        """Every breach that was ever said, the earliest first."""
        rows = self.parts.views.read(
            TOWN, lambda reader: compliance.breaches(reader, GRENOBLE, [ACCORD], every=True)
        )
        return sorted(rows, key=lambda row: row.position)

    def verdicts(self, breach: str) -> list[VerdictRow]:
        """What was said of a breach."""
        return self.parts.views.read(
            TOWN, lambda reader: compliance.verdicts(reader, GRENOBLE, [ACCORD], [breach])
        )

    def standing(self, commitment: str = "c1") -> StandingRow:
        """Where a commitment stands."""
        rows = self.parts.views.read(TOWN, lambda reader: compliance.standings(reader, GRENOBLE, [ACCORD]))
        return next(row for row in rows if row.commitment == commitment)

    def judgements(self) -> list[JudgementRow]:
        """The judgements, the earliest first."""
        rows = self.parts.views.read(TOWN, lambda r: compliance.judgements(r, GRENOBLE, ACCORD, "c1"))
        return rows[::-1]

    def cases(self) -> list[CaseRow]:
        """The cases, those due first."""
        return self.parts.views.read(TOWN, lambda r: case_queries.cases(r, GRENOBLE, [ACCORD]))

    def case(self) -> CaseRow:
        """The only case."""
        (row,) = self.cases()
        return row

    def steps(self) -> list[StepRow]:
        """The steps of the only case."""
        identity = self.case().id
        return self.parts.views.read(TOWN, lambda r: case_queries.steps(r, GRENOBLE, [ACCORD], identity))

    def said(self) -> list[str]:
        """The steps of the only case, by name."""
        return [step.step for step in self.steps()]

    # What one does in the only case

    def explain(self, text: str = "La taxe a augmenté.", *documents_: str) -> Receipt | None:
        """The insurer explains."""
        command = moves.ExplainCase(case=self.case().id, text=text, documents=documents_)
        return moves.explain(self.ledger, *self.where, command, self.ask())

    def dispute(self, text: str = "La convention dit autre chose.") -> Receipt | None:
        """The town disputes."""
        command = moves.DisputeCase(case=self.case().id, text=text)
        return moves.dispute(self.ledger, *self.where, command, self.ask("account:town"))

    def accept(self, exemption: moves.SettlingExemption | None = None) -> Receipt | None:
        """The town accepts."""
        command = moves.AcceptCase(case=self.case().id, text="Accepté.", exemption=exemption)
        return moves.accept(self.ledger, *self.where, command, self.ask("account:town"))

    def send_formal_notice(self, sent_on: str, document: str) -> Receipt | None:
        """The town sent a formal notice."""
        command = moves.SendFormalNotice(
            case=self.case().id, sent_on=date.fromisoformat(sent_on), channel="registered_letter",
            document=document,
        )  # fmt: skip
        return moves.send_formal_notice(self.ledger, *self.where, command, self.ask("account:town"))

    def give_notice(self) -> Receipt | None:
        """The town ends the convention because of it."""
        command = moves.EndForCase(case=self.case().id)
        return moves.end_for_case(self.ledger, *self.where, command, self.ask("account:town"))


def brackets(count: int) -> Sequence[tuple[int, int | None]]:
    """Ages by decade from 50 on; the last is without upper limit."""
    firsts = [50 + 10 * place for place in range(count)]
    return [(first, first + 9 if place + 1 < count else None) for place, first in enumerate(firsts)]


def cells(*prices: str) -> tuple[GivenCell, ...]:
    """Cells of one formula with these prices."""
    return tuple(
        GivenCell(formula="N1", age_from=first, age_to=last, monthly=price)
        for (first, last), price in zip(brackets(len(prices)), prices, strict=True)
    )


@contextmanager
def judging(database: Database, day: str = "2024-07-01") -> Iterator[World]:
    """A world over a fresh database, on the day of signature."""
    clock = FixedClock(cast.NOW)
    with cast.parts_on(database, clock) as parts:
        yield World(parts, clock).at(day)
