"""The indexed cap: which index, as known when, between which bounds, and what is said while it is not published."""

from typing import Any

import pytest

from domain.tariffs.assess import ScenarioError, read_scenario
from tests.support.tariff_promises import figures, promised
from tests.support.tariff_scenarios import Json, cell, exemption, grid, judged, told

OLD, NEW = "2024-10-01", "2026-02-01"


def published(index: str, *values: tuple[int, str, str]) -> list[Json]:
    """Values of an index by year, with the day of their publication."""
    return [
        {"index": index, "year": year, "value": value, "published_on": day} for year, value, day in values
    ]


INFLATION = published("IPC_HT_AVG", (2024, "1.8", "2025-01-15"), (2025, "0.9", "2026-01-15"))


def indexed(*steps: tuple[str, str] | Json, indices: list[Json] | None = None, **said: Any) -> Json:
    """One cell by day and price (or whole grids), notified on the day of effect unless said, and the parameters."""
    exemptions, as_known_at = said.pop("exemptions", []), said.pop("as_known_at", None)
    grids = [
        step if isinstance(step, dict) else grid(f"g{place}", step[0], cell(step[1]), notified_on=step[0])
        for place, step in enumerate(steps, 1)
    ]
    return promised(
        "ANNUAL_CAP_INDEXED",
        {"index": "IPC_HT_AVG", **said},
        *grids,
        indices=INFLATION if indices is None else indices,
        exemptions=exemptions,
        as_known_at=as_known_at,
    )


def limit(*, old: str = "100.00", on: str = NEW, **said: Any) -> str | None:
    """The limit that a price of 100.00 from 2024-10-01 has on a day."""
    found: list[tuple[str | None]] = told(indexed((OLD, old), (on, "1.00"), **said), "limit")
    return found[1][0]


@pytest.mark.parametrize(
    ("index", "values", "expected"),
    [
        ("IPC_HT_AVG", [(2025, "0.9", "2026-01-15"), (2026, "5", "2026-01-16")], "100.90"),
        ("ONDAM", [(2026, "1.6", "2025-12-30"), (2025, "3.4", "2024-12-30")], "101.60"),
        (
            "PMSS",
            [(2026, "4005", "2025-12-20"), (2025, "3925", "2024-12-20"), (2027, "1", "2026-01-01")],
            "102.04",
        ),
    ],
)
def test_each_index_has_its_year(index: str, values: list[tuple[int, str, str]], expected: str) -> None:
    assert limit(index=index, indices=published(index, *values)) == expected
    # The figures of another index, or of another year, are not taken for it.
    assert limit(index=index, indices=published("IPC_HT_AVG", (2020, "9", "2021-01-15"))) == "100.00"


def test_the_year_is_that_of_the_day_of_effect_whatever_the_period() -> None:
    for period in ("CIVIL_YEAR", "CONVENTION_YEAR", "ROLLING_12M", "PER_CHANGE"):
        assert limit(period=period) == "100.90"
    assert limit(on="2025-10-01", period="CONVENTION_YEAR") == "101.80"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"margin_points": "2"}, "102.90"),
        ({"margin_points": "-0.4"}, "100.50"),
        ({"margin_points": "-2"}, "100.00"),
        ({"margin_points": "-2", "floor_percent": "-1"}, "99.00"),
        ({"margin_points": "-2", "floor_percent": "-9"}, "98.90"),
        ({"margin_points": "5", "ceiling_percent": "4"}, "104.00"),
        ({"floor_percent": "1.5"}, "101.50"),
        ({"margin_points": "0.7", "floor_percent": "1.5"}, "101.60"),
        ({"margin_points": "3.1", "floor_percent": "4", "ceiling_percent": "4"}, "104.00"),
    ],
)
def test_floor_and_ceiling_bound_the_index_and_its_margin_together(said: Json, expected: str) -> None:
    assert limit(**said) == expected


def test_the_index_counts_with_two_decimals_or_exactly() -> None:
    ceilings = published("PMSS", (2025, "3925", "2024-12-20"), (2026, "4005", "2025-12-20"))
    for precision, expected in [("PERCENT_2", "10204.00"), ("RATIO", "10203.82")]:
        assert limit(old="10000.00", index="PMSS", indices=ceilings, index_precision=precision) == expected
    for value, expected in [("0.905", "10091.00"), ("-0.905", "9909.00")]:
        rate = published("IPC_HT_AVG", (2025, value, "2026-01-15"))
        assert limit(old="10000.00", indices=rate, floor_percent="-5") == expected
    assert limit(old="10000.00", indices=rate, floor_percent="-5", index_precision="RATIO") == "9909.50"


