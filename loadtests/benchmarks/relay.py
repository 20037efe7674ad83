"""What relaying costs: the relay from the ledger to Kafka, beside a bare kafka-python loop that sends the same records.

The loop has its records in memory, encoded; the relay reads and encodes them, and each batch is a transaction whose
checkpoint moves. Both send with the same settings to a fresh topic of one broker, until the last is acknowledged.
"""

import gc
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any, Final

from kafka import KafkaProducer

from infra.feed import partition_of
from infra.kafka import KafkaCluster, to_record
from infra.kafka.broker import Broker
from infra.kafka.cloudevents import HEADERS
from infra.kafka.producer import TUNING, Record
from infra.kafka.topic import ensure_topic
from loadtests.benchmarks.filled import fill
from loadtests.benchmarks.scratch import machine, scratch
from services.wiring import Parts
from services.workers.relay import BATCH, Relay

ROUNDS: Final = 3
COMMUNES, MEMBERS = 200, 225
BAR: Final = 0.6


def encoded(parts: Parts) -> list[Record]:
    """What the relay sends, ready to be sent."""
    with parts.databases.project.connection() as connection:
        rows = parts.feed.read(connection, 0, None, 1_000_000).rows
    ends: dict[int, int] = {}
    found = []
    for row in rows:
        partition = partition_of(row.tenant)
        found.append(Record(partition, row.tenant.encode(), to_record(row, ends.get(partition, 0))))
        ends[partition] = row.position
    return found


def bare(cluster: KafkaCluster, records: list[Record]) -> float:
    """Events a second of an idempotent producer: send everything, flush once."""
    ensure_topic(cluster)
    producer: Any = KafkaProducer(**cluster.client("bare"), **TUNING)
    try:
        producer.partitions_for(cluster.topic)
        gc.disable()
        began = time.perf_counter()
        futures = [
            producer.send(cluster.topic, value, key, HEADERS, partition) for partition, key, value in records
        ]
        producer.flush()
        taken = time.perf_counter() - began
    finally:
        gc.enable()
        producer.close()
    if not all(each.succeeded() for each in futures):
        msg = "the bare loop lost records"
        raise RuntimeError(msg)
    return len(records) / taken


def relayed(cluster: KafkaCluster, parts: Parts, records: list[Record]) -> float:
    """Events a second of the relay, from its lease on; the checkpoint is where it should be at the end."""
    with parts.owner_connection() as owner:
        owner.execute("truncate projection.relay cascade")
    relay = Relay(cluster, parts.databases.project, parts.feed)
    try:
        ensure_topic(cluster)
        events, began = 0, time.perf_counter()
        while handled := relay.step():
            events += handled
        taken = time.perf_counter() - began
    finally:
        relay.close()
    if events != len(records):
        msg = f"{events} of {len(records)} events were relayed"
        raise RuntimeError(msg)
    return events / taken


def main() -> dict[str, Any]:
    """Measure and print; `passed` says whether the bar is met by the medians."""
    with tempfile.TemporaryDirectory(prefix="beffroi-bench-") as folder, scratch() as parts:
        fill(parts, COMMUNES, MEMBERS)
        records = encoded(parts)
        size = round(sum(len(record.value) for record in records) / len(records))
        print(f"{len(records)} events, {size} bytes a record")
        samples: dict[str, list[float]] = {"bare loop": [], "relay": []}
        with Broker(Path(folder) / "kafka") as broker:
            # Once, uncounted: the broker's machine compiles what it does often.
            bare(replace(broker.cluster, prefix="warm-"), records[:20_000])
            for number in range(ROUNDS):
                ways = {
                    "bare loop": lambda cluster: bare(cluster, records),
                    "relay": lambda cluster: relayed(cluster, parts, records),
                }
                for way in sorted(ways, reverse=bool(number % 2)):
                    cluster = replace(broker.cluster, prefix=f"{way.replace(' ', '-')}-{number}-")
                    samples[way].append(ways[way](cluster))
                print(
                    f"round {number + 1}  "
                    + "  ".join(f"{way} {found[-1]:,.0f}/s" for way, found in samples.items())
                )
        where = machine(parts)
    medians = {way: round(median(found)) for way, found in samples.items()}
    ratio = round(medians["relay"] / medians["bare loop"], 2)
    print(f"{medians}\nthe relay over the bare loop: {ratio} (bar {BAR})")
    return {
        "machine": where,
        "events": len(records),
        "bytes_a_record": size,
        "batch": BATCH,
        "rounds": ROUNDS,
        "medians": medians,
        "samples": {way: [round(each) for each in found] for way, found in samples.items()},
        "ratios": {"over the bare loop": ratio},
        "bars": {"over the bare loop": BAR},
        "passed": ratio >= BAR,
    }


if __name__ == "__main__":
    main()
