"""Log lines: one JSON object each, with what belongs to a request, and never what a row or an address holds."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import abort

from infra.settings import Settings, SettingsError
from services.access import allow
from services.app import create_app
from services.logs import ACCESS, LineFormatter, TextFormatter, log_to_stderr
from services.telemetry.requests import request_correlation
from tests.support.cast import parts_on
from tests.support.database import Database

Lines = Callable[[], list[dict[str, Any]]]


@contextmanager
def written(name: str, formatter: logging.Formatter) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logger = logging.getLogger(name)
    before, logger.level = logger.level, logging.INFO
    logger.addHandler(handler)
    try:
        yield stream
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_says_when_how_grave_who_and_what(caplog: pytest.LogCaptureFixture) -> None:
    with written("beffroi.test", LineFormatter("work")) as stream:
        logging.getLogger("beffroi.test").warning("%s waits", "judge", extra={"tenant": "commune:38185"})
    (line,) = lines(stream)
    assert line["time"].endswith("+00:00")
    del line["time"], line["pid"]
    assert line == {
        "level": "warning",
        "logger": "beffroi.test",
        "message": "judge waits",
        "process": "work",
        "thread": "MainThread",
        "tenant": "commune:38185",
    }


@pytest.mark.parametrize("formatter", [LineFormatter("work"), TextFormatter()], ids=["json", "text"])
def test_an_exception_is_told_without_the_row_that_it_quotes(
    database: Database, formatter: logging.Formatter
) -> None:
    with database.connect() as owner, written("beffroi.test", formatter) as stream:
        owner.execute("create temporary table person (name text primary key)")
        owner.execute("insert into person values ('Lefèvre')")
        try:
            try:
                owner.execute("insert into person values ('Lefèvre')")
            except psycopg.Error as error:
                raise LookupError("it was there") from error
        except LookupError:
            logging.getLogger("beffroi.test").exception("not kept")
    said = stream.getvalue()
    assert "Lefèvre" not in said
    assert "duplicate key value violates unique constraint" in said
    assert "test_logs.py" in said


def test_the_fields_of_an_exception_are_type_message_places_and_cause() -> None:
    with written("beffroi.test", LineFormatter("work")) as stream:
        try:
            try:
                int("x")
            except ValueError as error:
                raise RuntimeError("no number") from error
        except RuntimeError:
            logging.getLogger("beffroi.test").exception("failed")
    (line,) = lines(stream)
    assert line["error"]["type"] == "builtins.RuntimeError"
    assert line["error"]["message"] == "RuntimeError: no number"
    assert len(line["error"]["where"]) == 1
    assert line["error"]["cause"]["type"] == "builtins.ValueError"
    assert "exc_info" not in line


def test_each_request_is_one_line_with_the_route_and_not_the_address(database: Database) -> None:
    with (
        parts_on(database) as parts,
        written(ACCESS, LineFormatter("web", request_correlation)) as access,
        written("services.app", LineFormatter("web", request_correlation)) as errors,
    ):
        app = create_app(parts)

        @app.get("/fragile/<word>")
        @allow(public=True)
        def fragile(word: str) -> str:
            if word == "absent":
                abort(404)
            raise RuntimeError("something broke")

        client = app.test_client()
        client.get("/health/live?name=Lefèvre", headers={"X-Request-Id": "abc-1"})
        client.get("/fragile/Lefèvre")
        client.get("/fragile/absent")
        client.get("/nowhere/Lefèvre")
        client.open("/health/live", method="BREW")
    said = lines(access)
    assert [(line["method"], line["route"], line["status"]) for line in said] == [
        ("GET", "/health/live", 200),
        ("GET", "/fragile/<word>", 500),
        ("GET", "/fragile/<word>", 404),
        ("GET", "none", 404),
        ("OTHER", "none", 405),
    ]
    assert said[0]["correlation"] == "abc-1"
    assert all(line["milliseconds"] >= 0 and line["correlation"] for line in said)
    (error,) = lines(errors)
    assert error["correlation"] == said[1]["correlation"]
    assert error["error"]["message"] == "RuntimeError: something broke"
    assert "Lef" not in access.getvalue() + errors.getvalue()


def test_lines_are_json_unless_somebody_reads_them(monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    before = {name: logging.getLogger(name).level for name in ("alembic", "psycopg.pool", "kafka", ACCESS)}

    def formatter(**environ: str) -> logging.Formatter | None:
        root.handlers.clear()
        log_to_stderr("web", Settings.from_environ(environ))
        return root.handlers[0].formatter

    try:
        assert isinstance(formatter(), LineFormatter)
        assert isinstance(formatter(BEFFROI_LOG="text"), TextFormatter)
        assert isinstance(formatter(BEFFROI_DEMO="1"), TextFormatter)
        assert logging.getLogger(ACCESS).level == logging.WARNING
        assert isinstance(formatter(BEFFROI_DEMO="1", BEFFROI_LOG="json"), LineFormatter)
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BEFFROI_LOG", "xml"),
        ("BEFFROI_METRICS", "0"),
        ("BEFFROI_METRICS", "host"),
        ("BEFFROI_METRICS", "a:70000"),
    ],
)
def test_a_setting_that_cannot_be_read_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_environ({name: value})


@pytest.mark.parametrize(
    ("value", "address"),
    [("9101", ("127.0.0.1", 9101)), ("10.0.0.7:9101", ("10.0.0.7", 9101)), ("[::1]:9101", ("::1", 9101))],
)
def test_metrics_listen_on_loopback_unless_told_otherwise(value: str, address: tuple[str, int]) -> None:
    assert Settings.from_environ({"BEFFROI_METRICS": value}).metrics == address
    assert Settings(data=Path("x")).metrics is None
