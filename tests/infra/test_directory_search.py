"""Finding a commune among all of them: however its name is typed, by its codes, and why it was found."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from infra.directory.load import load
from infra.directory.records import PartKind
from infra.directory.search import Hit, Reason, SearchResult, get, parts, resolve, search
from infra.directory.source import NODE_MODULES, open_source
from tests.support.database import VERSIONS, Cluster

Connection = psycopg.Connection[Any]


@pytest.fixture(scope="module", params=VERSIONS, ids=[f"postgresql-{version}" for version in VERSIONS])
def reader(request: pytest.FixtureRequest, clusters: Callable[[int], Cluster]) -> Iterator[Connection]:
    """A requesting connection to a database that holds every commune."""
    with clusters(request.param).database() as database:
        with database.connect() as owner:
            load(owner, open_source(NODE_MODULES))
        with database.connect("request") as connection:
            yield connection


def codes(result: SearchResult) -> list[str]:
    return [hit.commune.code for hit in result.hits]


def first(connection: Connection, text: str) -> Hit:
    return search(connection, text).hits[0]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("grenoble", "38185"),
        ("GRENOBLE", "38185"),
        ("greno", "38185"),
        ("Cachan", "94016"),
        ("Saint-Dizier", "52448"),
        ("saint dizier", "52448"),
        ("st dizier", "52448"),
        ("dizier saint", "52448"),
        ("Besançon", "25056"),
        ("besancon", "25056"),
        ("L'Haÿ-les-Roses", "94038"),
        ("L’HAY LES ROSES", "94038"),
        ("lhay les roses", "94038"),
        ("hay roses", "94038"),
        ("st etienne", "42218"),
        ("St-Étienne", "42218"),
        ("ste foy les lyon", "69202"),
        ("stes maries", "13096"),
        ("st", "67482"),
        ("Œuilly", "51410"),
        ("oeuilly", "51410"),
        ("havre", "76351"),
        ("chalon s saone", "71076"),
        ("y", "80829"),
        ("ajaccio", "2A004"),
        ("saint-denis 93", "93066"),
        ("Saint-Denis (974)", "97411"),
        ("38000 Grenoble", "38185"),
        ("Grenoble 38100", "38185"),
    ],
)
def test_a_name_is_found_however_it_is_typed(reader: Connection, text: str, code: str) -> None:
    assert first(reader, text).commune.code == code


def test_a_hit_carries_the_whole_commune_and_needs_no_explanation_when_its_name_was_typed(
    reader: Connection,
) -> None:
    hit = first(reader, "cachan")
    assert (hit.reason, hit.part, hit.matched) == (Reason.NAME, None, None)
    assert hit.commune.name == "Cachan"
    assert hit.commune.department == ("94", "Val-de-Marne")
    assert hit.commune.postcodes == ("94230",)
    assert hit.commune.population == 31_103


def test_communes_of_one_name_are_ranked_by_population_before_those_whose_name_only_begins_so(
    reader: Connection,
) -> None:
    result = search(reader, "chaumont")
    assert codes(result)[:5] == ["52121", "89093", "74065", "61103", "18060"]
    assert {hit.commune.name for hit in result.hits[:5]} == {"Chaumont"}
    others = [hit.commune.population or 0 for hit in result.hits[5:] if hit.reason is Reason.NAME]
    assert others == sorted(others, reverse=True)
    assert others[0] > 45


def test_a_department_or_postcode_beside_the_name_chooses_among_namesakes(reader: Connection) -> None:
    assert codes(search(reader, "chaumont 89"))[0] == "89093"
    assert codes(search(reader, "chaumont 52000")) == ["52121"]
    assert codes(search(reader, "ajaccio 2a")) == ["2A004"]
    assert codes(search(reader, "chaumont 75")) == []


def test_linking_words_alone_find_only_names_that_begin_with_them(reader: Connection) -> None:
    assert first(reader, "les").commune.name == "Les Abymes"
    assert first(reader, "sous").commune.name == "Soustons"
    assert first(reader, "rosny sous").commune.name == "Rosny-sous-Bois"
    assert "83126" in codes(search(reader, "sur mer"))


def test_names_told_apart_by_brackets_are_the_same_name(reader: Connection) -> None:
    assert codes(search(reader, "castillon"))[:5] == ["06036", "14140", "64181", "64182", "65135"]
    assert codes(search(reader, "bors")) == ["16052", "16053"]


@pytest.mark.parametrize(
    ("code", "name"),
    [("38185", "Grenoble"), ("01001", "L'Abergement-Clémenciat"), ("2B033", "Bastia"), ("2a004", "Ajaccio")],
)
def test_an_insee_code_finds_its_commune(reader: Connection, code: str, name: str) -> None:
    hit = first(reader, code)
    assert (hit.commune.name, hit.reason, hit.matched) == (name, Reason.CODE, code.upper())


def test_a_shared_postcode_offers_every_commune_by_population(reader: Connection) -> None:
    result = search(reader, "51800", limit=100)
    assert len(result.hits) == 44
    assert {hit.reason for hit in result.hits} == {Reason.POSTCODE}
    assert {hit.matched for hit in result.hits} == {"51800"}
    assert result.hits[0].commune.name == "Sainte-Menehould"
    populations = [hit.commune.population or 0 for hit in result.hits]
    assert populations == sorted(populations, reverse=True)


def test_what_is_both_a_code_and_a_postcode_offers_both_and_says_so(reader: Connection) -> None:
    hits = search(reader, "51300").hits
    assert (hits[0].commune.name, hits[0].reason) == ("Isle-sur-Marne", Reason.CODE)
    assert (hits[1].commune.name, hits[1].reason) == ("Vitry-le-François", Reason.POSTCODE)


@pytest.mark.parametrize(
    ("text", "commune", "part"),
    [
        ("Paris 11e", "75056", "75111"),
        ("paris 11", "75056", "75111"),
        ("Paris 11ème arrondissement", "75056", "75111"),
        ("11e arrondissement de Paris", "75056", "75111"),
        ("75111", "75056", "75111"),
        ("75011", "75056", "75111"),
        ("75011 Paris", "75056", "75111"),
        ("75116", "75056", "75116"),
        ("Paris 1er", "75056", "75101"),
        ("Paris 01", "75056", "75101"),
        ("Lyon 3", "69123", "69383"),
        ("lyon 3e", "69123", "69383"),
        ("69383", "69123", "69383"),
        ("Marseille 16e ardt", "13055", "13216"),
        ("13016", "13055", "13216"),
    ],
)
def test_an_arrondissement_leads_to_its_commune(
    reader: Connection, text: str, commune: str, part: str
) -> None:
    hit = next(hit for hit in search(reader, text).hits if hit.part)
    assert (hit.commune.code, hit.reason) == (commune, Reason.ARRONDISSEMENT)
    assert hit.part is not None
    assert (hit.part.code, hit.part.kind) == (part, PartKind.ARRONDISSEMENT)


@pytest.mark.parametrize("text", ["paris 21", "11e", "arrondissement"])
def test_an_arrondissement_that_does_not_exist_finds_nothing(reader: Connection, text: str) -> None:
    assert search(reader, text).hits == ()


def test_a_former_code_finds_its_successor_and_says_so(reader: Connection) -> None:
    (hit,) = search(reader, "74011").hits
    assert (hit.commune.code, hit.reason, hit.matched) == ("74010", Reason.FORMER_CODE, "74011")
    assert hit.part is not None
    assert (hit.part.name, hit.part.kind) == ("Annecy-le-Vieux", PartKind.DELEGATED)


def test_a_former_code_comes_after_the_postcodes_and_is_never_cut_off(reader: Connection) -> None:
    assert [(hit.commune.name, hit.reason) for hit in search(reader, "75011").hits] == [
        ("Paris", Reason.ARRONDISSEMENT),
        ("Bonneuil-sur-Marne", Reason.FORMER_CODE),
    ]
    postcode = "02300"
    assert resolve(reader, postcode) is not None
    result = search(reader, postcode, limit=5)
    assert result.more
    assert [hit.reason for hit in result.hits] == [Reason.POSTCODE] * 4 + [Reason.FORMER_CODE]


def test_a_former_name_finds_its_successor_and_says_so(reader: Connection) -> None:
    hit = first(reader, "annecy le vieux")
    assert (hit.commune.code, hit.reason) == ("74010", Reason.FORMER_NAME)
    assert hit.part is not None
    assert hit.part.name == "Annecy-le-Vieux"
    assert first(reader, "annecy").reason is Reason.NAME


def test_the_former_name_of_the_seat_itself_is_found(reader: Connection) -> None:
    hit = first(reader, "bellegarde sur valserine")
    assert (hit.commune.name, hit.reason) == ("Valserhône", Reason.FORMER_NAME)


def test_present_names_come_before_former_ones(reader: Connection) -> None:
    reasons = [hit.reason for hit in search(reader, "saint aubin", limit=100).hits]
    present = reasons.count(Reason.NAME)
    same = [hit for hit in search(reader, "saint aubin", limit=100).hits if hit.commune.name == "Saint-Aubin"]
    assert reasons[: len(same)] == [Reason.NAME] * len(same)
    assert present > len(same)


def test_a_commune_is_offered_once(reader: Connection) -> None:
    for text in ("annecy", "saint", "75116", "5", "val"):
        found = codes(search(reader, text, limit=100))
        assert len(found) == len(set(found))


def test_the_beginning_of_a_number_finds_postcodes_and_codes(reader: Connection) -> None:
    assert first(reader, "38").commune.code == "38185"
    assert first(reader, "3800").matched == "38000"
    assert {hit.commune.department.code for hit in search(reader, "2b").hits} == {"2B"}


def test_a_result_says_when_others_answer_too(reader: Connection) -> None:
    assert search(reader, "saint", limit=3).more
    assert len(search(reader, "saint", limit=3).hits) == 3
    assert not search(reader, "œuilly", limit=2).more


@pytest.mark.parametrize("limit", [0, -1, 101])
def test_a_limit_outside_1_to_100_is_refused(reader: Connection, limit: int) -> None:
    with pytest.raises(ValueError, match="1 to 100"):
        search(reader, "paris", limit)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "'-",
        "\x00",
        "%",
        "_____",
        "\\",
        "'; drop table directory.commune; --",
        "%s %(code)s {begun}",
        "\ud800",
        "a" * 500,
        "saint " * 83,
        "é" * 500,
        "0" * 500,
        "382000",
        "٣٨١٨٥",
        "²",
        "12 rue de la paix 75002 paris 3bis",
        "🏛",
    ],
)
def test_what_no_commune_can_answer_to_finds_nothing_and_harms_nothing(reader: Connection, text: str) -> None:
    assert search(reader, text) == SearchResult((), more=False)
    assert get(reader, text) is None
    assert resolve(reader, text) is None
    assert first(reader, "grenoble").commune.code == "38185"


def test_what_looks_like_sql_is_only_words(reader: Connection) -> None:
    assert search(reader, "' or 1=1; --") == search(reader, "or 1")
    assert codes(search(reader, "grenoble');--")) == ["38185"]


def test_a_code_is_the_key_of_a_present_commune_only(reader: Connection) -> None:
    grenoble = get(reader, "38185")
    assert grenoble is not None
    assert (grenoble.name, grenoble.population) == ("Grenoble", 156_140)
    assert get(reader, " 2a004 ") == get(reader, "2A004")
    assert get(reader, "74011") is None
    assert get(reader, "75111") is None
    assert get(reader, "99999") is None


def test_a_code_is_resolved_to_who_answers_for_it_today(reader: Connection) -> None:
    own, former, arrondissement, renumbered = (
        resolve(reader, code) for code in ("38185", "74011", "75111", "20004")
    )
    assert own
    assert (own.commune.code, own.via) == ("38185", None)
    assert former
    assert former.via
    assert (former.commune.code, former.via.name) == ("74010", "Annecy-le-Vieux")
    assert arrondissement
    assert arrondissement.commune.code == "75056"
    assert renumbered
    assert renumbered.via
    assert (renumbered.commune.code, renumbered.via.kind) == ("2A004", PartKind.FORMER)
    assert resolve(reader, "00000") is None


def test_a_commune_tells_what_leads_to_it(reader: Connection) -> None:
    assert [part.number for part in parts(reader, "69123") if part.number] == list(range(1, 10))
    assert "Annecy-le-Vieux" in [part.name for part in parts(reader, "74010")]
    assert parts(reader, "94016")[0].kind is PartKind.FORMER
    assert parts(reader, "nowhere") == ()


def test_the_rows_of_a_connection_may_have_any_shape(reader: Connection) -> None:
    shape, reader.row_factory = reader.row_factory, dict_row
    try:
        assert first(reader, "grenoble").commune.code == "38185"
        assert get(reader, "38185") is not None
        assert parts(reader, "74010")
    finally:
        reader.row_factory = shape


@pytest.mark.parametrize(
    "text",
    [
        "s",
        "a",
        "l",
        "d",
        "1",
        "le",
        "st",
        "saint",
        "saint m",
        "l d s",
        "saint 5",
        "grenoble",
        "38000",
        "75111",
    ],
)
def test_a_search_takes_less_than_20_milliseconds(reader: Connection, text: str) -> None:
    def measured() -> float:
        began = time.perf_counter()
        search(reader, text)
        return time.perf_counter() - began

    # The quickest of several: the machine may be busy with other tests.
    assert min(measured() for _ in range(12)) < 0.020
