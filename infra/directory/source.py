"""Reads the communes from the npm package `@etalab/decoupage-administratif`, and refuses what does not hold.

The package is INSEE's official geographic code with populations (INSEE), postcodes (La Poste) and
intercommunalities (DGCL), under the Licence Ouverte; its major version is the year.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec

from infra.directory.naming import LAYOUT
from infra.directory.records import Area, Commune, Part, PartKind, Vintage

PACKAGE = "@etalab/decoupage-administratif"
NODE_MODULES = Path(__file__).resolve().parents[2] / "node_modules"
"""Where `npm ci` puts the package in a checkout."""

_FILES = ("communes", "departements", "regions", "epci")
_YEAR = re.compile(r"^\| *(\d{4}) *\| *(\d+)\.\d+\.\d+ *\|", re.MULTILINE)
_NUMBER = re.compile(r" (\d{1,2})er? Arrondissement$")

_Code = Annotated[str, msgspec.Meta(pattern=r"^(?:[0-9]{2}|2[AB])[0-9]{3}$")]
_Postcode = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{5}$")]
_Siren = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{9}$")]
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
_Count = Annotated[int, msgspec.Meta(ge=0)]
_Shape = TypeVar("_Shape")


class SourceMissingError(Exception):
    """The package is not installed where it was looked for; the message says what to do."""


class SourceInvalidError(Exception):
    """The package is there but its data cannot be loaded; the message names the file and the fault."""


class _Current(msgspec.Struct, tag_field="type", tag="commune-actuelle"):
    code: _Code
    nom: _Name
    departement: str
    region: str
    siren: _Siren | None = None
    population: _Count | None = None
    postcodes: tuple[_Postcode, ...] = msgspec.field(default=(), name="codesPostaux")
    former: tuple[_Code, ...] = msgspec.field(default=(), name="anciensCodes")


class _Delegated(msgspec.Struct, tag_field="type", tag="commune-deleguee"):
    code: _Code
    nom: _Name
    seat: _Code = msgspec.field(name="chefLieu")


class _Associated(msgspec.Struct, tag_field="type", tag="commune-associee"):
    code: _Code
    nom: _Name
    seat: _Code = msgspec.field(name="chefLieu")


class _Arrondissement(msgspec.Struct, tag_field="type", tag="arrondissement-municipal"):
    code: _Code
    nom: _Name
    commune: _Code
    population: _Count | None = None
    postcodes: tuple[_Postcode, ...] = msgspec.field(default=(), name="codesPostaux")


class _Area(msgspec.Struct):
    code: str
    nom: _Name


class _Member(msgspec.Struct):
    code: _Code


class _Epci(msgspec.Struct):
    code: _Siren
    nom: _Name
    membres: tuple[_Member, ...]


class _Package(msgspec.Struct):
    name: str
    version: str


_Row = _Current | _Delegated | _Associated | _Arrondissement


@dataclass(frozen=True, slots=True)
class Directory:
    """Everything one vintage says: current communes, and the codes and names that lead to them."""

    communes: tuple[Commune, ...]
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """The package as it lies on disk: its vintage is known, its content is read only when asked for."""

    vintage: Vintage
    files: Mapping[str, bytes]

    def read(self) -> Directory:
        """The checked content. Raises SourceInvalidError."""
        rows = _decode(self.files, "communes", list[_Row])
        departments = _areas(_decode(self.files, "departements", list[_Area]), "departements")
        regions = _areas(_decode(self.files, "regions", list[_Area]), "regions")
        epcis = _epci_by_commune(_decode(self.files, "epci", list[_Epci]))
        current = [row for row in rows if isinstance(row, _Current)]
        communes = tuple(_commune(row, departments, regions, epcis) for row in current)
        codes = {commune.code for commune in communes}
        _refuse(_twice(commune.code for commune in communes), "communes.json: a commune twice")
        _refuse(epcis.keys() - codes, "epci.json: not a current commune")
        replaced = [old for row in current for old in row.former]
        _refuse(_twice(replaced), "communes.json: a former code with two successors")
        parts = tuple(_parts(rows))
        lost = {part.code for part in parts if part.commune not in codes}
        _refuse(lost, "communes.json: leads to no commune")
        _refuse(_twice(part.code for part in parts), "communes.json: a former code twice")
        renamed = {part.code for part in parts if part.code in codes and part.code != part.commune}
        _refuse(renamed, "communes.json: both a current and a former commune")
        return Directory(communes, parts)


def open_source(node_modules: Path) -> Source:
    """The package below a `node_modules` folder.

    Raises SourceMissingError when it is not there, SourceInvalidError when it is something else.
    """
    folder = node_modules / PACKAGE
    try:
        about = _decode({"package": (folder / "package.json").read_bytes()}, "package", _Package)
        files = {name: (folder / "data" / f"{name}.json").read_bytes() for name in _FILES}
    except FileNotFoundError as missing:
        raise SourceMissingError(
            f"The communes are not installed: {missing.filename} is missing. "
            f"Run `npm ci` in the project's folder; it brings {PACKAGE}."
        ) from missing
    digest = hashlib.sha256(str(LAYOUT).encode())
    for name in _FILES:
        digest.update(len(files[name]).to_bytes(8, "big"))
        digest.update(files[name])
    year = _year(folder / "README.md", about.version)
    return Source(Vintage(about.name, about.version, year, digest.hexdigest()), files)


def _year(readme: Path, version: str) -> int | None:
    """The year beside the same major version in the package's own table; only it says which year that is."""
    if not readme.is_file():
        return None
    years = {major: int(year) for year, major in _YEAR.findall(readme.read_text(encoding="utf-8"))}
    return years.get(version.partition(".")[0])


