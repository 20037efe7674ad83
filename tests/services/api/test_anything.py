"""Whatever is sent, the API answers in its own words: no internal error, no page, no view stopped by it."""

from collections.abc import Iterator
from string import printable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.api import (
    CONVENTIONS,
    MEMBERS,
    Served,
    Walked,
    asking,
    counting,
    declaration,
    grid,
    joining,
    planning,
    referring,
    served,
)
from tests.support.cast import SIREN

TEXTS = st.one_of(
    st.text(max_size=30),
    st.text(printable, max_size=30),
    st.sampled_from(
        ["", "\x00", "\ud800", "2026-01-01", "9999-12-31", "47.80", "0.00", "-1", "null", "N1", "c1", "3"]
    ),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXTS,
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def settled(clusters: Any) -> Iterator[tuple[Served, Walked]]:
    with clusters(18).database() as database, served(database) as here:
        yield here, here.walk()


def bodies(left: Walked) -> dict[str, dict[str, Any]]:
    accord = f"/v1/communes/38185/accords/{SIREN}"
    return {
        CONVENTIONS: declaration(),
        f"/v1/insurers/{SIREN}/conventions": declaration(communes=["38185", "94016"]),
        f"{left.within}/correction": {"reason": "Frais", "terms": declaration(), "corrects": 1},
        f"{left.within}/amendments": {
            "nature": "correction",
            "corrects": 1,
            "signed_on": "2026-03-01",
            "effective_on": "2024-10-01",
            "reason": "Frais",
            "terms": declaration(
                council_vote={"number": "1", "voted_on": "2024-06-24"}, clocks={"cure_days": 30}
            ),
        },
        f"{left.within}/notice": {"reason": "OTHER", "detail": "x", "given_on": "2026-03-16"},
        f"{left.within}/notice/withdrawal": {"reason": "x"},
        f"{left.within}/grids": grid("g7", "2027-01-01", "50.00"),
        f"{left.within}/grids/dry-run": grid("g7", "2027-01-01", "50.00"),
        f"{left.within}/exemptions": asking("x7"),
        f"{left.within}/reference-grids": referring(),
        f"{left.within}/headcounts": counting(),
        f"{left.within}/headcounts/from-members": {"id": "h7", "taken_on": "2026-03-01"},
        f"/v1/insurers/{SIREN}/dry-runs": {"id": "g6", "prepared": "p1", "towns": [], "grid": None},
        f"/v1/insurers/{SIREN}/notifications": {
            "id": "g6",
            "grid": {
                "effective_on": "2028-01-01",
                "cells": [{**grid("", "", "48.00")["cells"][0], "before_tax": "42.38", "parent": None}],
                "tax_percent": "13.27",
                "declared_rise": {"N1": "2.9"},
                "reason": "x",
            },
            "towns": [{"commune": "38185", "convention": left.convention}],
        },
        f"{left.within}/office-hours": planning(),
        f"{accord}/office-hours/{left.office_hour}/held": {"visitors": 3, "by_appointment": 1},
        f"{accord}/office-hours/{left.office_hour}/cancellation": {"reason": "other"},
        MEMBERS: joining(left.convention, number="7", phone="0612345678"),
        f"{MEMBERS}/{left.member}/leaving": {"left_on": "2026-09-30", "reason": "moved"},
        "/v1/sessions": {"email": "a@exemple.example", "password": "x"},
    }


def changed(draw: st.DrawFn, body: Any) -> Any:
    """The body with one value, anywhere in it, replaced, added or left out."""
    if isinstance(body, dict) and body and draw(st.integers(0, 5)):
        key = draw(st.sampled_from(sorted(body)))
        deeper = isinstance(body[key], dict | list) and draw(st.booleans())
        if deeper:
            return {**body, key: changed(draw, body[key])}
        if not draw(st.integers(0, 6)):
            return {name: value for name, value in body.items() if name != key}
        return {**body, key: draw(VALUES)}
    if isinstance(body, list) and body and draw(st.integers(0, 3)):
        return [changed(draw, body[0]), *body[1:]]
    return draw(VALUES)


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_a_body_of_any_kind_is_answered_in_the_apis_words(
    settled: tuple[Served, Walked], data: st.DataObject
) -> None:
    here, left = settled
    known = bodies(left)
    path = data.draw(st.sampled_from(sorted(known)))
    body = st.composite(changed)(known[path])
    answer = here.insurer.post(path, data.draw(body))
    assert answer.status_code in {200, 201, 400, 401, 404, 409, 422, 429}, answer.get_data(as_text=True)
    assert answer.mimetype == ("application/json" if answer.status_code < 300 else "application/problem+json")


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    values=st.dictionaries(
        st.sampled_from(["q", "limit", "cursor", "cells", "from", "to", "since", "x"]), TEXTS, max_size=3
    )
)
def test_an_address_of_any_kind_is_answered_in_the_apis_words(
    settled: tuple[Served, Walked], values: dict[str, str]
) -> None:
    here, left = settled
    sent = {name: value.encode(errors="replace").decode() for name, value in values.items()}
    for path in ("/v1/communes", MEMBERS, f"{left.within}/office-hours", f"{left.within}/grids"):
        answer = here.insurer.client.get(
            path,
            query_string=sent,
            headers={"Authorization": f"Bearer {here.insurer.token.text if here.insurer.token else ''}"},
        )
        assert answer.status_code in {200, 422}, answer.get_data(as_text=True)


def test_after_all_that_every_view_still_serves(settled: tuple[Served, Walked]) -> None:
    here, _ = settled
    here.follow()
    assert here.nobody.get("/health/ready").status_code == 200
