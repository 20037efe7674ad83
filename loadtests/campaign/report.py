"""What a campaign found: figures for a program, and the same as a table for a person.

Every figure names what it is about; a bar that is missed is said beside it.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from loadtests.campaign.check import RULES
from loadtests.campaign.freshness import Freshness, freshness
from loadtests.campaign.gauges import waits
from loadtests.campaign.judging import BARS, FRESHNESS, LEAST_DONE, latencies, percentile
from loadtests.campaign.mix import KINDS, Kind
from loadtests.campaign.plan import Asked, Passed
from loadtests.campaign.run import IDLE, Campaign

_CLASSES: Final[tuple[tuple[Kind | None, str], ...]] = (
    ("read", "reads"),
    ("own", "reads of one's own write, which wait for the views"),
    ("write", "writes"),
    (None, "all requests"),
)
_SHOWN: Final = 20


def figures(campaign: Campaign, command: str) -> dict[str, Any]:
    """Everything that a campaign measured and found, as JSON takes it."""
    journal = campaign.journal
    phases = [
        _phase(campaign, number, passed) for number, passed in enumerate(journal.phases) if not passed.warms
    ]
    faults = [{"rule": fault.rule, "what": fault.what} for fault in campaign.faults]
    return {
        "measured_on": datetime.now(UTC).date().isoformat(),
        "command": command,
        "machine": dict(campaign.machine),
        "feed": "kafka" if campaign.wish.kafka else "store",
        "arrivals": campaign.wish.arrivals,
        "seeded": {
            "conventions": len(campaign.seeded.conventions),
            "insurers": len(campaign.seeded.houses),
            "members": sum(members for _, _, members in campaign.seeded.conventions),
            "events": campaign.seeded.events,
            "commands_per_second": round(campaign.seeded.rate),
            "followed_in_seconds": round(campaign.catch_up_seconds, 1),
        },
        "events": {"before": campaign.events_before, "after": campaign.events_after},
        "writes_acknowledged": len(journal.written),
        "assets_fetched_once": journal.assets,
        "phases": phases,
        "knee": _knee(phases),
        "rules": {
            rule: sum(fault.rule == rule for fault in campaign.faults)
            if campaign.wish.views or rule != RULES[-1]
            else None
            for rule in RULES
        },
        "faults": faults[:_SHOWN],
        "passed": not faults,
    }


def _phase(campaign: Campaign, number: int, passed: Passed) -> dict[str, Any]:
    asked = [one for one in campaign.journal.asked if one.phase == number]
    fresh = freshness(campaign.looks, passed.began_at, passed.began_at + passed.seconds)
    classes = {title: _row(asked, latencies(asked, kind), kind) for kind, title in _CLASSES}
    names = {
        name: _row(asked, latencies(asked, name=name), name=name)
        for name in KINDS
        if any(one.name == name for one in asked)
    }
    idle = _idle(campaign)
    in_time = sum(one.done <= passed.seconds for one in asked)
    feed = "kafka" if campaign.wish.kafka else "store"
    return {
        "name": passed.name,
        "rate": passed.rate,
        "seconds": passed.seconds,
        "offered": passed.offered,
        "answered_in_time": in_time,
        "answered_per_second": round(in_time / passed.seconds, 1),
        "dropped": passed.dropped,
        "classes": classes,
        "requests": names,
        "freshness": _fresh(fresh),
        "cpu": {name: round(spent / passed.seconds, 3) for name, spent in passed.cpu.items()},
        "cpu_ms_per_request": {
            name: round(
                _beyond(spent, idle.get(name, 0.0) * passed.seconds_in_all) * 1000 / max(1, len(asked)), 3
            )
            for name, spent in passed.cpu_in_all.items()
        },
        "lateness_of_generator_ms_p99": round(
            1000 * percentile(sorted(one.sent - one.due for one in asked), 0.99), 1
        ),
        "waits": waits(campaign.gauges, passed.began_at, passed.began_at + passed.seconds),
        "bars": {
            "reads p95": percentile(latencies(asked, "read"), 0.95) < BARS["read"],
            "writes p95": percentile(latencies(asked, "write"), 0.95) < BARS["write"],
            "freshness p99": fresh.p99 < FRESHNESS[feed] and not fresh.never,
        },
    }


def _beyond(spent: float, idle: float) -> float:
    """What was spent beyond idling; a process that polls idles less while it works, which earns nothing."""
    return max(0.0, spent - idle)


def _idle(campaign: Campaign) -> dict[str, float]:
    """Cores that each process takes when nothing is asked, if that was measured: no request is charged for it."""
    alone = next((phase for phase in campaign.journal.phases if phase.name == IDLE), None)
    return {name: spent / alone.seconds for name, spent in alone.cpu.items()} if alone else {}


def _row(
    asked: Sequence[Asked], found: Sequence[float], kind: Kind | None = None, name: str | None = None
) -> dict[str, Any]:
    failed = sum(
        one.fault is not None
        for one in asked
        if (name is None or one.name == name) and (kind is None or KINDS[one.name] == kind)
    )
    figures = {
        f"p{int(share * 100)}_ms": round(1000 * percentile(found, share), 1) for share in (0.5, 0.95, 0.99)
    }
    return {"count": len(found), **figures, "failures": failed}


def _fresh(fresh: Freshness) -> dict[str, Any]:
    return {
        "what": "from an event's commit until every view shows it; upper bounds, looked at every 20 ms",
        "p50_ms": round(1000 * fresh.p50),
        "p99_ms": round(1000 * fresh.p99),
        "worst_ms": round(1000 * fresh.worst),
        "events": fresh.events,
        "never": fresh.never,
    }


def _knee(phases: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The last step that held, and the one after it that did not."""
    steps = [phase for phase in phases if phase["name"].startswith("step")]
    if not steps:
        return None

    def holds(step: dict[str, Any]) -> bool:
        bars, in_time = step["bars"], step["answered_in_time"]
        return bool(bars["reads p95"] and bars["writes p95"] and in_time >= LEAST_DONE * step["offered"])

    held = [step for step in steps if holds(step)]
    broke = next((step for step in steps if not holds(step)), None)
    cpu: dict[str, float] = broke["cpu"] if broke else {}
    busiest = max(cpu, key=cpu.__getitem__, default=None)
    return {
        "held": held[-1]["rate"] if held else None,
        "broke": broke["rate"] if broke else None,
        "busiest": busiest,
        "busiest_cores": cpu[busiest] if busiest else None,
        "cores_together": round(sum(cpu.values()), 2),
    }


