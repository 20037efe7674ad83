"""Steps of tests over the API about tariffs: answers that must be right, and a convention to work on."""

from typing import Any

from tests.support.api import Caller, Served, declaration, grid
from tests.support.cast import SIREN


def ok(answer: Any, status: int = 200) -> Any:
    """The answer's JSON."""
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.json


def problem(answer: Any, status: int, code: str) -> Any:
    """The problem's JSON."""
    assert (answer.status_code, answer.json["code"]) == (status, code), answer.get_data(as_text=True)
    return answer.json


def cell(monthly: str = "47.80", **other: Any) -> dict[str, Any]:
    """A cell for all ages."""
    return {"formula": "N1", "age_from": 0, "age_to": None, "monthly": monthly, **other}


def confirmed(here: Served, town: Caller | None = None, code: str = "38185", **terms: Any) -> str:
    """A confirmed convention with a first grid; its id."""
    within = f"/v1/communes/{code}/accords/{SIREN}/conventions"
    convention = str(ok(here.insurer.post(within, declaration(**terms)), 201)["id"])
    ok((town or here.town).post(f"{within}/{convention}/confirmation"))
    ok(here.insurer.post(f"{within}/{convention}/grids", grid("g1", "2024-10-01", "47.80")), 201)
    here.follow()
    return convention