def test_an_index_counts_as_known_on_the_day_of_notice_or_of_effect() -> None:
    late = grid("g2", NEW, cell("100.90"), notified_on="2026-01-14")
    in_time = grid("g2", NEW, cell("100.90"), notified_on="2026-01-15")
    assert figures(indexed((OLD, "100.00"), late))[1][0] == "INDETERMINATE"
    assert figures(indexed((OLD, "100.00"), in_time))[1][0] == "COMPLIANT"
    assert figures(indexed((OLD, "100.00"), late, as_of="EFFECTIVE_DATE"))[1][0] == "COMPLIANT"


def test_a_correction_counts_by_its_own_notice() -> None:
    late = grid("g2", NEW, cell("100.90"), notified_on="2025-10-31")
    corrected = grid(
        "g3", NEW, cell("100.90"), notified_on="2026-01-20", corrects="g2", recorded_at="2026-01-20T08:00:00Z"
    )
    for known, expected in [("2026-01-20T07:59:59Z", "INDETERMINATE"), (None, "COMPLIANT")]:
        file = indexed((OLD, "100.00"), late, corrected, as_known_at=known)
        assert told(file, "verdict")[1:] == [(expected,)]


def test_a_revision_counts_for_grids_notified_after_it_only() -> None:
    revised = [*INFLATION, *published("IPC_HT_AVG", (2025, "1.0", "2026-03-01"))]
    assert limit(indices=revised) == "100.90"
    assert limit(on="2026-03-01", indices=revised) == "101.00"
    assert limit(on="2026-02-28", indices=list(reversed(revised))) == "100.90"


def test_an_index_not_known_yet_is_not_published() -> None:
    file = indexed((OLD, "100.00"), (NEW, "100.90"), as_known_at="2026-01-14T22:59:59Z")
    assert told(file, "verdict")[1:] == [("INDETERMINATE",)]
    file["as_known_at"] = "2026-01-14T23:00:00Z"
    assert told(file, "verdict")[1:] == [("COMPLIANT",)]


UNKNOWN: dict[str, Any] = {"indices": [], "floor_percent": "1", "ceiling_percent": "4"}


@pytest.mark.parametrize(
    ("price", "expected"),
    [
        ("90.00", ("COMPLIANT", "100.00", "101.00", "90.00", "0.00")),
        ("101.00", ("COMPLIANT", "100.00", "101.00", "101.00", "0.00")),
        ("101.01", ("INDETERMINATE", "100.00", None, "101.01", None)),
        ("104.00", ("INDETERMINATE", "100.00", None, "104.00", None)),
        ("104.01", ("VIOLATION", "100.00", "104.00", "104.01", "0.01")),
    ],
)
def test_without_the_index_only_what_floor_and_ceiling_tell_is_decided(
    price: str, expected: tuple[str | None, ...]
) -> None:
    assert figures(indexed((OLD, "100.00"), (NEW, price), **UNKNOWN))[1] == expected


def test_without_index_and_ceiling_nothing_is_broken() -> None:
    file = indexed((OLD, "100.00"), (NEW, "999.00"), indices=[])
    assert figures(file)[1] == ("INDETERMINATE", "100.00", None, "999.00", None)


def test_the_last_published_index_may_stand_in() -> None:
    known = published(
        "IPC_HT_AVG", (2022, "5.2", "2023-01-13"), (2023, "4.8", "2024-01-12"), (2024, "9", "2027-01-01")
    )
    stands_in = {"if_unpublished": "LAST_PUBLISHED"}
    assert limit(indices=known, **stands_in) == "104.80"
    # A later year is no earlier one, and none at all leaves it open.
    later = published("IPC_HT_AVG", (2026, "2", "2026-01-01"))
    assert (
        figures(indexed((OLD, "100.00"), (NEW, "100.01"), indices=later, **stands_in))[1][0]
        == "INDETERMINATE"
    )


