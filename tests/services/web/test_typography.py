"""French print: spaces that do not break, money, days, hours and plurals."""

from datetime import UTC, date, datetime, time

import pytest
from jinja2 import Environment
from markupsafe import Markup

from services.web import typography as t

N, B = "\u202f", "\u00a0"


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("Vraiment ? Oui ; non !", f"Vraiment{N}? Oui{N}; non{N}!"),
        ("3 % et 49,74 €", f"3{N}% et 49,74{N}€"),
        ("Ainsi : voilà", f"Ainsi{B}: voilà"),
        ("« mot »", f"«{B}mot{B}»"),
        ("«mot»", f"«{B}mot{B}»"),
        ("l'art. 5 d'octobre", f"l’art.{B}5 d’octobre"),
        ("n° 12 à 10 h 30, 9 h", f"n°{B}12 à 10{B}h{B}30, 9{B}h"),
        ("dans 3 mois, 1 284 adhérents", f"dans 3{B}mois, 1{N}284 adhérents"),
        ("le 25 novembre 2026", f"le 25{B}novembre 2026"),
        ("03 53 01 18 76", "03 53 01 18 76"),
        ("https://exemple.fr/a?b=1;c", "https://exemple.fr/a?b=1;c"),
    ],
)
def test_spaces_and_apostrophes_are_those_of_french_print(typed: str, printed: str) -> None:
    assert t.fr(typed) == printed
    assert t.fr(t.fr(typed)) == printed


def test_markup_stays_markup() -> None:
    printed = t.fr(Markup("<b>a</b> : b"))
    assert printed == f"<b>a</b>{B}: b"
    assert isinstance(printed, Markup)


def test_money_is_exact_and_negatives_have_a_true_minus() -> None:
    assert t.eur(4974) == f"49,74{N}€"
    assert t.eur(123456700) == f"1{N}234{N}567,00{N}€"
    assert t.eur(-51) == f"−0,51{N}€"
    assert t.signed_eur(51) == f"+0,51{N}€"
    assert t.signed_eur(0) == f"0,00{N}€"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [(4923, 4974, f"+1,04{N}%"), (4974, 4923, f"−1,03{N}%"), (100, 100, f"0{N}%"), (0, 5, f"0{N}%")],
)
def test_a_rise_has_two_decimals_and_its_sign(before: int, after: int, said: str) -> None:
    assert t.rise(before, after) == said


def test_percentages_show_the_decimals_they_need() -> None:
    assert [t.percent(value) for value in ("3", "2.5", "2.05")] == [f"3{N}%", f"2,5{N}%", f"2,05{N}%"]


def test_days_months_and_hours() -> None:
    assert t.day(date(2026, 11, 25)) == "25/11/2026"
    assert t.long_day(date(2026, 11, 24)) == f"mardi 24{B}novembre 2026"
    assert t.long_day(date(2026, 12, 1)) == f"mardi 1<sup>er</sup>{B}décembre 2026"
    assert t.long_day(date(2026, 12, 1), weekday=False, year=False) == f"1<sup>er</sup>{B}décembre"
    assert t.month("2026-10") == "octobre 2026"
    assert t.short_month(date(2026, 10, 31)) == "oct. 26"
    assert t.hour(time(9, 12)) == f"9{B}h{B}12"
    assert t.hour(time(14)) == f"14{B}h"


def test_an_instant_is_told_in_paris_time() -> None:
    assert t.instant(datetime(2026, 6, 30, 22, 30, tzinfo=UTC)) == f"01/07/2026, 0{B}h{B}30"
    assert t.day(datetime(2026, 6, 30, 22, 30, tzinfo=UTC)) == "01/07/2026"


def test_the_french_plural_begins_at_two() -> None:
    assert [t.count(n, "commune") for n in (0, 1, 2, 1284)] == [
        f"0{B}commune", f"1{B}commune", f"2{B}communes", f"1{N}284{B}communes",
    ]  # fmt: skip
    assert t.count(2, "prix", "prix") == f"2{B}prix"
    assert [t.in_words(n) for n in (1, 9, 16, 17)] == ["un", "neuf", "seize", "17"]
    assert t.in_words(1, feminine=True) == "une"


def test_a_french_number_is_read_in_pairs_and_a_foreign_one_stays() -> None:
    assert t.phone("+33353011876") == f"03{B}53{B}01{B}18{B}76"
    assert t.phone("+3225551234") == "+3225551234"
    assert t.phone("03 53") == "03 53"


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (50, None, f"50{B}ans et plus"),
        (0, 49, f"moins de 50{B}ans"),
        (18, 29, f"18 à 29{B}ans"),
        (40, 40, f"40{B}ans"),
        (0, None, "tous âges"),
    ],
)
def test_age_brackets_in_words(first: int, last: int | None, said: str) -> None:
    assert t.ages(first, last) == said


def rendered(source: str, **values: object) -> str:
    made = Environment(extensions=[t.FrenchText], autoescape=True)
    return made.from_string(source).render(values)


def test_the_text_of_templates_is_typeset_and_values_are_not() -> None:
    assert rendered("<p>l'âge : {{ n }} mois ; {{ n }} %</p>", n="1 : 2") == (
        f"<p>l’âge{B}: 1 : 2{B}mois{N}; 1 : 2{N}%</p>"
    )


def test_coordinates_and_addresses_inside_tags_are_left_alone() -> None:
    source = '<svg viewBox="0 0 440 264"><path d="M46 143H299"/></svg>'
    source += '<a href="/a?b={{ n }}&amp;c" title="Prix : 3 %">1 284</a>'
    printed = rendered(source, n=1)
    assert 'viewBox="0 0 440 264"' in printed
    assert 'd="M46 143H299"' in printed
    assert 'href="/a?b=1&amp;c"' in printed
    assert f'title="Prix{B}: 3{N}%"' in printed
    assert f">1{N}284<" in printed
