"""What a price was and was allowed to be: spans cut where the limit changes, drawn as steps with a dotted cap."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

from domain.tariffs.assess import CellId
from domain.tariffs.statements import BrokenCell, Statement, Word
from projections.tariffs.queries import GridRow
from services.web.price_chart import PriceChart, price_chart
from services.web.price_history import Span, plain_limit, spans

PERSON = CellId("N1", "general", "adult", 50, None)
CELL = BrokenCell(formula="N1", category="general", role="adult", age_from=50, age_to=None)
NOW = datetime(2026, 11, 25, 9, 12, tzinfo=UTC)
TODAY = date(2026, 11, 25)
PRICES = {"g1": 4641, "g2": 4780, "g3": 4876, "g4": 4974}


def grid(name: str, effective_on: date, position: int, corrects: str | None = None) -> GridRow:
    return GridRow(
        tenant="commune:38185", owner="accord:999000011", convention="c1", id=name, document="", cells=1,
        effective_on=effective_on, notified_on=effective_on, justified=False, recorded_at=NOW, position=position,
        corrects=corrects,
    )  # fmt: skip


GRIDS = [
    grid("g1", date(2024, 10, 1), 2),
    grid("g2", date(2025, 10, 1), 3),
    grid("g3", date(2026, 10, 1), 4),
    grid("g4", date(2027, 2, 1), 5),
]


def said(
    of: str,
    first: date,
    last: date | None,
    limit: str | None,
    verdict: Word = "COMPLIANT",
    reason: str = "",
    rule: str = "ANNUAL_CAP_FIXED",
) -> Statement:
    return Statement(
        commitment="cap", rule=rule, grid=of, cell=CELL, subject=None, from_on=first, to_on=last, verdict=verdict,
        anchor=None, limit=limit, observed=None, excess=None, reason=reason,
    )  # fmt: skip


STATEMENTS = [
    said("g1", date(2024, 10, 1), date(2025, 9, 30), None, "NOT_APPLICABLE"),
    said("g2", date(2025, 10, 1), date(2026, 9, 30), "47.80"),
    said("g3", date(2026, 10, 1), date(2027, 1, 31), "49.23"),
    said("g4", date(2027, 2, 1), None, "49.23", "VIOLATION"),
]


def history(*statements: Statement, prices: Mapping[str, int] = PRICES) -> list[Span]:
    return spans(GRIDS, lambda row: prices.get(row.id), PERSON, statements)


def drawn() -> PriceChart:
    return price_chart(history(*STATEMENTS), TODAY)


def test_each_span_has_one_price_and_its_cap() -> None:
    found = history(*STATEMENTS)
    assert [(span.price, span.cap, span.verdict) for span in found] == [
        (4641, None, "NOT_APPLICABLE"),
        (4780, 4780, "COMPLIANT"),
        (4876, 4923, "COMPLIANT"),
        (4974, 4923, "VIOLATION"),
    ]
    assert found[-1].broken


def test_the_lowest_limit_is_the_cap_and_says_whose_it_is() -> None:
    discount = said("g3", date(2026, 10, 1), None, "49.00", rule="MIN_DISCOUNT")
    found = history(*STATEMENTS[:3], discount)
    assert found[2].cap == 4900


def test_a_span_is_cut_where_its_limit_changes_and_nowhere_else() -> None:
    halves = [
        said("g3", date(2026, 10, 1), date(2026, 12, 31), "49.23"),
        said("g3", date(2027, 1, 1), date(2027, 1, 31), "50.00"),
    ]
    found = history(*halves)
    assert [(span.first, span.cap) for span in found if span.grid.id == "g3"] == [
        (date(2026, 10, 1), 4923),
        (date(2027, 1, 1), 5000),
    ]


def test_an_exemption_shows_the_limit_of_the_convention_and_what_it_allows() -> None:
    reason = "Le prix de 48,76\u202f€ dépasse le plafond de 47,80\u202f€, mais reste dans la limite de 49,23\u202f€."
    exempted = said("g3", date(2026, 10, 1), None, "49.23", "EXEMPTED", reason)
    assert plain_limit(exempted) == 4780
    (span,) = [each for each in history(exempted) if each.grid.id == "g3"]
    assert (span.cap, span.allowed, span.verdict) == (4780, 4923, "EXEMPTED")
    picture = price_chart(history(exempted), TODAY)
    assert any(line.kind == "allowed" for line in picture.lines)
    assert any(label.text == "Dérogation 49,23\u202f€" for _, label in picture.labels)


def test_a_corrected_grid_was_never_in_force() -> None:
    wrong = grid("g3", date(2026, 10, 1), 4)
    right = grid("g3bis", date(2026, 10, 1), 6, corrects="g3")
    found = spans([wrong, right], lambda row: PRICES.get(row.id, 4870), PERSON, [])
    assert [span.price for span in found] == [4870]


def test_a_grid_without_a_price_for_somebody_leaves_a_gap() -> None:
    found = history(prices={"g1": 4641, "g3": 4876})
    assert [span.grid.id for span in found] == ["g1", "g3"]


def test_prices_are_steps_and_caps_are_dotted_beside_them() -> None:
    picture = drawn()
    kinds = [line.kind for line in picture.lines]
    assert kinds == ["cap", "known", "broken"]
    known = picture.lines[1].path
    assert known.count("V") == 3
    assert "L" not in known


def test_what_is_announced_within_its_cap_is_dashed_and_not_broken() -> None:
    kept = [*STATEMENTS[:3], said("g4", date(2027, 2, 1), None, "50.00")]
    picture = price_chart(history(*kept), TODAY)
    assert [line.kind for line in picture.lines] == ["cap", "known", "announced"]


def test_a_breach_is_labelled_and_the_conclusion_says_it() -> None:
    picture = drawn()
    assert [label.text for kind, label in picture.labels if kind == "bad"] == ["Annoncé 49,74\u202f€"]
    assert picture.conclusion.startswith("46,41\u202f€ depuis octobre 2024, 47,80\u202f€ en octobre 2025")
    assert "49,74\u202f€ annoncés pour février 2027" in picture.conclusion
    assert picture.conclusion.endswith("Le prix dépasse son plafond de 49,23\u202f€.")


def test_everything_stays_inside_the_picture() -> None:
    picture = drawn()
    assert all(0 <= tick.at <= 264 for tick in picture.ticks)
    assert all(0 <= label.x <= 440 and 10 <= label.y <= 250 for _, label in picture.labels)
    assert picture.marks[0].label == "oct. 24"


def test_a_single_price_without_cap_is_a_line() -> None:
    picture = price_chart(history(prices={"g1": 4641}), TODAY)
    assert [line.kind for line in picture.lines] == ["known"]
    assert picture.conclusion == "46,41\u202f€ depuis octobre 2024."