def test_the_last_published_ceiling_of_social_security_needs_the_year_before_it_too() -> None:
    known = published(
        "PMSS",
        (2021, "3428", "2020-12-20"),
        (2022, "3428", "2021-12-20"),
        (2023, "3666", "2022-12-20"),
        (2025, "3925", "2024-12-20"),
        (2026, "4005", "2026-12-20"),
    )
    assert limit(index="PMSS", indices=known, if_unpublished="LAST_PUBLISHED") == "106.94"


# What a price is held to, for the anchors of the next period


@pytest.mark.parametrize(
    ("price", "anchor"),
    [
        ("100.50", "100.50"),
        ("101.00", "101.00"),
        ("103.99", "103.99"),
        ("104.00", "104.00"),
        ("104.01", "104.00"),
        ("120.00", "104.00"),
    ],
)
def test_a_price_without_index_is_the_next_anchor_up_to_the_ceiling(price: str, anchor: str) -> None:
    file = indexed((OLD, "100.00"), (NEW, price), ("2027-03-01", "1.00"), **UNKNOWN)
    assert told(file, "anchor")[2] == (anchor,)


def test_a_later_publication_changes_neither_the_verdict_nor_the_anchor() -> None:
    late = grid("g2", NEW, cell("103.00"), notified_on="2025-10-31")
    for indices in [[], INFLATION]:
        file = indexed((OLD, "100.00"), late, ("2027-03-01", "1.00"), indices=indices)
        assert told(file, "verdict", "anchor")[1:] == [("INDETERMINATE", "100.00"), ("COMPLIANT", "103.00")]


def test_a_published_index_makes_a_breach_no_base() -> None:
    values = [*INFLATION, *published("IPC_HT_AVG", (2026, "2", "2027-01-15"))]
    file = indexed((OLD, "100.00"), (NEW, "105.00"), ("2027-03-01", "103.00"), indices=values)
    assert figures(file)[1:] == [
        ("VIOLATION", "100.00", "100.90", "105.00", "4.10"),
        ("VIOLATION", "100.90", "102.92", "103.00", "0.08"),
    ]


def test_an_exemption_without_index_raises_the_ceiling_and_exempts_nobody() -> None:
    for price, expected in [
        ("101.50", [("INDETERMINATE", None)]),
        ("105.00", [("INDETERMINATE", None), ("VIOLATION", "104.00")]),
        ("106.09", [("VIOLATION", "106.08"), ("VIOLATION", "104.00")]),
    ]:
        covered = [exemption(("1.02", "1"), valid_to="2026-06-30")]
        file = indexed((OLD, "100.00"), (NEW, price), exemptions=covered, **UNKNOWN)
        assert told(file, "verdict", "limit")[1:] == expected


@pytest.mark.parametrize(
    ("price", "said", "anchor"),
    [
        # Undecided on all its days: held to nothing.
        ("105.00", {}, "105.00"),
        # Broken on some of its days: held to the ceiling without exemption, rebased or not.
        ("105.00", {"valid_to": "2026-06-30"}, "104.00"),
        ("105.00", {"valid_from": "2026-07-01"}, "104.00"),
        ("107.00", {}, "104.00"),
        ("107.00", {"rebase": True}, "104.00"),
    ],
)
def test_a_breach_of_the_ceiling_is_held_to_it_without_exemptions(
    price: str, said: Json, anchor: str
) -> None:
    covered = [exemption(("1.02", "1"), **said)]
    file = indexed((OLD, "100.00"), (NEW, price), ("2027-03-01", "1.00"), exemptions=covered, **UNKNOWN)
    assert told(file, "anchor")[-1] == (anchor,)


def test_an_exemption_multiplies_a_published_cap_and_may_be_rebased() -> None:
    values = [*INFLATION, *published("IPC_HT_AVG", (2026, "0", "2027-01-15"))]
    covered = [exemption(("1.02", "1"), rebase=True)]
    steps = (OLD, "100.00"), (NEW, "102.92"), ("2027-03-01", "102.93")
    assert figures(indexed(*steps, indices=values, exemptions=covered))[1:] == [
        ("EXEMPTED", "100.00", "102.92", "102.92", "0.00"),
        ("VIOLATION", "102.92", "102.92", "102.93", "0.01"),
    ]


