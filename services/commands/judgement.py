"""The judge's command: a convention's tariff is judged, and what is new in it is recorded, all at once.

The judgement itself, the breaches that appear or are seen otherwise, and the cases they open, change or close are one
command: whole or absent.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta

import msgspec

from domain.aggregate import Aggregate
from domain.partnerships.convention import Convention
from domain.partnerships.terms import Commitment, in_order, version_on
from domain.tariffs.assess import ASSESS_VERSION, findings_digest
from domain.tariffs.breach import Breach, key_of, sayings
from domain.tariffs.case import Case
from domain.tariffs.evidence import Evidence, gather, healer
from domain.tariffs.judgement import CommitmentState, Judgement, states
from domain.tariffs.statements import (
    Statement,
    from_document,
    stated,
    timely,
    to_document,
    turning_day,
)
from domain.tariffs.tariff import Tariff
from domain.tenancy import Owner, Tenant, stream
from infra.clock import PARIS
from infra.ledger import Ledger, Receipt
from services.commands.dossier import dossier_of, findings_of, recorded_by
from services.commands.partnerships import convention_stream
from services.commands.perform import Ask, Decision, load, perform

Places = Callable[[str], Sequence[int]]
"""The positions in the ledger of a stream's events, in order."""

CALENDAR = "calendar"
"""The cause of a judgement that only the day led to."""


class JudgeTariff(msgspec.Struct, frozen=True, kw_only=True):
    """What the judge asks for. `cause` is the topic of the event at `cause_position`, or CALENDAR.

    What was recorded by `recorded_by` is judged, as seen on that civil day; None: by now. An instant before that of
    the last judgement counts as that one, so that clocks that differ never take anything back.
    """

    convention: str
    cause: str
    cause_position: int | None = None
    recorded_by: datetime | None = None


def judgement_stream(tenant: Tenant, owner: Owner, convention: str) -> str:
    """The stream of a convention's judgements."""
    return stream(tenant, owner, Judgement.kind, convention)


def case_stream(tenant: Tenant, owner: Owner, case: str) -> str:
    """The stream of a case in its accord's drawer."""
    return stream(tenant, owner, Case.kind, case)


def judge_tariff(
    ledger: Ledger, tenant: Tenant, owner: Owner, command: JudgeTariff, ask: Ask, places: Places
) -> Receipt | None:
    """Judge a convention's tariff; nothing when it was judged so, or is not confirmed. Raises as `perform`."""

    def decide() -> Decision:
        convention = load(ledger, Convention, convention_stream(tenant, owner, command.convention))
        if not convention.confirmed:
            return Decision([])
        return Decision(_Session(ledger, tenant, owner, command, ask, convention).judged(places))

    return perform(ledger, tenant, owner, command, ask, decide)


