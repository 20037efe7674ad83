"""The check from the ledger: after a campaign, what was answered is held against what is there.

Each rule is a function that gives faults in words; a campaign is sound when none gives any.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final, NamedTuple

from infra.ledger import Receipt
from loadtests.campaign.plan import Journal, Written
from loadtests.checks import Acknowledged, differing_views, doubled, missing_receipts, order_broken
from services.wiring import Parts

_SERVER: Final = 500
_SHOWN: Final = 5


class Fault(NamedTuple):
    """A rule that was broken, and how."""

    rule: str
    what: str


RULES: Final = (
    "no 5xx, and every request answered",
    "nothing refused that is right",
    "no mark of another insurer or town in any answer",
    "every acknowledged write in the ledger, where it was told",
    "every command once and whole, positions without gaps",
    "a repeated key answers with the first receipt",
    "in the ledger only what was sent and acknowledged",
    "every view equals a fresh build",
)


def check(parts: Parts, journal: Journal, run: str, *, views: bool = True) -> list[Fault]:
    """Every fault of a campaign whose commands begin with `run`. Building the views afresh takes its time."""
    found = (
        answered(journal),
        refused(journal),
        kept_apart(journal),
        acknowledged(parts, journal),
        once(parts),
        repeated(journal),
        nothing_else(parts, journal, run),
        rebuilt(parts) if views else (),
    )
    return list(chain.from_iterable(found))


def answered(journal: Journal) -> Iterator[Fault]:
    """Requests that the server failed, or that nobody answered or sent."""
    failed = [one for one in journal.asked if one.status == 0 or one.status >= _SERVER]
    for one in failed:
        yield Fault(RULES[0], f"{one.name}: {one.fault}")
    for phase in journal.phases:
        if phase.dropped and phase.strict:
            yield Fault(RULES[0], f"{phase.dropped} requests of {phase.name} were never sent")


def refused(journal: Journal) -> Iterator[Fault]:
    """Requests that were answered with anything but 2xx, although they are right."""
    for one in journal.asked:
        if one.fault is not None and 0 < one.status < _SERVER and not 200 <= one.status < 300:
            yield Fault(RULES[1], f"{one.name}: {one.fault}")


def kept_apart(journal: Journal) -> Iterator[Fault]:
    """Answers in which somebody else's records were seen."""
    return (Fault(RULES[2], what) for what in journal.foreign)


def acknowledged(parts: Parts, journal: Journal) -> Iterator[Fault]:
    """Writes that were answered with 2xx and are not in the ledger where the answer says."""
    for written in journal.written:
        if written.position is None:
            yield Fault(RULES[3], f"{written.name} {written.command}: acknowledged without a position")
    for answer in missing_receipts(parts, _receipts(journal.written)):
        yield Fault(RULES[3], f"{answer.command}: not at {answer.receipt.last} of {answer.receipt.stream}")


def once(parts: Parts) -> Iterator[Fault]:
    """What is in the ledger twice, in part, or out of order."""
    return (Fault(RULES[4], what) for what in (*doubled(parts), *order_broken(parts)))


def repeated(journal: Journal) -> Iterator[Fault]:
    """Keys that were sent again and answered with another receipt than the first time."""
    first = {written.command: written for written in journal.written if not written.again}
    for written in journal.written:
        if written.again:
            before = first.get(written.command)
            if before is None or (before.position, before.stream) != (written.position, written.stream):
                yield Fault(
                    RULES[5], f"{written.command}: {written.position}, first {before and before.position}"
                )


def nothing_else(parts: Parts, journal: Journal, run: str) -> Iterator[Fault]:
    """Commands of the campaign in the ledger that were never sent, or never acknowledged."""
    with parts.databases.project.connection() as connection:
        rows = connection.execute(
            "select command from ledger.event where ordinal = 0 and starts_with(command, %s)", (f"{run}-",)
        ).fetchall()
    there = {str(row[0]) for row in rows}
    told = {written.command for written in journal.written}
    for command in sorted(there - set(journal.sent)):
        yield Fault(RULES[6], f"{command} is recorded and was never sent")
    for command in sorted(there & set(journal.sent) - told):
        yield Fault(RULES[6], f"{command} is recorded and was never acknowledged")


def rebuilt(parts: Parts) -> Iterator[Fault]:
    """Views whose rows are not those of a fresh build."""
    for name, differences in differing_views(parts).items():
        for one in differences:
            what = f"{name}.{one.table}: {one.only_before} rows gone, {one.only_after} rows new"
            yield Fault(RULES[7], " ".join((what, *one.sample[:_SHOWN])))


def _receipts(written: Iterable[Written]) -> Iterator[Acknowledged]:
    for one in written:
        if one.position is not None:
            receipt = Receipt(one.position, one.position, one.stream)
            yield Acknowledged(f"{one.actor}", one.command, receipt)
