"""Published figures: kept in their own words, with their source or not at all."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from domain.communes.citation import Citation, FigureCited
from tests.support.cases import STREAM, given
from tests.support.samples import CITED


def cite(fact: FigureCited) -> Callable[[object], Citation]:
    """The decision to cite what `fact` tells of."""
    return lambda _: Citation.cite(
        STREAM,
        about=fact.about,
        statement=fact.statement,
        source=fact.source,
        published_on=fact.published_on,
    )


def test_a_published_figure_is_kept_in_its_own_words() -> None:
    given().when(cite(CITED)).then(CITED)


def test_a_published_figure_may_have_no_date() -> None:
    undated = replace(CITED, published_on=None)
    given().when(cite(undated)).then(undated)


@pytest.mark.parametrize("source", ["", " ", "\u00a0\t\n"])
def test_a_figure_without_a_source_is_refused(source: str) -> None:
    given().when(cite(replace(CITED, source=source))).then_refused("source-missing", "$.source")
