"""A figure or fact that somebody published about a commune's scheme, kept with its source and date.

Figures that disagree stand side by side; they are never summed.
"""

from datetime import date
from typing import ClassVar, Self

from domain.aggregate import Aggregate
from domain.events import Event, event
from domain.refusal import Refused


@event("figure.cited")
class FigureCited(Event, frozen=True, kw_only=True):
    """`statement` is what was published, in its own words; `about` is the subject it answers (`members`)."""

    about: str
    statement: str
    source: str
    published_on: date | None


class Citation(Aggregate, kw_only=True):
    """One published statement."""

    kind: ClassVar[str] = "citation"
    begins_with: ClassVar[type[Event]] = FigureCited

    @classmethod
    def cite(cls, stream: str, *, about: str, statement: str, source: str, published_on: date | None) -> Self:
        """Keep a published statement. Refused without a source."""
        if not source.strip():
            raise Refused("source-missing", "A published figure is kept with its source.", path="$.source")
        return cls.begin(stream, about=about, statement=statement, source=source, published_on=published_on)

    def evolve(self, event: Event) -> None:
        """Nothing to remember: a statement does not change."""
