"""Where the points of a drawing lie: figures in, coordinates of a 440-wide picture out. Templates only draw."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from services.web.typography import count, eur, fr, month, number, short_month

_LEFT: Final = 52
_RIGHT: Final = 426
_TOP: Final = 40
_BOTTOM: Final = 230


class Tick(NamedTuple):
    """A line of the grid and its label."""

    at: int
    label: str


class Mark(NamedTuple):
    """A label under the axis."""

    at: int
    label: str
    anchor: str


class Label(NamedTuple):
    """A figure written on the line."""

    x: int
    y: int
    text: str
    anchor: str


class Measure(NamedTuple):
    """One price against its limit, from the price it started from."""

    start: int
    limit: int
    announced: int
    in_force: int | None
    in_force_text: int
    start_price: int
    limit_price: int
    announced_price: int
    in_force_price: int | None
    excess: int
    announced_word: str
    in_force_word: str
    conclusion: str


class Curve(NamedTuple):
    """A count by month; a month without a count leaves a gap."""

    ticks: Sequence[Tick]
    marks: Sequence[Mark]
    lines: Sequence[str]
    dots: Sequence[tuple[int, int]]
    labels: Sequence[Label]
    conclusion: str


def measure(start: int, limit: int, announced: int, in_force: int | None, *, applied: bool) -> Measure:
    """The picture of a breach, in cents: `announced` is above `limit`; `start` may be the price in force."""
    # The start and the announced price keep their places; the limit stays clear of both, so that words do not touch.
    first, last = 55, 392
    span = max(announced - min(start, limit), 1)
    limit_at = min(max(first + round((limit - start) * (last - first) / span), first + 110), last - 60)
    shown = in_force if in_force is not None and start < in_force <= limit else None
    at = None
    if shown is not None:
        share = (shown - start) / max(limit - start, 1)
        at = first + round(share * (limit_at - first))
    word, present = ("appliqué", "avant") if applied else ("annoncé", "en vigueur")
    told = f"Prix de départ {eur(start)}"
    told += f", {present} {eur(shown)}" if shown is not None else ""
    told += f", plafond {eur(limit)}, {word} {eur(announced)} : {eur(announced - limit)} de trop."
    return Measure(
        start=first,
        limit=limit_at,
        announced=last,
        in_force=at,
        in_force_text=min(max(at or 0, 60), 300),
        start_price=start,
        limit_price=limit,
        announced_price=announced,
        in_force_price=shown,
        excess=announced - limit,
        announced_word=word,
        in_force_word=present,
        conclusion=fr(told),
    )


def months(points: Sequence[tuple[str, int | None]], noun: str = "adhérent") -> Curve:
    """The picture of a count at the ends of months (`2026-10`), the oldest first; None is a gap."""
    known = [value for _, value in points if value is not None]
    step = round_step(max(known, default=0) / 4)
    top = step * 4 if max(known, default=0) <= step * 4 else step * 5
    wide = max(len(points) - 1, 1)

    def place(index: int, value: int) -> tuple[int, int]:
        return (
            _LEFT + round(index * (_RIGHT - _LEFT) / wide),
            _BOTTOM - round(value * (_BOTTOM - _TOP) / top),
        )

    lines: list[list[tuple[int, int]]] = [[]]
    for index, (_, value) in enumerate(points):
        if value is None:
            lines.append([])
        else:
            lines[-1].append(place(index, value))
    labels = []
    shown = [(index, value) for index, (_, value) in enumerate(points) if value is not None]
    for index, value in dict.fromkeys([shown[0], shown[-1]] if shown else []):
        x, y = place(index, value)
        labels.append(Label(x, y - 12, number(value), "end" if x > _RIGHT - 40 else "start"))
    return Curve(
        ticks=[
            Tick(_BOTTOM - round(value * (_BOTTOM - _TOP) / top), number(value))
            for value in range(0, top + 1, step)
        ],
        marks=_marks([short_month(name) for name, _ in points], _LEFT),
        lines=[" ".join(f"{x},{y}" for x, y in line) for line in lines if len(line) > 1],
        dots=[line[0] for line in lines if len(line) == 1],
        labels=labels,
        conclusion=_told(points, shown, noun),
    )


def _marks(names: Sequence[str], left: int) -> list[Mark]:
    if not names:
        return []
    marks = [Mark(left, names[0], "start")]
    if len(names) > 4:
        middle = len(names) // 2
        marks.append(Mark(left + round(middle * (_RIGHT - left) / (len(names) - 1)), names[middle], "middle"))
    if len(names) > 1:
        marks.append(Mark(_RIGHT, names[-1], "end"))
    return marks


def _told(points: Sequence[tuple[str, int | None]], shown: Sequence[tuple[int, int]], noun: str) -> str:
    if not shown:
        return "Aucun mois n’est diffusé."
    (first, before), (last, after) = shown[0], shown[-1]
    if first == last:
        return f"{count(after, noun)} fin {month(points[last][0])}."
    return f"De {number(before)} fin {month(points[first][0])} à {count(after, noun)} fin {month(points[last][0])}."


def round_step(rough: float) -> int:
    """1, 2 or 5 times a power of ten, at least as large as `rough`."""
    power = 1
    while True:
        for step in (power, 2 * power, 5 * power):
            if step >= rough:
                return step
        power *= 10


__all__ = ["Curve", "Measure", "measure", "months", "round_step"]
