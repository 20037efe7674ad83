"""Which drawers a commune has, and which conventions wait for the town."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from projections.engine.reading import Reader


class AccordRow(msgspec.Struct, frozen=True, kw_only=True):
    """A convention's drawer; `state` is declared, refused, confirmed or ended."""

    tenant: str
    owner: str
    convention: str
    siren: str
    insurer_name: str
    state: str
    declared_at: datetime


_COLUMNS = ", ".join(AccordRow.__struct_fields__)


def accords(reader: Reader, tenant: str) -> list[AccordRow]:
    """The drawers that insurers have in a commune, by name."""
    return reader.rows(
        AccordRow,
        f"select {_COLUMNS} from {{access}}.accord where tenant = %(tenant)s order by insurer_name, convention",  # noqa: S608
        {"tenant": tenant},
    )


def accord_owners(reader: Reader, tenants: Sequence[str]) -> list[str]:
    """The drawers that any insurer shares with any of these communes."""
    rows = reader.dicts(
        "select distinct owner from {access}.accord where tenant = any(%(tenants)s) order by owner",
        {"tenants": list(tenants)},
    )
    return [row["owner"] for row in rows]


def waiting(reader: Reader, limit: int = 100) -> list[AccordRow]:
    """Conventions declared and not confirmed, the oldest first. For operators."""
    return reader.rows(
        AccordRow,
        f"select {_COLUMNS} from {{access}}.accord where state = 'declared' order by position limit %(limit)s",  # noqa: S608
        {"limit": limit},
    )


def recognised(reader: Reader) -> list[AccordRow]:
    """Every convention that was confirmed, ended ones included. For the calendar: it reads across tenants."""
    return reader.rows(
        AccordRow,
        f"select {_COLUMNS} from {{access}}.accord where state in ('confirmed', 'ended') order by position",  # noqa: S608
    )


def every(reader: Reader) -> list[AccordRow]:
    """Every drawer that insurers have anywhere, by commune. For operators."""
    return reader.rows(
        AccordRow,
        f"select {_COLUMNS} from {{access}}.accord order by tenant, insurer_name, convention",  # noqa: S608
    )
