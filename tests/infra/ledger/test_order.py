"""Position is commit order: whoever follows it sees every event once, whatever writers do and however they die."""

import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psycopg
import pytest

from infra.feed import StoreFeed
from infra.ledger import Conflict
from tests.support.database import Database
from tests.support.ledgers import envelope, event, new_stream, recorder_on

WRITERS, READ_SECONDS = 16, 30.0


class Reader(threading.Thread):
    """Follows the feed from the beginning until told where the end is."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.database = database
        self.end: int | None = None
        self.seen: list[int] = []

    def run(self) -> None:
        feed, after, until = StoreFeed(), 0, time.monotonic() + READ_SECONDS
        with self.database.connect("project") as connection:
            while time.monotonic() < until and (self.end is None or after < self.end):
                page = feed.read(connection, after, ["member.joined"], 100)
                self.seen += [row.position for row in page.rows]
                after = page.upto


def test_a_reader_misses_nothing_and_sees_nothing_twice_while_sixteen_writers_write(
    any_database: Database,
) -> None:
    # Several writer threads, as several processes would be, and commands of very different sizes.
    recorders = [recorder_on(any_database) for _ in range(4)]
    reader = Reader(any_database)
    reader.start()
    acknowledged: list[int] = []
    lock = threading.Lock()

    def write(number: int) -> None:
        generator = random.Random(number)
        for _ in range(40):
            size = generator.choice([1, 1, 1, 2, 60])
            stream = new_stream()
            receipt = recorders[number % 4].append([event(stream, i) for i in range(size)], envelope())
            with lock:
                acknowledged.extend(range(receipt.first, receipt.last + 1))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reader.end = max(acknowledged)
    reader.join()
    for recorder in recorders:
        recorder.writer.close()
    assert sorted(acknowledged) == list(range(1, len(acknowledged) + 1))
    assert reader.seen == sorted(acknowledged)


def test_an_open_transaction_elsewhere_hides_no_event(any_database: Database) -> None:
    recorder = recorder_on(any_database)
    with any_database.connect() as owner, owner.transaction():
        owner.execute("create table public.slow (x int)")
        owner.execute("select pg_current_xact_id()")
        receipt = recorder.append([event(new_stream())], envelope())
        with any_database.connect("project") as connection:
            page = StoreFeed().read(connection, 0, ["member.joined"], 10)
        assert [row.position for row in page.rows] == [receipt.first]
    recorder.writer.close()


WRITE_UNTIL_KILLED = """
import sys, threading
from tests.support.ledgers import envelope, event, new_stream
from infra.ledger.recorder import LedgerRecorder
from infra.ledger.writer import Writer
import psycopg
writer = Writer(lambda: psycopg.connect(sys.argv[1], autocommit=True))
recorder = LedgerRecorder(writer, None)
lock = threading.Lock()
def write():
    while True:
        stream = new_stream()
        surrounding = envelope()
        receipt = recorder.append([event(stream, i) for i in range(3)], surrounding)
        with lock:
            sys.stdout.write(f"{surrounding.command} {receipt.first} {receipt.last}\\n")
            sys.stdout.flush()
for _ in range(16):
    threading.Thread(target=write).start()
"""


def test_what_a_killed_writer_acknowledged_is_there_and_no_half_command(any_database: Database) -> None:
    root = Path(__file__).parents[3]
    command = [sys.executable, "-c", WRITE_UNTIL_KILLED, any_database.url("append")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as writer:
        assert writer.stdout is not None
        lines = [writer.stdout.readline() for _ in range(300)]
        writer.send_signal(signal.SIGKILL)
        lines += writer.stdout.readlines()
    whole = [line.split() for line in lines if line.endswith("\n")]
    wait_until_nobody_appends(any_database)  # what the killed writer had sent may still be committed
    with any_database.connect("project") as connection:
        found = connection.execute(
            "select command, min(position), max(position), count(*) from ledger.event group by command"
        ).fetchall()
    recorded = {command: (first, last) for command, first, last, _ in found}
    assert len(whole) >= 300
    assert all(recorded[command] == (int(first), int(last)) for command, first, last in whole)
    assert {count for _, _, _, count in found} == {3}
    # The ledger goes on where it was.
    recorder = recorder_on(any_database)
    receipt = recorder.append([event(new_stream())], envelope())
    assert receipt.first == 1 + 3 * len(found)
    recorder.writer.close()


def wait_until_nobody_appends(database: Database) -> None:
    with psycopg.connect(database.administrator_url, autocommit=True) as administrator:
        while administrator.execute(
            "select from pg_stat_activity where usename = 'beffroi_append' and datname = current_database()"
        ).fetchall():
            time.sleep(0.02)


def test_a_dump_restored_into_a_new_cluster_goes_on_in_the_same_order(
    any_database: Database, make_cluster: Any, tmp_path: Path
) -> None:
    recorder = recorder_on(any_database)
    streams = [new_stream() for _ in range(20)]
    for stream in streams:
        recorder.append([event(stream)], envelope(command=f"once-{stream[-8:]}"))
    recorder.writer.close()
    dump = tmp_path / "ledger.dump"
    subprocess.run([any_database.binaries / "pg_dump", "-Fc", "-f", dump, any_database.owner_url], check=True)
    cluster = make_cluster(any_database.version)
    with cluster as owner_url:
        restored = _restore(cluster, owner_url, dump, any_database)
        again = recorder_on(restored)
        assert [found.originator_id for found in again.select_notifications(None, 100)] == streams
        assert again.append([event(new_stream())], envelope()).first == 21
        repeated = again.append([event(streams[0], 2)], envelope(command=f"once-{streams[0][-8:]}"))
        assert (repeated.first, repeated.repeated) == (1, True)
        with pytest.raises(Conflict):
            again.append([event(streams[0])], envelope())
        again.writer.close()
        restored.pools.close()


def _restore(cluster: Any, owner_url: str, dump: Path, source: Database) -> Database:
    from infra.database.migrations import grant_on_database
    from infra.database.roles import Passwords, Urls, ensure_roles
    from infra.secrets import SecretsFolder
    from tests.support.database import Cluster

    passwords = Passwords.load(SecretsFolder(dump.parent / "secrets"))
    ensure_roles(owner_url, passwords)
    with psycopg.connect(owner_url, autocommit=True) as owner:
        grant_on_database(owner)
    subprocess.run(
        [source.binaries / "pg_restore", "--no-owner", "--exit-on-error", "-d", owner_url, dump], check=True
    )
    return Database(
        "restored", Cluster(source.version, cluster, passwords), Urls.derive(owner_url, passwords)
    )


def test_a_lost_race_is_no_reason_to_skip_a_position(any_database: Database) -> None:
    recorder = recorder_on(any_database)
    stream = new_stream()
    outcomes: Counter[str] = Counter()

    def write() -> None:
        for version in range(1, 30):
            try:
                recorder.append([event(stream, version), event(new_stream())], envelope())
                outcomes["won"] += 1
            except Conflict:
                outcomes["lost"] += 1

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [seen.id for seen in recorder.select_notifications(None, 1000)]
    recorder.writer.close()
    assert outcomes["won"] == 29
    assert found == list(range(1, 59))
