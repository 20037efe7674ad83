"""Where processes say what happens to them: one line an event, on the standard error stream.

Programs read JSON, people in a terminal plain text. Neither holds personal data: no query, no name, no quoted row.
"""

import logging
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final

from pythonjsonlogger.core import LogData
from pythonjsonlogger.msgspec import MsgspecFormatter

from infra.errors import described
from infra.settings import Settings

ACCESS: Final = "beffroi.access"
"""The logger of the lines that tell of one request each."""

_LONGEST: Final = 500
_CAUSES: Final = 4

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def log_to_stderr(
    process: str, settings: Settings, correlation: Callable[[], str | None] = lambda: None
) -> None:
    """Log from INFO on; libraries only what is wrong.

    `process` is the role of this one (web, work); `correlation` tells what a line belongs to, where something does.
    """
    text = settings.demo or sys.stderr.isatty() if settings.log is None else settings.log == "text"
    handler = logging.StreamHandler()
    handler.setFormatter(TextFormatter() if text else LineFormatter(process, correlation))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for library in ("alembic", "psycopg.pool", "kafka"):
        logging.getLogger(library).setLevel(logging.WARNING)
    # Whoever tries the demo reads the terminal for what goes wrong, not for each of his own clicks.
    logging.getLogger(ACCESS).setLevel(logging.WARNING if settings.demo else logging.INFO)


class LineFormatter(MsgspecFormatter):
    """One JSON object a line: time, level, logger, message, process, thread, correlation, what else is given, error."""

    def __init__(self, process: str, correlation: Callable[[], str | None] = lambda: None) -> None:
        super().__init__("%(message)s")
        self._process = process
        self._correlation = correlation

    def add_fields(
        self,
        log_data: LogData,
        record: logging.LogRecord,
        message_dict: dict[str, Any],  # noqa: ARG002 (the library's; nobody logs a dict for a message)
    ) -> None:
        """What the line says, in this order."""
        log_data["time"] = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        log_data["level"] = record.levelname.lower()
        log_data["logger"] = record.name
        log_data["message"] = record.message
        log_data["process"] = self._process
        log_data["pid"] = record.process
        log_data["thread"] = record.threadName
        correlation = self._correlation()
        if correlation is not None:
            log_data["correlation"] = correlation
        for name, value in record.__dict__.items():
            if name not in _USUAL:
                log_data[name] = value
        if record.exc_info and record.exc_info[1]:
            log_data["error"] = error_fields(record.exc_info[1])

    def formatException(self, ei: ExcInfo) -> str:  # noqa: ARG002, N802 (the library's name)
        """Nothing: the standard library's text quotes rows; `error` says what may be said."""
        return ""


class TextFormatter(logging.Formatter):
    """A line for people; an exception below it, without the rows that it quotes."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802 (the library's name)
        """Where it happened and what it was."""
        return "" if ei[1] is None else _as_text(error_fields(ei[1]))


def error_fields(error: BaseException, depth: int = 0) -> dict[str, Any]:
    """An exception as fields: type, first line, where it was raised (outermost call first) and its cause."""
    said = described(error).splitlines()
    fields: dict[str, Any] = {
        "type": f"{type(error).__module__}.{type(error).__qualname__}",
        "message": said[0][:_LONGEST] if said else "",
        "where": [
            f"{frame.filename}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)
        ],
    }
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and depth < _CAUSES:
        fields["cause"] = error_fields(cause, depth + 1)
    return fields


def _as_text(fields: dict[str, Any]) -> str:
    lines = [f"  {fields['message']}", *(f"    {place}" for place in fields["where"])]
    if "cause" in fields:
        lines += ["  because of", _as_text(fields["cause"])]
    return "\n".join(lines)


_USUAL: Final = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
