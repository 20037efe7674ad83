"""The judgements of a convention's tariff, one after the other: what was found, when, and because of what.

Nothing is overwritten: a later judgement says something else beside what the former said.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import ClassVar, Self

import msgspec

from domain.aggregate import Aggregate
from domain.events import Event, event
from domain.tariffs.statements import Statement, Word, worst


class CommitmentState(msgspec.Struct, frozen=True, kw_only=True):
    """Where one commitment stands: the worst verdict of what holds on the day judged or later.

    `from_on` is the first day of that verdict (None: nothing is said), `known_since` when it was first recorded, the
    counts are of findings, `reason` is that of the worst.
    """

    commitment: str
    rule: str
    verdict: Word
    from_on: date | None
    known_since: datetime
    kept: int
    broken: int
    exempted: int
    undecidable: int
    not_applicable: int
    reason: str


@event("tariff.judged")
class TariffJudged(Event, frozen=True, kw_only=True):
    """A judgement whose outcome is new: `findings` is the digest of all findings, `document` where they are kept.

    `cause` is the topic of the event that led to it, at `cause_position`, or "calendar". It judges what was recorded by
    `as_known_at`, as seen on the civil day `on`. `broken` are the keys of the breaches that hold, `next_on` the first
    later day on which a finding begins or is over.
    """

    cause: str
    cause_position: int | None
    as_known_at: datetime
    on: date
    assess_version: int
    findings: str
    document: str
    commitments: tuple[CommitmentState, ...]
    broken: tuple[str, ...]
    next_on: date | None


class Judgement(Aggregate, kw_only=True):
    """The judgements of one convention; its stream's key is the convention's."""

    kind: ClassVar[str] = "judgement"
    begins_with: ClassVar[type[Event]] = TariffJudged

    on: date = date.min
    as_known_at: datetime | None = None
    assess_version: int = 0
    findings: str = ""
    document: str = ""
    commitments: tuple[CommitmentState, ...] = ()
    broken: tuple[str, ...] = ()
    next_on: date | None = None

    @classmethod
    def pronounce(
        cls,
        judgement: Self | None,
        stream: str,
        *,
        assess_version: int,
        findings: str,
        commitments: Sequence[CommitmentState],
        next_on: date | None,
        **facts: object,
    ) -> Self:
        """Record a judgement, the first one or a later one; nothing when it says what the last one said.

        `facts` are the other fields of `TariffJudged`.
        """
        said = {
            "assess_version": assess_version,
            "findings": findings,
            "commitments": tuple(commitments),
            "next_on": next_on,
        }
        if judgement is None:
            return cls.begin(stream, **said, **facts)
        if any(getattr(judgement, name) != value for name, value in said.items()):
            judgement.record(TariffJudged, **said, **facts)
        return judgement

    def evolve(self, event: Event) -> None:
        """Assign what the event says."""
        if isinstance(event, TariffJudged):
            self.on, self.as_known_at, self.next_on = event.on, event.as_known_at, event.next_on
            self.assess_version, self.findings = event.assess_version, event.findings
            self.document, self.commitments, self.broken = event.document, event.commitments, event.broken


def states(
    commitments: Iterable[tuple[str, str]],
    statements: Sequence[Statement],
    on: date,
    now: datetime,
    before: Sequence[CommitmentState] = (),
) -> tuple[CommitmentState, ...]:
    """Where each commitment (id, rule) stands on `on`. A verdict said `before` keeps the instant it is known since."""
    by_commitment: dict[str, list[Statement]] = {}
    for statement in statements:
        if statement.holds(on):
            by_commitment.setdefault(statement.commitment, []).append(statement)
    former = {state.commitment: state for state in before}
    return tuple(
        _state(identity, rule, by_commitment.get(identity, ()), former.get(identity), now)
        for identity, rule in commitments
    )


def _state(
    commitment: str, rule: str, mine: Sequence[Statement], before: CommitmentState | None, now: datetime
) -> CommitmentState:
    verdict = worst(statement.verdict for statement in mine)
    speaking = [statement for statement in mine if statement.verdict == verdict]
    first = min(speaking, key=lambda statement: statement.from_on, default=None)
    counted = Counter(statement.verdict for statement in mine)
    return CommitmentState(
        commitment=commitment,
        rule=rule,
        verdict=verdict,
        from_on=first.from_on if first else None,
        known_since=before.known_since if before is not None and before.verdict == verdict else now,
        kept=counted["COMPLIANT"],
        broken=counted["VIOLATION"] + counted["LEGAL_ALERT"],
        exempted=counted["EXEMPTED"],
        undecidable=counted["INDETERMINATE"],
        not_applicable=counted["NOT_APPLICABLE"],
        reason=first.reason if first else "",
    )
