"""Breaches: recorded once with their evidence, under a key that is made from what they are about."""

from datetime import date
from typing import Any

import pytest
from msgspec.structs import asdict, replace

from domain.tariffs.breach import Breach, BrokenCell, breach_key
from domain.tenancy import is_key
from tests.support.cases import STREAM, given
from tests.support.samples import DETECTED

CELL = BrokenCell(formula="N1", category="general", role="adult", age_from=50, age_to=None)
ABOUT: dict[str, Any] = {
    "convention": "c1",
    "commitment": "cap",
    "grid": "2026",
    "cell": CELL,
    "from_on": date(2026, 1, 1),
}


def test_a_breach_is_recorded_with_its_evidence() -> None:
    envelope = ("originator_id", "originator_version", "timestamp")
    facts = {name: value for name, value in asdict(DETECTED).items() if name not in envelope}
    given().when(lambda _: Breach.detect(STREAM, **facts)).then(DETECTED)


def test_the_key_of_a_breach_is_the_same_for_ever() -> None:
    assert breach_key(**ABOUT) == "27d1f60b0670c0d2b047d68d327bb71c"
    assert breach_key(**{**ABOUT, "cell": None}) == "d2434b835c07eb9f38b5a89cf1dc47c1"
    assert is_key(breach_key(**ABOUT))


@pytest.mark.parametrize(
    "other",
    [
        {"convention": "c2"},
        {"commitment": "cap2"},
        {"grid": "2027"},
        {"cell": None},
        {"cell": replace(CELL, age_to=64)},
        {"cell": replace(CELL, category=None)},
        {"from_on": date(2026, 1, 2)},
        {"convention": 'c1","cap', "commitment": ""},
    ],
)
def test_breaches_of_other_things_have_other_keys(other: dict[str, Any]) -> None:
    assert breach_key(**{**ABOUT, **other}) != breach_key(**ABOUT)
