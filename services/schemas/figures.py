"""Kinds of values that tariffs are judged on: percentages, factors, announced rises, instants that come in."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, cast

from domain.money import parse_decimal
from services.schemas.fields import Instant, Value
from services.schemas.text import LINE, fault_in, settle

_DECIMAL: Final = r"-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,12})?"
_MOST_FORMULAS: Final = 100
_ANY: Final = cast("tuple[str, str | None]", (None, None))
"""The type of a value that may be of several."""


class DecimalText(Value[str]):
    """A decimal number as a text, exact."""

    expected = 'a decimal number as a text, such as "2.05"'
    pattern = _DECIMAL

    def read(self, value: object) -> str | None:
        """The number as written."""
        return value if isinstance(value, str) and _is_decimal(value) else None


class DeclaredRises(Value[str | dict[str, str]]):
    """The announced rise in percent: one for the grid, or one for each formula."""

    openapi = _ANY
    expected = 'a percentage as a text, such as "2.9", or an object of one for each formula'

    def read(self, value: object) -> str | dict[str, str] | None:
        """The rate, or the rates."""
        if isinstance(value, str):
            return value if _is_decimal(value) else None
        if not isinstance(value, Mapping) or not 0 < len(value) <= _MOST_FORMULAS:
            return None
        rates = {
            settle(name): rate
            for name, rate in value.items()
            if isinstance(name, str) and fault_in(settle(name), LINE) is None
            if isinstance(rate, str) and _is_decimal(rate)
        }
        return rates if len(rates) == len(value) else None


class Factor(Value[tuple[str, str]]):
    """What a limit is multiplied by: the first number divided by the second."""

    openapi = ("array", None)
    expected = 'two decimal numbers as texts, such as ["1.1532", "1.1327"]'

    def read(self, value: object) -> tuple[str, str] | None:
        """The two numbers as written."""
        if not isinstance(value, list | tuple) or len(value) != 2:
            return None
        above, below = value
        whole = all(isinstance(part, str) and _is_decimal(part) for part in (above, below))
        return (above, below) if whole else None


class Moment(Instant):
    """An instant that comes in."""

    expected = 'an instant with its zone, such as "2026-02-02T00:00:00Z"'

    def read(self, value: object) -> datetime | None:
        """The instant in UTC."""
        if not isinstance(value, str) or not value.isascii() or len(value) > LINE:
            return None
        try:
            # In an address a plus is a space.
            instant = datetime.fromisoformat(value.replace(" ", "+"))
            return instant.astimezone(UTC) if instant.tzinfo is not None else None
        except (ValueError, OverflowError):
            return None


def _is_decimal(text: str) -> bool:
    try:
        parse_decimal(text)
    except ValueError:
        return False
    return True
