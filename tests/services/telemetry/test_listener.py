"""The metrics port: what the process counted, how the system stands, and whether its workers still go round."""

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from infra.clock import FixedClock
from services import telemetry
from services.telemetry import pulse
from services.telemetry.ages import Ages
from services.telemetry.collectors import ProcessCollector, SystemCollector
from services.telemetry.health import live
from services.telemetry.listener import PORTS, Listener, MetricsPortError, listening
from services.telemetry.pulse import Pulses
from services.wiring import Parts
from services.workers.run import run
from tests.support import cast
from tests.support.cast import ACCORD, GRENOBLE, ask, parts_on
from tests.support.database import Database


@contextmanager
def listener(*collectors: Any, **checks: Any) -> Iterator[Listener]:
    for first in range(20_100, 30_000, 97):
        try:
            with listening(("127.0.0.1", first), collectors, **checks) as server:
                assert server
                yield server
                return
        except MetricsPortError:
            continue


def get(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def samples(text: str) -> dict[str, float]:
    """Each sample by its name and labels."""
    return {
        " ".join(
            [sample.name, *(f"{name}={value}" for name, value in sorted(sample.labels.items()))]
        ): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.05)


def test_a_scrape_tells_of_the_ledger_the_pools_the_views_and_the_process(database: Database) -> None:
    from services.commands import partnerships

    with parts_on(database) as parts:
        before = telemetry.ledger_append._sum.get()
        partnerships.declare(parts.ledger, GRENOBLE, ACCORD, cast.declaration(), ask())
        cast.follow(parts)
        partnerships.confirm(parts.ledger, GRENOBLE, ACCORD, cast.confirmation(), ask("account:town"))
        with listener(ProcessCollector(parts, "work", ("judge", "mail")), SystemCollector(parts)) as server:
            status, text = get(server.server_port, "/metrics")
        assert telemetry.ledger_append._sum.get() > before
    found = samples(text)
    assert status == 200
    assert found["beffroi_process_info role=work workers=judge mail"] == 1
    assert found["beffroi_status_up"] == 1
    assert found["beffroi_ledger_waiting_commands"] == 0
    assert found["beffroi_ledger_refused_commands_total"] == 0
    assert found["beffroi_ledger_position"] == 2
    assert found["beffroi_view_lag_events view=oversight"] == 1
    assert found["beffroi_view_lag_seconds view=oversight"] > 0
    assert found["beffroi_view_stopped view=oversight"] == 0
    assert found["beffroi_follower_lag_events follower=judge"] == 1
    assert found["beffroi_mails state=sent"] == 0
    assert found["beffroi_pool_connections role=project"] >= 1
    assert found["process_cpu_seconds_total"] > 0
    assert not [name for name in found if name.endswith("_created")]
    assert "38185" not in text
    assert "999000011" not in text


def test_without_a_database_a_scrape_says_so_and_nothing_else_of_it(database: Database) -> None:
    with parts_on(database) as parts:
        urls = replace(database.urls, project="postgresql://nobody@127.0.0.1:1/none")
        lost = Parts(parts.settings, urls, type(parts.databases)(urls), FixedClock(cast.NOW))
        try:
            with listener(ProcessCollector(lost, "work"), SystemCollector(lost)) as server:
                found = samples(get(server.server_port, "/metrics")[1])
        finally:
            lost.close()
    assert found["beffroi_status_up"] == 0
    assert not [name for name in found if name.startswith("beffroi_view_lag")]


def test_several_processes_of_one_setting_take_the_next_ports_and_the_last_is_told_that_none_is_left() -> (
    None
):
    with listener() as server:
        first = server.server_port
        with listening(("127.0.0.1", first)) as second:
            assert second
            assert first < second.server_port < first + PORTS
        assert get(first, "/metrics")[0] == 200
        assert get(first, "/")[0] == 404
    with pytest.raises(MetricsPortError, match="BEFFROI_METRICS"), listening(("192.0.2.1", 9101)):
        pass
    with listening(None) as nowhere:
        assert nowhere is None


def test_the_workers_of_a_process_are_alive_and_ready_until_a_view_stops(database: Database) -> None:
    with parts_on(database) as parts, listener() as free:
        port = free.server_port + 1
        parts.settings = replace(parts.settings, metrics=("127.0.0.1", port))
        stop = threading.Event()
        thread = threading.Thread(target=run, args=(parts, stop, ["projector", "judge"]))
        thread.start()
        try:
            until(lambda: _answers(port) and get(port, "/health/ready")[0] == 200)
            until(lambda: "judge" in get(port, "/health/live")[1])
            assert json.loads(get(port, "/health/live")[1]) == {
                "status": "ok",
                "checks": {"judge": "ok", "projector": "ok", "turns": "ok"},
            }
            assert samples(get(port, "/metrics")[1])["beffroi_turn_held worker=judge"] == 1
            with database.connect("project") as connection:
                connection.execute("update projection.view_version set poisoned_at = 1 where view = 'crm'")
            status, said = get(port, "/health/ready")
            assert (status, json.loads(said)["checks"]["view crm"]) == (503, "unavailable")
            assert get(port, "/health/live")[0] == 200
        finally:
            stop.set()
            thread.join()


def _answers(port: int) -> bool:
    try:
        return get(port, "/health/live")[0] == 200
    except OSError:
        return False


def test_a_worker_that_no_longer_goes_round_is_wedged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "WEDGED_SECONDS", 0.2)
    pulses, halt, release = Pulses(), threading.Event(), threading.Event()

    def sound(stop: threading.Event) -> None:
        while not stop.is_set():
            stop.wait(0.01)

    def stuck(stop: threading.Event) -> None:
        stop.is_set()
        release.wait()

    threads = [
        threading.Thread(target=work, args=(pulses.begin(work.__name__, halt),)) for work in (sound, stuck)
    ]
    for thread in threads:
        thread.start()
    try:
        with listener(live=lambda: live(pulses)) as server:
            until(lambda: get(server.server_port, "/health/live")[0] == 503)
            assert json.loads(get(server.server_port, "/health/ready")[1])["checks"] == {
                "sound": "ok",
                "stuck": "wedged",
            }
            pulses.end("stuck")
            assert get(server.server_port, "/health/live")[0] == 200
    finally:
        halt.set()
        release.set()
        for thread in threads:
            thread.join()


def test_ages_are_counted_by_upper_bound_and_none_is_below_zero() -> None:
    ages = Ages("beffroi_test_seconds", "Of a test", "view")
    REGISTRY.unregister(ages)
    now = datetime(2026, 3, 16, 9, 30, tzinfo=UTC)
    ages.observe("crm", [now - timedelta(seconds=each) for each in (-3, 0.02, 0.05, 1, 3600)], now)
    (family,) = ages.collect()
    found = {sample.labels.get("le", sample.name): sample.value for sample in family.samples}
    assert found["0.01"] == 1
    assert found["0.025"] == 2
    assert found["0.05"] == 3
    assert found["1.0"] == 4
    assert found["600.0"] == 4
    assert found["+Inf"] == found["beffroi_test_seconds_count"] == 5
    assert found["beffroi_test_seconds_sum"] == pytest.approx(3601.07)