def _knee_line(knee: dict[str, Any]) -> str:
    held = f"{knee['held']:g} requests/s" if knee["held"] else "no step"
    line = f"**Knee**: {held} held the bars of reads and writes and followed"
    if knee["broke"] is None:
        return f"{line}; no step broke them."
    return (
        f"{line}, {knee['broke']:g} did not: together the processes took {knee['cores_together']} cores,"
        f" {knee['busiest']} the most with {knee['busiest_cores']}."
    )


def table(found: dict[str, Any]) -> str:
    """The same as a page of Markdown."""
    return "\n".join(_lines(found)) + "\n"


def _lines(found: dict[str, Any]) -> Iterator[str]:
    seeded = found["seeded"]
    yield f"# Load of {found['measured_on']}, views over {'Kafka' if found['feed'] == 'kafka' else 'the store'}"
    yield ""
    yield f"`{found['command']}`: {found['machine']['cores']} cores for server, workers, database and generator."
    yield (
        f"PostgreSQL {found['machine']['postgresql']}; {seeded['conventions']} conventions of"
        f" {seeded['insurers']} insurers, {seeded['members']:,} members, {seeded['events']:,} events,"
        f" seeded at {seeded['commands_per_second']:,} commands/s."
    )
    yield "Latency counts from the moment at which a request was due. CPU is in cores (seconds a second)."
    if any(phase["name"] == IDLE for phase in found["phases"]):
        yield "What the product takes when nobody asks is not charged to requests."
    if found["knee"]:
        yield ""
        yield _knee_line(found["knee"])
    for phase in found["phases"]:
        yield from _phase_lines(phase)
    yield ""
    yield "## The check from the ledger"
    yield ""
    yield f"{found['writes_acknowledged']:,} writes acknowledged; {found['events']['after']:,} events afterwards."
    yield ""
    yield "| rule | faults |"
    yield "|---|---|"
    for rule, faults in found["rules"].items():
        yield f"| {rule} | {'not looked at' if faults is None else faults} |"
    for fault in found["faults"]:
        yield f"\n- {fault['rule']}: {fault['what']}"


def _phase_lines(phase: dict[str, Any]) -> Iterator[str]:
    yield ""
    yield f"## {phase['name']}"
    yield ""
    late = phase["lateness_of_generator_ms_p99"]
    yield (
        f"{phase['offered']:,} requests due in {phase['seconds']:g} s, {phase['answered_per_second']} answered a"
        f" second, {phase['dropped']} never sent; 99 % were sent at most {late} ms late."
    )
    yield ""
    yield "| | count | p50 ms | p95 ms | p99 ms | failures |"
    yield "|---|---|---|---|---|---|"
    for title, row in (*phase["classes"].items(), *phase["requests"].items()):
        bold = "**" if title in phase["classes"] else ""
        yield (
            f"| {bold}{title}{bold} | {row['count']:,} | {row['p50_ms']} | {row['p95_ms']} | {row['p99_ms']} |"
            f" {row['failures']} |"
        )
    fresh = phase["freshness"]
    yield ""
    yield (
        f"Freshness ({fresh['what']}): p50 {fresh['p50_ms']} ms, p99 {fresh['p99_ms']} ms,"
        f" worst {fresh['worst_ms']} ms of {fresh['events']:,} events."
    )
    yield ""
    yield "| process | " + " | ".join(phase["cpu"]) + " |"
    yield "|---|" + "---|" * len(phase["cpu"])
    yield "| cores | " + " | ".join(f"{spent:.2f}" for spent in phase["cpu"].values()) + " |"
    yield (
        "| ms a request | "
        + " | ".join(f"{spent:.2f}" for spent in phase["cpu_ms_per_request"].values())
        + " |"
    )
    yield from _waits(phase["waits"])
    missed = [bar for bar, met in phase["bars"].items() if not met]
    yield ""
    yield f"Bars missed: {', '.join(missed)}." if missed else "Every bar is met."


def _waits(found: dict[str, Any]) -> Iterator[str]:
    if not found:
        return
    pools = ", ".join(
        f"the pool `{role}` lent {found[f'{role}_pool']['in_use_most']:g} and let"
        f" {found[f'{role}_pool']['waiting_most']:g} wait, {found[f'{role}_pool']['seconds_waited']:g} s in all"
        for role in ("request", "append")
    )
    yield ""
    yield (
        f"At most, by its metrics once a second: {found['commands_waiting_most']:g} commands waited for the ledger's"
        f" writer ({found['commands_in_a_commit']:g} to a commit on average); {pools}."
    )
