"""The drawing of one price over time with its cap: prices are steps, caps are dotted, what is to come is dashed.

Spans in, coordinates of a 440-wide picture out; the template only draws.
"""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

from services.web.charts import Label, Mark, Tick, round_step
from services.web.price_history import Span
from services.web.typography import eur, fr, month, short_month

_LEFT: Final = 62
_RIGHT: Final = 426
_TOP: Final = 40
_BOTTOM: Final = 226
_ROOM: Final = 84
"""How wide a price needs a step to be to stand under it."""
_YEAR: Final = timedelta(days=365)
_APART: Final = 18
_LETTER: Final = 9.5


class Line(NamedTuple):
    """A path and how it is drawn: known, announced, broken, cap, or allowed (by an exemption)."""

    kind: str
    path: str


class PriceChart(NamedTuple):
    """The picture; `labels` are (kind, label): strong for prices, soft for caps, bad for breaches."""

    ticks: Sequence[Tick]
    marks: Sequence[Mark]
    lines: Sequence[Line]
    labels: Sequence[tuple[str, Label]]
    conclusion: str


def price_chart(spans: Sequence[Span], today: date) -> PriceChart:
    """The picture of a history that has at least one span, the earliest first."""
    until = _until(spans, today)
    every = [
        amount for span in spans for amount in (span.price, span.cap, span.allowed) if amount is not None
    ]
    low, high = min(every), max(every)
    step = max(round_step((high - low) / 4), 50)
    floor = low // step * step
    top = max(floor + step * -(-(high - floor) // step), floor + step)
    first = spans[0].first
    length = max((until - first).days, 1)

    def x(on: date) -> int:
        return _LEFT + round((min(on, until) - first).days * (_RIGHT - _LEFT) / length)

    def y(amount: int) -> int:
        return _BOTTOM - round((amount - floor) * (_BOTTOM - _TOP) / (top - floor))

    return PriceChart(
        ticks=[Tick(y(amount), _tick(amount, step)) for amount in range(floor, top + 1, step)],
        marks=_marks(first, until, x),
        lines=[
            *_caps(spans, until, x, y, "cap"),
            *_caps(spans, until, x, y, "allowed"),
            *_prices(spans, today, until, x, y),
        ],
        labels=_labels(spans, today, until, x, y),
        conclusion=fr(_told(spans, today)),
    )


def _until(spans: Sequence[Span], today: date) -> date:
    last = max(spans[-1].first, today)
    return last + _YEAR * 2 // 3


def _tick(amount: int, step: int) -> str:
    return eur(amount).split(",")[0] + "\u202f€" if step % 100 == 0 else eur(amount)


def _marks(first: date, until: date, x: Callable[[date], int]) -> list[Mark]:
    """The months at both ends, and the Octobers or Januaries between where there is room for them."""
    marks = [Mark(_LEFT, short_month(first), "start"), Mark(_RIGHT, short_month(until), "end")]
    years = [date(year, first.month, 1) for year in range(first.year + 1, until.year + 1)]
    taken = [_LEFT, _RIGHT]
    between = []
    for day in years:
        at = x(day)
        if first < day < until and all(abs(at - other) >= 2 * _ROOM // 1.6 for other in taken):
            between.append(Mark(at, short_month(day), "middle"))
            taken.append(at)
    return [marks[0], *between, marks[1]]


def _ends(spans: Sequence[Span], until: date) -> list[date]:
    return [span.last + timedelta(days=1) if span.last is not None else until for span in spans]


def _kind(span: Span, today: date) -> str:
    if span.broken:
        return "broken"
    return "announced" if span.first > today else "known"


def _prices(
    spans: Sequence[Span], today: date, until: date, x: Callable[[date], int], y: Callable[[int], int]
) -> list[Line]:
    lines: list[Line] = []
    before: int | None = None
    for span, end in zip(spans, _ends(spans, until), strict=True):
        kind = _kind(span, today)
        start = f"M{x(span.first)} {y(before if before is not None else span.price)}V{y(span.price)}"
        if lines and lines[-1].kind == kind:
            lines[-1] = Line(kind, f"{lines[-1].path}V{y(span.price)}H{x(end)}")
        else:
            lines.append(Line(kind, f"{start}H{x(end)}"))
        before = span.price
    return lines


def _caps(
    spans: Sequence[Span], until: date, x: Callable[[date], int], y: Callable[[int], int], kind: str
) -> list[Line]:
    """Dotted steps; where nothing is known of the limit the line is interrupted."""
    path, open_ = "", False
    for span, end in zip(spans, _ends(spans, until), strict=True):
        amount = span.cap if kind == "cap" else span.allowed
        if amount is None:
            open_ = False
            continue
        path += f"V{y(amount)}H{x(end)}" if open_ else f"M{x(span.first)} {y(amount)}H{x(end)}"
        open_ = True
    return [Line(kind, path)] if path else []


def _labels(
    spans: Sequence[Span], today: date, until: date, x: Callable[[date], int], y: Callable[[int], int]
) -> list[tuple[str, Label]]:
    """A price under its step where there is room, the last cap and what breaks it at the right edge."""
    found: list[tuple[str, Label]] = []
    ends = _ends(spans, until)
    for place, (span, end) in enumerate(zip(spans, ends, strict=True)):
        if place and spans[place - 1].price == span.price and not span.broken:
            continue
        wide = x(end) - x(span.first)
        last = place == len(spans) - 1
        if span.broken and last:
            word = "Annoncé" if span.first > today else "Appliqué"
            found.append(("bad", Label(_RIGHT, y(span.price) - 9, f"{word} {eur(span.price)}", "end")))
        elif wide >= _ROOM or last:
            anchor = "end" if last and wide < _ROOM else "start"
            at = _RIGHT if anchor == "end" else x(span.first) + 4
            # Below its step unless the axis is there: the cap runs above.
            under = span.cap is not None and span.cap >= span.price and y(span.price) + 19 < _BOTTOM
            where = y(span.price) + (19 if under else -9)
            found.append(("strong", Label(at, _inside(where), eur(span.price), anchor)))
    caps = _cap_labels(spans, x, y, [label for _, label in found])
    exempted = next((span for span in spans if span.allowed is not None), None)
    if exempted is not None and exempted.allowed is not None:
        words = f"Dérogation {eur(exempted.allowed)}"
        begins = Label(x(exempted.first) + 4, y(exempted.allowed) - 9, words, "start")
        caps.append(("exempt", _clear_of(begins, [label for _, label in [*found, *caps]])))
    return found + caps


def _clear_of(label: Label, others: Sequence[Label]) -> Label:
    """The label, moved up until it touches none of the others near it."""
    first, last = _extent(label)
    near = [other.y for other in others if _extent(other)[0] < last and first < _extent(other)[1]]
    at = label.y
    while any(abs(at - other) < _APART for other in near):
        at -= _APART
    return label._replace(y=_inside(at))


def _cap_labels(
    spans: Sequence[Span], x: Callable[[date], int], y: Callable[[int], int], taken: Sequence[Label]
) -> list[tuple[str, Label]]:
    """The word at the beginning of the first cap, and what the last one is at the right edge."""
    capped = [span for span in spans if span.cap is not None]
    if not capped:
        return []
    first, last = capped[0], capped[-1]
    begins = y(first.cap or 0)
    above = begins < y(first.price)
    word = Label(x(first.first) + 4, begins + (-9 if above else 19), "Plafond", "start")
    at = y(last.cap or 0) + (19 if (last.cap or 0) <= last.price else -9)
    edge = [label.y for label in taken if label.x > _RIGHT - _ROOM]
    while any(abs(at - other) < _APART for other in edge):
        at += _APART if (last.cap or 0) <= last.price else -_APART
    return [("soft", word), ("soft", Label(_RIGHT, _inside(at), eur(last.cap or 0), "end"))]


def _extent(label: Label) -> tuple[int, int]:
    """From where to where a label reaches, in the larger letters of a phone."""
    wide = round(len(label.text) * _LETTER)
    return (label.x, label.x + wide) if label.anchor == "start" else (label.x - wide, label.x)


def _inside(at: int) -> int:
    return min(max(at, 14), _BOTTOM + 14)


def _told(spans: Sequence[Span], today: date) -> str:
    """The conclusion in words: every price with its month, and what is above a cap."""
    steps: list[Span] = []
    for span in spans:
        if not steps or steps[-1].price != span.price:
            steps.append(span)
    said = f"{eur(steps[0].price)} depuis {month(steps[0].first)}"
    for span in steps[1:]:
        coming = "annoncés pour " if span.first > today else "en "
        said += f", {eur(span.price)} {coming}{month(span.first)}"
    broken = [span for span in spans if span.broken]
    if broken and broken[-1].cap is not None:
        verb = "dépasse" if broken[-1].last is None else "a dépassé"
        return f"{said}. Le prix {verb} son plafond de {eur(broken[-1].cap)}."
    exempted = [span for span in spans if span.verdict == "EXEMPTED"]
    if exempted:
        return f"{said}. Un dépassement est permis par une dérogation."
    if any(span.cap is not None for span in spans):
        return f"{said}. Le prix reste sous son plafond."
    return f"{said}."
