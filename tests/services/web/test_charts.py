"""Drawings lie where their figures say, and state their conclusion."""

from services.web.charts import measure, months


def test_the_parts_of_a_breach_stand_in_their_order() -> None:
    drawn = measure(4780, 4923, 4974, 4876, applied=False)
    assert drawn.in_force is not None
    assert drawn.start < drawn.in_force < drawn.limit < drawn.announced
    assert drawn.excess == 51
    assert "0,51\u202f€ de trop" in drawn.conclusion


def test_words_do_not_touch_when_prices_nearly_do() -> None:
    drawn = measure(4780, 4781, 9000, None, applied=True)
    assert drawn.limit - drawn.start >= 100
    near = measure(4780, 8999, 9000, None, applied=True)
    assert near.announced - near.limit >= 50


def test_a_price_in_force_above_the_limit_is_not_drawn_inside_it() -> None:
    assert measure(4780, 4923, 4974, 4950, applied=False).in_force is None


def test_a_month_that_is_withheld_leaves_a_gap() -> None:
    drawn = months([("2026-01", 12), ("2026-02", None), ("2026-03", 14), ("2026-04", 15)])
    assert len(drawn.lines) == 1
    assert len(drawn.dots) == 1
    assert drawn.conclusion == "De 12 fin janvier 2026 à 15\u00a0adhérents fin avril 2026."


def test_counts_begin_at_zero_and_stay_inside_the_picture() -> None:
    drawn = months([(f"2026-{number:02d}", 97 * number) for number in range(1, 13)])
    assert drawn.ticks[0].label == "0"
    assert all(20 <= tick.at <= 230 for tick in drawn.ticks)
