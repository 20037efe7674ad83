"""The tables of a view: columns, key, indexes, and which audiences may read them.

Every table holds tenant and owner first and is under row-level security from the moment it exists.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final, Literal

import msgspec

Audience = Literal["organisation", "place", "place_any_owner", "operator"]
"""`organisation` reads by owner in every town, `place` by town and owner, `operator` what holds no secret.

`place_any_owner` lets a town read all drawers of its own commune: only for which drawers there are."""

TEXT: Final = 'text collate "C"'
BIGINT: Final = "bigint"
INTEGER: Final = "integer"
DATE: Final = "date"
TIME: Final = "time"
BOOLEAN: Final = "boolean"
INSTANT: Final = "timestamptz"
JSON: Final = "jsonb"
BYTES: Final = "bytea"

_JSON: Final = msgspec.json.Encoder(order="sorted")
_OWNERS: Final = "(select string_to_array(current_setting('beffroi.owners', true), ','))::text[]"
_TENANTS: Final = "(select string_to_array(current_setting('beffroi.tenants', true), ','))::text[]"
# The scalar sub-select is evaluated once per query; without it the setting is parsed for every row.
POLICIES: Final[Mapping[Audience, str]] = {
    "organisation": f"owner = any ({_OWNERS})",
    "place": f"tenant = any ({_TENANTS}) and owner = any ({_OWNERS})",
    "place_any_owner": f"tenant = any ({_TENANTS})",
    "operator": "true",
}


def json_text(value: object) -> str:
    """A value as canonical JSON, for a column of type JSON."""
    return _JSON.encode(value).decode()


class Table:
    """One table of a view.

    `columns` follow `tenant` and `owner`, which every table has. `key` are the columns of the primary key after those
    two, in `key_order` where searches want another order than that; `counters` are the columns that are only ever
    added to. `key_of` and `values_of` give a row's key and its
    values in the order of the columns.
    """

    def __init__(
        self,
        name: str,
        columns: Mapping[str, str],
        *,
        key: Sequence[str],
        readers: Sequence[Audience],
        indexes: Sequence[Sequence[str]] = (),
        counters: Sequence[str] = (),
        key_order: Sequence[str] | None = None,
    ) -> None:
        self.name = name
        self.columns: Mapping[str, str] = {"tenant": TEXT, "owner": TEXT, **columns}
        self.key = ("tenant", "owner", *key)
        self.readers = tuple(readers)
        self.indexes = tuple(tuple(index) for index in indexes)
        self.counters = tuple(counters)
        self.key_order = tuple(key_order or self.key)
        self.key_of: Callable[[Mapping[str, Any]], tuple[Any, ...]] = itemgetter(*self.key)
        self.values_of: Callable[[Mapping[str, Any]], tuple[Any, ...]] = itemgetter(*self.columns)
        self.others = tuple(column for column in self.columns if column not in self.key)

    def __repr__(self) -> str:
        return f"Table({self.name})"

    def type_of(self, column: str) -> str:
        """The SQL type of a column, without its collation."""
        return self.columns[column].split(" ", 1)[0]

    def create(self, schema: str) -> str:
        """The statements that make the table, its primary key, its policies and its grants in `schema`."""
        columns = ",\n  ".join(
            f"{name} {kind}{' not null' if name in self.key else ''}"
            f"{' not null default 0' if name in self.counters else ''}"
            for name, kind in self.columns.items()
        )
        lines = [
            f"create table {schema}.{self.name} (\n  {columns},\n  primary key ({', '.join(self.key_order)})\n)",
            f"alter table {schema}.{self.name} enable row level security",
        ]
        for audience in self.readers:
            role = f"beffroi_{audience.removesuffix('_any_owner')}"
            lines.append(
                f"create policy {audience} on {schema}.{self.name} for select to {role} using ({POLICIES[audience]})"
            )
            lines.append(f"grant select on {schema}.{self.name} to {role}")
        return ";\n".join(lines)

    def create_indexes(self, schema: str) -> list[str]:
        """The statements that make the other indexes; each may be repeated."""
        return [
            f"create index if not exists {self.name}_{number} on {schema}.{self.name} ({', '.join(index)})"
            for number, index in enumerate(self.indexes, 1)
        ]
