"""What is kept of a whole run: every outcome as JSON, and the table for people in `docs/faults.md`."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, Final

import msgspec

from loadtests.benchmarks.scratch import machine as machine_of
from loadtests.faults.kinds import FAULTS
from loadtests.faults.run import Outcome
from loadtests.faults.scene import Scene
from loadtests.faults.writers import WRITERS
from loadtests.installation import ROOT

RESULTS: Final = Path(__file__).parent / "results" / "faults.json"
TABLE: Final = ROOT / "docs" / "faults.md"

_FEEDS: Final = {"store": "the store", "kafka": "Kafka"}
_COUNTS: Final = (
    "acknowledged",
    "resent",
    "lost",
    "doubled",
    "different",
    "out_of_order",
    "sent_again",
)

_HEAD: Final = (
    "| fault | views follow | runs | in flight: least / median / most | lost | doubled | different | out of order"
    " | sent again | seconds to recover: median / most |"
)
_PAGE: Final = """# Faults

What happens to acknowledged writes when a part of the installation dies: nothing is lost, nothing counts twice, every
view comes back to exactly what a fresh rebuild shows. Measured on {measured_on} with `{command}`
({cores} cores, Python {python}, PostgreSQL {postgresql}); every run is in
[loadtests/faults/results/faults.json](../loadtests/faults/results/faults.json).

{table}

In all: {runs} runs, {acknowledged} acknowledged commands; {resent} times one was sent again under the same id.
The standby relay took over in {relays} runs; in {consumers} the projector that was left showed what was in flight
before the other came back.

## What a run is

{writers} writers give real commands (members join and leave, office hours are planned and held, grids are notified to
several towns) on a database, workers and, where views follow Kafka, a broker, two relays and two projectors, which are
processes as in production. At a moment that the seed chooses, one fault strikes; what died is started again as a
service manager would; writers stop; everything is checked. A writer whose connection breaks sends the same command
again under the same id, as the product does.

- **in flight**: events that were committed and not yet shown by the slowest view when the fault struck.
- **lost**: answers that writers were given and the ledger does not bear out, and events that the counting view lacks.
- **doubled**: commands that are in the ledger twice or in part, and events that the counting view counted again.
- **different**: rows of any view that are not those of a fresh build of the whole ledger.
- **out of order**: gaps in positions or versions, commands placed before those that their writer had finished before;
  over Kafka also records of the topic that are out of order, break the chain, are missing or not the ledger's.
- **sent again**: records that are in the topic a second time, because a relay died or was shut out before its
  checkpoint moved. Views know them by their position.
- **seconds to recover**: from the fault until every view shows all that was committed when everything ran again. What
  is down meanwhile is part of it: a stopped broker or database until it answers, a lease until it lapses (3 s), a
  killed member of the consumer group until the group misses it.

`python -m loadtests.faults --fault relay-killed --seed 7` repeats one run.
"""


def machine(scene: Scene) -> dict[str, str | int]:
    """Where the faults were struck."""
    return machine_of(scene.parts)


def line(outcome: Outcome, took: float) -> str:
    """An outcome for somebody who watches."""
    found = f"{outcome.fault:25} seed {outcome.seed:<3} {outcome.what:44}"
    if outcome.took_over:
        found += f" → {outcome.took_over}"
    found += (
        f"  acknowledged {outcome.acknowledged}, in flight {outcome.in_flight}, lost {outcome.lost},"
        f" doubled {outcome.doubled}, recovered in {outcome.seconds} s ({took:.0f} s in all)"
    )
    return "\n".join([found, *(f"    WRONG {fault}" for fault in outcome.faults[:20])])


def keep(outcomes: Sequence[Outcome], where: dict[str, str | int], command: str) -> None:
    """Write the results and the table."""
    kept = {
        "measured_on": datetime.now(UTC).date().isoformat(),
        "command": command,
        "machine": where,
        "writers": WRITERS,
        "faults": {fault.name: summary(outcomes, fault.name) for fault in FAULTS},
        "passed": all(outcome.sound for outcome in outcomes),
        "runs": [msgspec.to_builtins(outcome) for outcome in outcomes],
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    TABLE.write_text(page(kept), encoding="utf-8")


def summary(outcomes: Sequence[Outcome], name: str) -> dict[str, Any]:
    """What the runs of one fault found together."""
    mine = [outcome for outcome in outcomes if outcome.fault == name]
    in_flight = [outcome.in_flight for outcome in mine] or [0]
    seconds = [outcome.seconds for outcome in mine] or [0.0]
    return {
        "runs": len(mine),
        "unsound": sum(not outcome.sound for outcome in mine),
        "in_flight": {"min": min(in_flight), "median": round(median(in_flight)), "max": max(in_flight)},
        **{count: sum(getattr(outcome, count) for outcome in mine) for count in _COUNTS},
        "seconds": {"median": round(median(seconds), 1), "max": round(max(seconds), 1)},
        "took_over": dict(Counter(outcome.took_over for outcome in mine if outcome.took_over)),
    }


def page(kept: dict[str, Any]) -> str:
    """The page of the documentation, from what was kept."""
    rows = [
        _HEAD,
        "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for fault in FAULTS:
        found = kept["faults"][fault.name]
        flight, seconds = found["in_flight"], found["seconds"]
        rows.append(
            f"| {fault.title} | {_FEEDS[fault.feed]} | {found['runs']}"
            f" | {flight['min']} / {flight['median']} / {flight['max']}"
            f" | {found['lost']} | {found['doubled']} | {found['different']} | {found['out_of_order']}"
            f" | {found['sent_again']} | {seconds['median']} / {seconds['max']} |"
        )
    every = kept["faults"].values()
    return _PAGE.format(
        **kept["machine"],
        measured_on=kept["measured_on"],
        command=kept["command"],
        writers=kept["writers"],
        table="\n".join(rows),
        runs=sum(found["runs"] for found in every),
        acknowledged=f"{sum(found['acknowledged'] for found in every):,}",
        resent=f"{sum(found['resent'] for found in every):,}",
        relays=sum(_taken_over(kept, name) for name in ("relay-killed", "relay-paused")),
        consumers=_taken_over(kept, "consumer-killed"),
    )


def _taken_over(kept: dict[str, Any], fault: str) -> int:
    return sum(kept["faults"][fault]["took_over"].values())
