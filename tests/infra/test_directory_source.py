"""Reading the published communes: what is kept of them, and what is refused."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from infra.directory.records import Area, Commune, PartKind
from infra.directory.source import (
    NODE_MODULES,
    PACKAGE,
    Directory,
    SourceInvalidError,
    SourceMissingError,
    open_source,
)
from tests.support.communes import SMALL, write_package


@pytest.fixture(scope="module")
def real() -> Directory:
    return open_source(NODE_MODULES).read()


def by_code(directory: Directory, code: str) -> Commune:
    return next(commune for commune in directory.communes if commune.code == code)


def test_all_current_communes_are_read(real: Directory) -> None:
    assert len(real.communes) == 34_969
    assert len({commune.code for commune in real.communes}) == 34_969


def test_the_vintage_is_known_before_anything_is_read() -> None:
    vintage = open_source(NODE_MODULES).vintage
    assert (vintage.package, vintage.version, vintage.year) == (PACKAGE, "6.0.0", 2026)
    assert len(vintage.digest) == 64


def test_codes_stay_text_of_five_characters(real: Directory) -> None:
    assert {len(commune.code) for commune in real.communes} == {5}
    assert by_code(real, "01001").name == "L'Abergement-Clémenciat"
    assert by_code(real, "2A004").name == "Ajaccio"
    assert by_code(real, "2B033").name == "Bastia"


def test_a_commune_has_its_department_region_intercommunality_and_postcodes(real: Directory) -> None:
    grenoble = by_code(real, "38185")
    assert grenoble.department == Area("38", "Isère")
    assert grenoble.region == Area("84", "Auvergne-Rhône-Alpes")
    assert grenoble.epci == Area("200040715", "Grenoble-Alpes-Métropole")
    assert grenoble.siren == "213801855"
    assert grenoble.postcodes == ("38000", "38100")
    assert grenoble.population == 156_140


def test_what_is_not_published_is_unknown_and_not_zero(real: Directory) -> None:
    assert by_code(real, "98412").population is None
    assert by_code(real, "29155").epci is None
    assert sum(commune.population is None for commune in real.communes) == 6
    assert by_code(real, "55039").population == 0


def test_every_former_code_and_arrondissement_leads_to_a_commune(real: Directory) -> None:
    assert Counter(part.kind for part in real.parts) == {
        PartKind.FORMER: 2248,
        PartKind.DELEGATED: 2105,
        PartKind.ASSOCIATED: 471,
        PartKind.ARRONDISSEMENT: 45,
    }
    parts = {part.code: part for part in real.parts}
    assert (parts["74011"].name, parts["74011"].commune) == ("Annecy-le-Vieux", "74010")
    assert (parts["20004"].name, parts["20004"].commune) == (None, "2A004")
    assert (parts["75111"].number, parts["75111"].commune) == (11, "75056")
    assert parts["75116"].postcodes == ("75016", "75116")


def test_the_present_seat_beats_the_list_of_old_movements(real: Directory) -> None:
    parts = {part.code: part.commune for part in real.parts}
    assert parts["55273"] == "55386"
    assert parts["60455"] == "60694"


def test_a_missing_package_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(SourceMissingError, match="Run `npm ci`"):
        open_source(tmp_path)


def test_a_small_package_is_read_whole(tmp_path: Path) -> None:
    directory = open_source(write_package(tmp_path)).read()
    assert [commune.code for commune in directory.communes] == ["01001", "01002", "2A001"]
    assert [part.code for part in directory.parts] == ["01002", "01003", "01099"]


def test_the_digest_follows_the_data_and_nothing_else(tmp_path: Path) -> None:
    first = open_source(write_package(tmp_path / "a")).vintage
    same = open_source(write_package(tmp_path / "b", version="7.0.0")).vintage
    other = open_source(write_package(tmp_path / "c", **changed("communes", 0, nom="Autre"))).vintage
    assert first.digest == same.digest
    assert first.digest != other.digest


def test_the_year_of_a_version_that_the_package_does_not_list_is_unknown(tmp_path: Path) -> None:
    folder = write_package(tmp_path, version="7.0.1")
    assert open_source(folder).vintage.year is None
    (folder / PACKAGE / "README.md").write_text("| 2027  | 7.0.0   |\n")
    assert open_source(folder).vintage.year == 2027


def changed(file: str, row: int, **fields: Any) -> dict[str, Any]:
    rows = json.loads(json.dumps(SMALL[file]))
    rows[row] = {name: value for name, value in (rows[row] | fields).items() if value is not None}
    return {file: rows}


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        (changed("communes", 0, code="1001"), "communes.json: .*regex"),
        (changed("communes", 0, code=1001), "communes.json: .*str"),
        (changed("communes", 0, nom=""), "communes.json: "),
        (changed("communes", 0, nom=None), "communes.json: .*nom"),
        (changed("communes", 0, type="canton"), "communes.json: "),
        (changed("communes", 0, population=-1), "communes.json: "),
        (changed("communes", 0, population=1.5), "communes.json: "),
        (changed("communes", 0, codesPostaux=["1400"]), "communes.json: "),
        (changed("communes", 0, departement="99"), "01001: no department or region '99'"),
        (changed("communes", 0, region="99"), "01001: no department or region '99'"),
        (changed("communes", 0, code="01002"), "a commune twice: 01002"),
        (changed("communes", 0, anciensCodes=["01099"]), "two successors: 01099"),
        (changed("communes", 0, anciensCodes=["2A001"]), "both a current and a former commune: 2A001"),
        (changed("communes", 3, chefLieu="01098"), "leads to no commune: 01002"),
        (changed("communes", 3, code="01003"), "a former code twice: 01003"),
        (changed("epci", 0, membres=[{"code": "01098"}]), "not a current commune: 01098"),
        (changed("epci", 0, membres=[{"code": "01001"}] * 2), "two intercommunalities: 01001"),
        (changed("epci", 0, code="12"), "epci.json: "),
        ({"communes": {"broken": True}}, "communes.json: "),
    ],
)
def test_data_that_does_not_hold_is_refused(tmp_path: Path, files: dict[str, Any], fault: str) -> None:
    with pytest.raises(SourceInvalidError, match=fault):
        open_source(write_package(tmp_path, **files)).read()


def test_an_arrondissement_without_number_is_refused(tmp_path: Path) -> None:
    row = {"code": "01201", "nom": "Le Centre", "commune": "01001", "type": "arrondissement-municipal"}
    with pytest.raises(SourceInvalidError, match="without number: Le Centre"):
        open_source(write_package(tmp_path, communes=[*SMALL["communes"], row])).read()


def test_a_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    folder = write_package(tmp_path)
    (folder / PACKAGE / "data" / "epci.json").write_text('[{"code": "2000')
    with pytest.raises(SourceInvalidError, match=r"epci\.json: "):
        open_source(folder).read()