class _Session:
    """One judgement being made: what was said last, what is found now, and what follows from the difference."""

    def __init__(
        self,
        ledger: Ledger,
        tenant: Tenant,
        owner: Owner,
        command: JudgeTariff,
        ask: Ask,
        convention: Convention,
    ) -> None:
        self._ledger = ledger
        self._where = (tenant, owner)
        self._command = command
        self._convention = convention
        self._last = ledger.find(Judgement, judgement_stream(tenant, owner, command.convention))
        # Read before anything is recorded: pronouncing moves the aggregate on.
        self._former = (self._last.document, self._last.on) if self._last else None
        at = command.recorded_by or ask.now
        self._at = max(at, self._last.as_known_at) if self._last and self._last.as_known_at else at
        self._on = self._at.astimezone(PARIS).date()
        self._whole = dossier_of(ledger, tenant, owner, convention)
        self._known = recorded_by(self._whole, self._at)

    def judged(self, places: Places) -> list[Aggregate]:
        """The aggregates with what is new in them."""
        findings = findings_of(self._known, self._ledger.documents)
        every = stated(findings)
        document = to_document(every)
        statements = timely(every, self._on)
        holding = [each for each in statements if each.broken and each.holds(self._on)]
        judgement = Judgement.pronounce(
            self._last,
            judgement_stream(*self._where, self._command.convention),
            cause=self._command.cause,
            cause_position=self._command.cause_position,
            as_known_at=self._at,
            on=self._on,
            assess_version=ASSESS_VERSION,
            findings=findings_digest(findings),
            document=self._ledger.documents.remember(document),
            commitments=self._states(statements),
            broken=tuple(key_of(self._command.convention, each) for each in holding),
            next_on=turning_day(every, self._on),
        )
        if not judgement.pending:
            return []
        self._ledger.documents.put(document, "application/zlib")
        before, seen_on = self._before()
        breaches = self._breaches(statements, before, seen_on, places)
        return [judgement, *breaches, *self._cases(statements, before, seen_on)]

    def _before(self) -> tuple[Sequence[Statement], date]:
        if self._former is None:
            return (), date.min
        document, on = self._former
        return timely(from_document(self._ledger.documents.get(document)), on), on

    def _states(self, statements: Sequence[Statement]) -> tuple[CommitmentState, ...]:
        promised: dict[str, str] = {}
        for version in reversed(in_order(self._known.terms)):
            for commitment in version.terms.commitments:
                promised.setdefault(commitment.id, commitment.rule)
        before = self._last.commitments if self._last else ()
        return states(list(promised.items()), statements, self._on, self._at, before)

    def _breaches(
        self, statements: Sequence[Statement], before: Sequence[Statement], seen_on: date, places: Places
    ) -> list[Aggregate]:
        """Those that are new, and those of which something else is said than last time; no other is loaded."""
        convention = self._command.convention
        former = {key_of(convention, each): each for each in before if each.broken}
        present = {key_of(convention, each): each for each in statements if each.broken}
        about = former | present
        then = dict(zip(former, sayings(before, list(former.values()), seen_on), strict=True))
        now = dict(zip(about, sayings(statements, list(about.values()), self._on), strict=True))
        positions: Mapping[str, int] | None = None
        found: list[Aggregate] = []
        for key, said in now.items():
            if then.get(key) == said:
                continue
            name = stream(*self._where, Breach.kind, key)
            breach = self._ledger.find(Breach, name)
            if breach is None and key in present:
                positions = positions if positions is not None else self._positions(places)
                breach = self._detected(name, present[key], positions)
            if breach is not None:
                breach.say_otherwise(
                    said, assess_version=ASSESS_VERSION, cause_position=self._command.cause_position
                )
                found.append(breach)
        return [breach for breach in found if breach.pending]

    def _detected(self, name: str, broken: Statement, positions: Mapping[str, int]) -> Breach:
        clause = self._clause(broken.commitment, broken.from_on)
        return Breach.detect(
            name,
            convention=self._command.convention,
            commitment=broken.commitment,
            article=clause.article,
            wording=clause.wording,
            rule=broken.rule,
            grid=broken.grid or "",
            cell=broken.cell,
            verdict=broken.verdict,
            from_on=broken.from_on,
            to_on=broken.to_on,
            unit=broken.unit,
            anchor=broken.anchor,
            limit=broken.limit,
            observed=broken.observed,
            excess=broken.excess,
            reason=broken.reason,
            assess_version=ASSESS_VERSION,
            grid_position=positions.get(broken.grid or "", self._command.cause_position or 0),
        )

    def _positions(self, places: Places) -> Mapping[str, int]:
        # One event of the tariff's stream is one grid; those recorded since lie at the end.
        lying = places(stream(*self._where, Tariff.kind, self._command.convention))
        return dict(zip((grid.grid for grid in self._whole.grids), lying, strict=False))

    def _cases(
        self, statements: Sequence[Statement], before: Sequence[Statement], seen_on: date
    ) -> list[Aggregate]:
        """The cases whose evidence changed; no other is loaded."""
        corrects = {grid.grid: grid.corrects for grid in self._whole.grids}
        then = gather(self._command.convention, before, seen_on, corrects)
        now = gather(self._command.convention, statements, self._on, corrects)
        found: list[Aggregate] = []
        for key in sorted(then.keys() | now.keys()):
            was, evidence = then.get(key), now.get(key)
            if _seen(was, seen_on) != _seen(evidence, self._on):
                case = self._case(key, was, evidence, statements)
                if case is not None and case.pending:
                    found.append(case)
        return found

    def _case(
        self, key: str, was: Evidence | None, evidence: Evidence | None, statements: Sequence[Statement]
    ) -> Case | None:
        name = case_stream(*self._where, key)
        case = self._ledger.find(Case, name)
        position = self._command.cause_position
        explain_by = self._on + timedelta(days=self._convention.clocks.explanation_days)
        if evidence is None:
            if case is not None and was is not None:
                standing = healer(statements, was, self._on)
                case.heal(on=self._on, grid=standing, cause_position=position)
        elif case is None:
            clause = self._clause(evidence.commitment, evidence.from_on)
            return Case.open_for(
                name,
                evidence,
                convention=self._command.convention,
                article=clause.article,
                wording=clause.wording,
                cause_position=position,
                explain_by=explain_by,
            )
        else:
            case.follow_up(
                evidence, on=self._on, again=was is None, cause_position=position, explain_by=explain_by
            )
        return case

    def _clause(self, commitment: str, day: date) -> Commitment:
        """The commitment as it was promised on a day, else as any version of the terms promises it."""
        versions = in_order(self._known.terms)
        for version in (version_on(versions, day), *reversed(versions)):
            for promised in version.terms.commitments:
                if promised.id == commitment:
                    return promised
        raise AssertionError(commitment)  # what nobody promised is not judged


def _seen(evidence: Evidence | None, on: date) -> tuple[Evidence, bool] | None:
    """What a case looks at: the evidence, and whether its first day has come."""
    return None if evidence is None else (evidence, evidence.from_on <= on)
