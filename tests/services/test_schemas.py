"""Schemas take exactly what their commands take; values are read strictly from JSON and kindly from forms."""

from datetime import date, time
from typing import Any

import msgspec
import pytest
from marshmallow import Schema

from services.commands.tariffs import GivenCell
from services.schemas import cases, membership, office_hours, partnerships, tariffs, terms
from services.schemas.faults import InvalidInputError
from services.schemas.fields import Clock, Day, Email, Euros, Flag, Key, Month, Phone, Text, Whole
from services.schemas.reading import CommandGiven, PartGiven, read_form, read_json
from services.schemas.text import fault_in, holds_nir, settle


def every(base: type[Schema]) -> list[Any]:
    return [each for kind in base.__subclasses__() for each in (kind, *every(kind))]


def test_the_commands_that_come_in_are_all_known_here() -> None:
    for module in (cases, membership, office_hours, partnerships, tariffs):
        assert any(each.__module__ == module.__name__ for each in every(CommandGiven))


@pytest.mark.parametrize("schema", every(CommandGiven), ids=lambda schema: schema.__name__)
def test_a_schema_has_the_fields_of_its_command(schema: type[CommandGiven]) -> None:
    compare(schema(), schema.command, schema.from_route)


@pytest.mark.parametrize("schema", every(PartGiven), ids=lambda schema: schema.__name__)
def test_a_part_has_the_fields_of_its_struct(schema: type[PartGiven]) -> None:
    compare(schema(), schema.makes, frozenset())


def compare(schema: Schema, struct: type[msgspec.Struct], settled: frozenset[str]) -> None:
    wanted = {field.name: field for field in msgspec.structs.fields(struct) if field.name not in settled}
    assert set(schema.fields) == set(wanted)
    assert settled <= set(struct.__struct_fields__)
    for name, field in schema.fields.items():
        assert field.required is wanted[name].required, name
        nullable = type(None) in getattr(wanted[name].type, "__args__", ())
        assert field.allow_none is nullable, name


class Everything(Schema):
    day = Day()
    month = Month()
    at = Clock()
    price = Euros()
    count = Whole(0, 100)
    flag = Flag()
    name = Text(10)
    clause = Text(50, lines=True)
    key = Key()
    email = Email()
    phone = Phone()


@pytest.mark.parametrize(
    ("field", "given", "read"),
    [
        ("day", "2026-02-28", date(2026, 2, 28)),
        ("month", "2026-02", "2026-02"),
        ("at", "09:30", time(9, 30)),
        ("at", "09:30:59", time(9, 30)),
        ("price", "1234.50", 123450),
        ("count", 0, 0),
        ("flag", True, True),
        ("name", "  e\u0301te\u0301  ", "été"),
        ("clause", "a\r\nb", "a\nb"),
        ("key", "a.b:c_d-1", "a.b:c_d-1"),
        ("email", "a.b+c@exemple.example", "a.b+c@exemple.example"),
        ("phone", "06 12 34 56 78", "06 12 34 56 78"),
    ],
)
def test_json_is_read(field: str, given: object, read: object) -> None:
    assert read_json(Everything(), {field: given}) == {field: read}


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("day", "20260228"),
        ("day", "2026-02-30"),
        ("day", "28/02/2026"),
        ("day", "0026-02-28"),
        ("day", "2026-02-28T00:00"),
        ("day", "٢٠٢٦-٠٢-٢٨"),
        ("month", "2026-13"),
        ("at", "24:00"),
        ("at", "9:30"),
        ("price", 47.8),
        ("price", 47),
        ("price", "47.8"),
        ("price", "47,80"),
        ("price", "-1.00"),
        ("price", "10000.00"),
        ("count", "1"),
        ("count", True),
        ("count", 101),
        ("count", 1.0),
        ("flag", 1),
        ("flag", "true"),
        ("name", 3),
        ("name", "a\nb"),
        ("name", "x" * 11),
        ("clause", "a\tb"),
        ("key", "a/b"),
        ("key", ""),
        ("email", "a@b"),
        ("email", "a b@c.example"),
        ("phone", "téléphone"),
        ("name", None),
        ("nothing", 1),
    ],
)
def test_json_that_means_something_else_is_refused(field: str, given: object) -> None:
    with pytest.raises(InvalidInputError) as wrong:
        read_json(Everything(), {field: given})
    assert [fault.path for fault in wrong.value.faults] == [f"$.{field}"]


