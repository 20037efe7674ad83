"""The shapes of the directory: communes, the places that lead to them, and the vintage they belong to.

Codes are text everywhere: INSEE codes have five characters, leading zeros and `2A`/`2B` included.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from domain.tenancy import is_commune_code


class Area(NamedTuple):
    """A department or a region by its INSEE code, an intercommunality by its SIREN."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune that exists in the loaded vintage."""

    code: str
    name: str
    department: Area
    region: Area
    epci: Area | None  # none on four islands and overseas
    siren: str | None
    population: int | None  # none where INSEE publishes no figure, which is not 0
    postcodes: tuple[str, ...]


class PartKind(StrEnum):
    """Why a code or name that is not a commune's own leads to that commune."""

    DELEGATED = "delegated"  # commune déléguée of a commune nouvelle
    ASSOCIATED = "associated"  # commune associée since a merger of the 1970s
    FORMER = "former"  # merged or renumbered; the source gives no name
    ARRONDISSEMENT = "arrondissement"  # municipal: Paris, Lyon, Marseille


@dataclass(frozen=True, slots=True)
class Part:
    """A former commune or a municipal arrondissement, and the commune that answers for it today.

    The delegated commune at the seat of a commune nouvelle has the code of the commune itself.
    """

    code: str
    name: str | None
    kind: PartKind
    commune: str
    number: int | None = None  # of an arrondissement
    population: int | None = None
    postcodes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Vintage:
    """Which edition of the official geographic code this is; it is in force from 1 January of `year`."""

    package: str
    version: str
    year: int | None  # none for a version that the package's own table does not list
    digest: str  # SHA-256 in hexadecimal of the data and of the way it is indexed


def as_commune_code(text: str) -> str | None:
    """`text` as an INSEE code, or None when it cannot be one. `2a004` becomes `2A004`."""
    code = text.strip().upper()
    return code if is_commune_code(code) else None