def _decode(files: Mapping[str, bytes], name: str, shape: type[_Shape]) -> _Shape:
    try:
        return msgspec.json.decode(files[name], type=shape)
    except msgspec.DecodeError as fault:
        raise SourceInvalidError(f"{name}.json: {fault}") from fault


def _areas(rows: Iterable[_Area], file: str) -> dict[str, Area]:
    areas = [Area(row.code, row.nom) for row in rows]
    _refuse(_twice(area.code for area in areas), f"{file}.json: a code twice")
    return {area.code: area for area in areas}


def _epci_by_commune(rows: Iterable[_Epci]) -> dict[str, Area]:
    members = [(member.code, Area(row.code, row.nom)) for row in rows for member in row.membres]
    _refuse(_twice(code for code, _ in members), "epci.json: a commune in two intercommunalities")
    return dict(members)


def _commune(
    row: _Current, departments: Mapping[str, Area], regions: Mapping[str, Area], epcis: Mapping[str, Area]
) -> Commune:
    try:
        department, region = departments[row.departement], regions[row.region]
    except KeyError as unknown:
        raise SourceInvalidError(f"communes.json: {row.code}: no department or region {unknown}") from unknown
    return Commune(
        row.code, row.nom, department, region, epcis.get(row.code), row.siren, row.population, row.postcodes
    )


def _parts(rows: Iterable[_Row]) -> Iterable[Part]:
    named: set[str] = set()
    former: dict[str, str] = {}
    for row in rows:
        if isinstance(row, _Current):
            former.update(dict.fromkeys(row.former, row.code))
            continue
        named.add(row.code)
        if isinstance(row, _Arrondissement):
            yield _arrondissement(row)
        else:
            kind = PartKind.DELEGATED if isinstance(row, _Delegated) else PartKind.ASSOCIATED
            # Where the list of old codes says otherwise (two communes, once a merger was undone), the seat
            # is right: it is the present state, the list replays old movements.
            yield Part(row.code, row.nom, kind, row.seat)
    for code, commune in former.items():
        if code not in named:
            yield Part(code, None, PartKind.FORMER, commune)


def _arrondissement(row: _Arrondissement) -> Part:
    number = _NUMBER.search(row.nom)
    if number is None:
        raise SourceInvalidError(f"communes.json: {row.code}: an arrondissement without number: {row.nom}")
    return Part(
        row.code,
        row.nom,
        PartKind.ARRONDISSEMENT,
        row.commune,
        number=int(number[1]),
        population=row.population,
        postcodes=row.postcodes,
    )


def _twice(codes: Iterable[str]) -> set[str]:
    seen: set[str] = set()
    return {code for code in codes if code in seen or seen.add(code)}  # type: ignore[func-returns-value]


def _refuse(codes: Iterable[str], fault: str) -> None:
    bad = sorted(codes)
    if bad:
        raise SourceInvalidError(f"{fault}: {', '.join(bad[:5])}{' …' if len(bad) > 5 else ''}")
