"""Money is exact: what float arithmetic gets wrong is right here, and what is not money is refused."""

from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import (
    Rounding,
    format_decimal,
    format_euros,
    french_euros,
    french_percent,
    parse_decimal,
    parse_euros,
    round_ratio,
    scale,
)


@given(st.integers(0, 10**14 - 1))
def test_an_amount_is_read_as_it_was_written(cents: int) -> None:
    assert parse_euros(format_euros(cents)) == cents


@pytest.mark.parametrize(
    "text",
    [
        "47.8", "47", "47.800", "47,80", "-47.80", "+47.80", "047.80", ".80", "4 7.80", " 47.80", "47.80\n", "4e1.00",
        "٤٧.٨٠", "", "1" * 13 + ".00", "47.80€",
    ],
)  # fmt: skip
def test_what_is_not_an_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        parse_euros(text)


@pytest.mark.parametrize(
    "text", ["3,5", "+3", "03", "3.", ".5", "3 %", "1/3", "1e3", "nan", "inf", "--3", "", "3\n", "٣"]
)
def test_what_is_not_a_decimal_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a decimal"):
        parse_decimal(text)


def test_a_decimal_number_is_exact() -> None:
    assert parse_decimal("2.05") == Fraction(205, 100)
    assert parse_decimal("-0.4") == Fraction(-2, 5)
    assert parse_decimal("0.1") + parse_decimal("0.2") == parse_decimal("0.3")


@pytest.mark.parametrize(
    ("cents", "percent", "half_up", "floor"),
    [
        (3186, "3", 3282, 3281),
        (1050, "3", 1082, 1081),
        (3350, "3", 3451, 3450),
        (4780, "3", 4923, 4923),
        (10393, "3", 10705, 10704),
        (1604, "3", 1652, 1652),
        (6673, "3", 6873, 6873),
    ],
)
def test_half_a_cent_goes_up_and_floor_leaves_it_out(
    cents: int, percent: str, half_up: int, floor: int
) -> None:
    ratio = (1 + parse_decimal(percent) / 100).as_integer_ratio()
    assert scale(cents, ratio) == half_up
    assert scale(cents, ratio, Rounding.FLOOR) == floor


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**6))
def test_half_up_is_away_from_zero_also_below_it(numerator: int, denominator: int) -> None:
    exact = Fraction(numerator, denominator)
    rounded = round_ratio(numerator, denominator)
    assert abs(exact - rounded) <= Fraction(1, 2)
    if abs(exact - rounded) == Fraction(1, 2):
        assert abs(rounded) > abs(exact)


@given(st.integers(-(10**6), 10**6))
def test_rounding_agrees_with_the_decimals_of_the_library(thousandths: int) -> None:
    amount = Decimal(thousandths).scaleb(-1)
    assert round_ratio(thousandths, 10) == int(amount.quantize(Decimal(1), ROUND_HALF_UP))
    assert round_ratio(thousandths, 10, Rounding.FLOOR) == int(amount.quantize(Decimal(1), ROUND_FLOOR))


def test_a_percentage_is_reported_with_two_decimals() -> None:
    assert format_decimal(Fraction(1899400, 1832980) * 100 - 100) == "3.62"
    assert format_decimal(Fraction(-5, 1000)) == "-0.01"
    assert format_decimal(Fraction(3)) == "3.00"
    assert format_decimal(Fraction(5, 2), 0) == "3"


def test_money_and_percentages_are_written_as_french_readers_expect() -> None:
    assert french_euros(4780) == "47,80\u202f€"
    assert french_euros(-1) == "-0,01\u202f€"
    assert french_euros(123456789) == "1\u202f234\u202f567,89\u202f€"
    assert french_euros(100000) == "1\u202f000,00\u202f€"
    assert french_percent(Fraction(3)) == "3\u202f%"
    assert french_percent(Fraction(205, 100)) == "2,05\u202f%"
    assert french_percent(Fraction(100)) == "100\u202f%"