@pytest.mark.parametrize(
    ("field", "given", "read"),
    [
        ("day", "28/2/2026", date(2026, 2, 28)),
        ("day", " 2026-02-28 ", date(2026, 2, 28)),
        ("price", "47,80", 4780),
        ("price", "1\u202f234,5 €", 123450),
        ("price", "47", 4700),
        ("count", "12", 12),
        ("flag", "on", True),
        ("flag", "0", False),
    ],
)
def test_a_form_is_read_as_people_write(field: str, given: str, read: object) -> None:
    assert read_form(Everything(), {field: given}) == {field: read}


def test_an_empty_field_of_a_form_is_an_absent_one() -> None:
    assert read_form(Everything(), {"day": "", "name": "  ", "count": "1"}) == {"count": 1}
    cells = [{"formula": "N1", "age_from": "0", "age_to": "", "monthly": "47,80"}]
    grid = read_form(tariffs.GridGiven(), {"id": "g1", "effective_on": "2026-10-01", "cells": cells})
    assert grid["cells"] == (GivenCell(formula="N1", age_from=0, monthly="47.80"),)
    with pytest.raises(InvalidInputError) as wrong:
        read_form(tariffs.GridGiven(), {"id": "g1", "cells": [{"formula": "N1", "monthly": "dear"}]})
    assert [(fault.path, fault.code) for fault in wrong.value.faults] == [
        ("$.effective_on", "required"),
        ("$.cells[0].age_from", "required"),
        ("$.cells[0].monthly", "invalid"),
    ]
    # A form is over when it was read: JSON after it is strict again.
    with pytest.raises(InvalidInputError):
        read_json(Everything(), {"count": "12"})


def test_a_list_that_is_too_long_is_refused_before_it_is_read() -> None:
    with pytest.raises(InvalidInputError) as wrong:
        read_json(tariffs.GridGiven(), {"id": "g", "effective_on": "2026-01-01", "cells": [{}] * 2001})
    assert [(fault.path, fault.expected) for fault in wrong.value.faults] == [
        ("$.cells", "a list of 1 to 2000")
    ]


def test_so_many_faults_are_told_and_no_more() -> None:
    with pytest.raises(InvalidInputError) as wrong:
        read_json(tariffs.GridGiven(), {"cells": [{}] * 500})
    assert len(wrong.value.faults) == 50


def test_an_unknown_key_is_named_safely() -> None:
    with pytest.raises(InvalidInputError) as wrong:
        read_json(Everything(), {"\ud800é]": 1, "x" * 300: 2})
    long, odd = (fault.path for fault in wrong.value.faults)
    assert odd == '$["\\\\ud800é]"]'
    assert len(long) < 70
    for fault in wrong.value.faults:
        fault.path.encode()


@pytest.mark.parametrize(
    "value",
    [
        {"a": 1.5},
        {"a": {"b": 1}},
        {"a": [[1]]},
        {"a\x00": 1},
        {"a": "\ud800"},
        dict.fromkeys(map(str, range(21)), 1),
    ],
)
def test_parameters_of_a_rule_hold_nothing_that_cannot_be_recorded(value: dict[str, object]) -> None:
    assert terms.Parameters().read(value) is None


def test_parameters_of_a_rule_may_be_days() -> None:
    assert terms.Parameters().read({"allowed_days": ["01-01"]}) == {"allowed_days": ["01-01"]}


def test_parameters_of_a_rule_may_be_tiers() -> None:
    tiers = {"tiers": [{"from_month": 0, "max_rise_percent": "0"}], "carry_over": True, "x": None}
    assert terms.Parameters().read(tiers) == tiers


@pytest.mark.parametrize(
    "text",
    [
        "185057800608491",
        "1850578006084",
        "1 85 05 78 006 084 91",
        "1-85-05-78-006-084/91",
        "n° 2 84 05 2A 006 084.",
        "１８５０５７８００６０８４",
        "1\u202f85\u00a005 78 006 084",
    ],
)
def test_a_social_security_number_is_seen_however_it_is_spaced(text: str) -> None:
    assert holds_nir(text)
    assert fault_in(settle(text), 100) == "social-security-number"


@pytest.mark.parametrize(
    "text",
    [
        "06 12 34 56 78",
        "+33 6 12 34 56 78",
        "35600000000048",
        "356000000",
        "12 rue du 8 mai 1945, 38000 Grenoble",
        "FR76 3000 6000 0112 3456 7890 189",
        "2026-03-16",
        "Salle 1, 2e étage, de 9 h 00 à 12 h 30",
        "délibération n° 2024-112",
    ],
)
def test_other_numbers_are_not_taken_for_one(text: str) -> None:
    assert not holds_nir(text)
    assert fault_in(settle(text), 100) is None
