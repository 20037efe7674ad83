"""What a grouping reads of all its communes at once: who is insurer where, and the last published count of members."""

from collections.abc import Mapping, Sequence

import msgspec

from projections.engine.reading import Reader
from projections.oversight.queries import FiguresRow

_FIGURES = """
select distinct on (tenant, owner) tenant, owner, month, on_day, members, by_age from {oversight}.figures
where tenant = any(%(tenants)s) and owner = any(%(owners)s) order by tenant, owner, month desc
"""


class InsurerName(msgspec.Struct, frozen=True):
    """How the insurer of a convention is called."""

    tenant: str
    owner: str
    id: str
    insurer_name: str


def insurer_names(
    reader: Reader, tenants: Sequence[str], owners: Sequence[str]
) -> Mapping[tuple[str, str, str], str]:
    """The names of insurers, by (tenant, owner, convention)."""
    rows = reader.rows(
        InsurerName,
        "select tenant, owner, id, insurer_name from {oversight}.convention"
        " where tenant = any(%(tenants)s) and owner = any(%(owners)s)",
        {"tenants": list(tenants), "owners": list(owners)},
    )
    return {(row.tenant, row.owner, row.id): row.insurer_name for row in rows}


def latest_figures(
    reader: Reader, tenants: Sequence[str], owners: Sequence[str]
) -> Mapping[tuple[str, str], FiguresRow]:
    """The last published month of each accord, by (tenant, owner); one without any is absent."""
    rows = reader.rows(FiguresRow, _FIGURES, {"tenants": list(tenants), "owners": list(owners)})
    return {(row.tenant, row.owner): row for row in rows}
