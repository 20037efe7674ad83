"""Forms keep what was typed, say what to do beside each field, and one submit is one act."""

from datetime import date, time

import pytest

from domain.refusal import Refused
from services.schemas.membership import MemberGiven
from services.web.forms import Entry, Form, WrongValueError, cents, day, hour, one_of, text, whole


@pytest.mark.parametrize("typed", ["2026-11-25", "25/11/2026", "25.11.2026", "25-11-2026"])
def test_a_day_is_read_as_browsers_and_people_write_it(typed: str) -> None:
    assert day(typed) == date(2026, 11, 25)


@pytest.mark.parametrize("typed", ["31/02/2026", "11/25/2026", "demain", "25/11/26", "01/01/0026"])
def test_what_is_no_day_is_refused(typed: str) -> None:
    with pytest.raises(WrongValueError):
        day(typed)


@pytest.mark.parametrize(
    ("typed", "read"),
    [("9:30", time(9, 30)), ("9 h 30", time(9, 30)), ("14h", time(14)), ("09:30:00", time(9, 30))],
)
def test_an_hour_is_read_as_people_write_it(typed: str, read: time) -> None:
    assert hour(typed) == read


@pytest.mark.parametrize(
    ("typed", "read"),
    [("49,74", 4974), ("49.7", 4970), ("1 049 €", 104900), ("0", 0), ("1\u202f234,50\u00a0€", 123450)],
)
def test_money_is_exact(typed: str, read: int) -> None:
    assert cents(typed) == read


@pytest.mark.parametrize("typed", ["-1", "1,234", "1e3", "", "٣"])
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(WrongValueError):
        cents(typed)


def test_a_text_holds_no_social_security_number_and_is_not_endless() -> None:
    assert text("  Mairie,\n salle 2 ") == "Mairie, salle 2"
    with pytest.raises(WrongValueError, match="sécurité sociale"):
        text("2 54 05 38 185 001 42")
    with pytest.raises(WrongValueError, match="200"):
        text("a" * 201)


def test_every_mistake_is_told_at_once_and_what_was_typed_is_kept() -> None:
    form = Form.sent({"age": "x", "kind": "z", "name": " Anne "})
    values = form.read(
        [
            Entry("name", text, "Écrivez le nom."),
            Entry("age", whole(0, 120), "Écrivez l’âge.", "Écrivez un nombre."),
            Entry("kind", one_of(["a"]), "Choisissez.", "Choisissez dans la liste."),
            Entry("other", text, "Écrivez l’autre."),
            Entry("free", text),
        ]
    )
    assert form.errors == {
        "age": "Écrivez un nombre.",
        "kind": "Choisissez dans la liste.",
        "other": "Écrivez l’autre.",
    }
    assert values == {"name": "Anne", "age": None, "kind": None, "other": None, "free": None}
    assert form.value("age") == "x"


def test_a_token_survives_the_way_back_and_a_forged_one_does_not() -> None:
    first = Form()
    assert Form.sent({"token": first.token}).token == first.token
    assert Form.sent({"token": "../x"}).token != "../x"


def test_a_refusal_stands_beside_its_field_or_above_the_form() -> None:
    form = Form.sent({"left_on": "2026-01-01"})
    form.refuse(Refused("left-before-joining", "…", path="$.left_on", joined_on=date(2026, 2, 1)))
    form.refuse(Refused("convention-not-confirmed", "…"))
    assert "01/02/2026" in form.errors["left_on"]
    assert len(form.general) == 1


def test_a_page_takes_nothing_that_the_api_refuses() -> None:
    typed = {
        "family_name": "x" * 101,
        "given_name": "A",
        "formula": "N1",
        "joined_on": "…",
        "birth_date": "…",
    }
    form = Form.sent(typed)
    form.agree(
        MemberGiven(),
        {
            **typed,
            "joined_on": date(2026, 4, 1),
            "birth_date": date(1954, 5, 2),
            "convention": "c1",
            "sex": None,
        },
    )
    assert list(form.errors) == ["family_name"]