def test_what_a_rebased_exemption_left_in_an_anchor_stays_there_while_the_index_is_unknown() -> None:
    covered = [exemption(("1.02", "1"), rebase=True)]
    steps = (OLD, "100.00"), (NEW, "102.92"), ("2027-03-01", "102.93"), ("2028-03-01", "110.00")
    file = indexed(*steps, exemptions=covered, ceiling_percent="5")
    assert figures(file)[2:] == [
        ("INDETERMINATE", "102.92", None, "102.93", None),
        ("VIOLATION", "102.93", "108.08", "110.00", "1.92"),
    ]
    # Without ceiling the anchor carries it on all the same.
    steps = (*steps[:3], ("2029-03-01", "110.00"))
    values = [*INFLATION, *published("IPC_HT_AVG", (2028, "0", "2029-01-15"))]
    assert figures(indexed(*steps, indices=values, exemptions=covered))[-1] == (
        ("VIOLATION", "102.93", "102.93", "110.00", "7.07")
    )


# What is said


def reasons(file: Json) -> list[str]:
    return [found.reason.replace("\u202f", "~").replace("\u00a0", "^") for found in judged(file)][1:]


def test_what_is_said_of_a_published_index() -> None:
    steps = (OLD, "100.00"), (NEW, "105.00")
    start = "soit 100,00~€ en vigueur le 31 décembre 2025 plus"
    inflation = "(inflation hors tabac de 2025^: 0,9~%"
    cases: list[tuple[Json, str]] = [
        ({}, f"0,9~% {inflation})"),
        ({"margin_points": "2"}, f"2,9~% {inflation}, plus 2 points)"),
        ({"margin_points": "-0.5"}, f"0,4~% {inflation}, moins 0,5 point)"),
        ({"margin_points": "4", "ceiling_percent": "4"}, f"4~% {inflation}, plus 4 points, au plus 4~%)"),
        ({"floor_percent": "1"}, f"1~% {inflation}, au moins 1~%)"),
    ]
    for said, basis in cases:
        assert reasons(indexed(*steps, **said))[0].endswith(f", {start} {basis}.")
    ceilings = published("PMSS", (2025, "3925", "2024-12-20"), (2026, "4005", "2025-12-20"))
    exact = indexed(*steps, index="PMSS", indices=ceilings, index_precision="RATIO")
    figure = "évolution du plafond de la Sécurité sociale en 2026^: environ 2,0382~%"
    assert reasons(exact)[0].endswith(f"{start} environ 2,0382~% ({figure}).")
    fall = indexed(*steps, margin_points="-2", floor_percent="-5")
    assert f"moins 1,1~% {inflation}, moins 2 points)" in reasons(fall)[0]


def test_what_is_said_of_an_index_that_is_not_published() -> None:
    hidden = "(inflation hors tabac de 2025), qui n’était pas publié le 1er février 2026"
    said = [
        reasons(indexed((OLD, "100.00"), (NEW, price), **UNKNOWN))[0]
        for price in ("99.00", "103.00", "110.00")
    ]
    assert said == [
        (
            "Le prix de 99,00~€ respecte le plafond de 101,00~€, soit 100,00~€ en vigueur le 31 décembre 2025 "
            f"plus 1~%, hausse permise quel que soit l’indice {hidden}."
        ),
        (
            "Le plafond ne peut pas être calculé^: l’indice (inflation hors tabac de 2025) n’était pas publié le "
            "1er février 2026."
        ),
        (
            "Le prix de 110,00~€ dépasse de 6,00~€ le plafond de 104,00~€, soit 100,00~€ en vigueur le 31 décembre "
            f"2025 plus 4~%, hausse maximale quel que soit l’indice {hidden}."
        ),
    ]


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ({"index": "IPC"}, ".index"),
        ({"floor_percent": "5", "ceiling_percent": "4"}, ".ceiling_percent"),
        ({"ceiling_percent": "-1"}, ".ceiling_percent"),
        ({"as_of": "TODAY"}, ".as_of"),
        ({"carry_over": True}, ".carry_over"),
        ({"margin_points": 2}, ".margin_points"),
    ],
)
def test_a_wrong_parameter_is_named(said: Json, path: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        read_scenario(indexed((OLD, "100.00"), **said))
    assert refused.value.path == f"$.convention.commitments[0].params{path}"
