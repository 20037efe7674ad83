"""Which drawers a commune has, and which conventions wait for the town."""

from datetime import datetime

import msgspec

from projections.engine.reading import Reader


class AccordRow(msgspec.Struct, frozen=True, kw_only=True):
    """A convention's drawer; `state` is declared or confirmed."""

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


def waiting(reader: Reader, limit: int = 100) -> list[AccordRow]:
    """Conventions declared and not confirmed, the oldest first. For operators."""
    return reader.rows(
        AccordRow,
        f"select {_COLUMNS} from {{access}}.accord where state = 'declared' order by position limit %(limit)s",  # noqa: S608
        {"limit": limit},
    )
