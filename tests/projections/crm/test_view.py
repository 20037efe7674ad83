"""The CRM view: contracts in one table, persons in others, found by the beginning of any word of their name."""

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from domain.events import Event, personal_fields
from projections.crm.view import MEMBER, MEMBER_PERSON, VIEW, WORD_PERSON, number_key
from tests.support import facts
from tests.support.facts import Tables, fact, shown
from tests.support.golden import seal
from tests.support.samples import JOINED, LEFT

WHOSE = {"tenant": facts.TENANT, "owner": facts.INSURER}


def members(*events: tuple[Event, str, int]) -> Tables:
    """The tables after events of members, by key and version."""
    return shown(
        VIEW,
        *(
            fact(event, key, version=version, position=place, owner=facts.INSURER)
            for place, (event, key, version) in enumerate(events, 1)
        ),
    )


def test_a_contract_is_shown_with_its_price_and_where_it_comes_from() -> None:
    assert members((JOINED, "m1", 1)).only(MEMBER) == {
        **WHOSE,
        "id": "m1",
        "number": "AB-00042",
        "number_key": "ab00042",
        "convention": "c1",
        "joined_on": date(2026, 4, 1),
        "left_on": None,
        "left_reason": None,
        "formula": "N1",
        "category": "general",
        "birth_year": 1954,
        "sex": "F",
        "price": 4780,
        "grid": "2026",
        "cell_from": 50,
        "cell_to": 64,
        "version": 1,
        "position": 1,
    }


def test_a_person_is_shown_with_a_key_to_sort_by() -> None:
    assert members((JOINED, "m1", 1)).only(MEMBER_PERSON) == {
        **WHOSE,
        "id": "m1",
        "sort_key": "lefevre henaff oenone",
        "family_name": "Lefèvre-Hénaff",
        "given_name": "Œnone",
        "birth_date": date(1954, 5, 2),
        "email": "oenone@exemple.example",
        "phone": "+33 1 99 00 12 34",
    }


def test_a_person_is_found_by_every_word_of_the_name_once() -> None:
    twice = replace(JOINED, family_name="Martin-Martin", given_name="Martin")
    tables = members((JOINED, "m1", 1), (twice, "m2", 1))
    assert [(row["id"], row["word"]) for row in tables.all(WORD_PERSON)] == [
        ("m1", "lefevre"),
        ("m1", "henaff"),
        ("m1", "oenone"),
        ("m2", "martin"),
    ]


@pytest.mark.parametrize(
    ("number", "key"), [("AB-00042", "ab00042"), ("ab 00042", "ab00042"), ("", ""), ("É.7", "e7")]
)
def test_a_number_is_found_by_its_letters_and_digits(number: str, key: str) -> None:
    assert number_key(number) == key


def test_who_has_no_number_has_no_key_of_one() -> None:
    row = members((replace(JOINED, number=None), "m1", 1)).only(MEMBER)
    assert (row["number"], row["number_key"]) == (None, None)


def test_who_left_stays_in_the_file() -> None:
    tables = members((JOINED, "m1", 1), (JOINED, "m2", 1), (LEFT, "m1", 2))
    left, stayed = tables.all(MEMBER)
    assert (left["left_on"], left["left_reason"], left["version"]) == (date(2027, 3, 31), "moved", 2)
    assert (stayed["left_on"], stayed["version"]) == (None, 1)
    assert len(tables.all(MEMBER_PERSON)) == 2


def test_who_was_forgotten_keeps_a_contract_without_a_name() -> None:
    tables = members((seal(JOINED), "m1", 1), (LEFT, "m1", 2))
    assert tables.only(MEMBER)["left_on"] == date(2027, 3, 31)
    assert tables.all(MEMBER_PERSON) == tables.all(WORD_PERSON) == []


def test_nothing_personal_is_outside_the_tables_of_persons() -> None:
    tables = members((JOINED, "m1", 1), (LEFT, "m1", 2))
    personal: set[Any] = {getattr(JOINED, field) for field in personal_fields(type(JOINED))}
    for table in VIEW.tables:
        if not table.name.endswith("_person"):
            for row in tables.all(table):
                assert not personal & set(row.values())
