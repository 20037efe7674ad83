"""Published figures: kept in their own words, with their source or not at all."""

import pytest
from msgspec.structs import asdict, replace

from domain.communes.citation import Citation
from domain.events import Event
from tests.support.cases import STREAM, given
from tests.support.samples import CITED


def _facts(fact: Event) -> dict[str, object]:
    facts = asdict(fact)
    return {name: facts[name] for name in ("about", "statement", "source", "published_on")}


def test_a_published_figure_is_kept_in_its_own_words() -> None:
    given().when(lambda _: Citation.cite(STREAM, **_facts(CITED))).then(CITED)


def test_a_published_figure_may_have_no_date() -> None:
    undated = replace(CITED, published_on=None)
    given().when(lambda _: Citation.cite(STREAM, **_facts(undated))).then(undated)


@pytest.mark.parametrize("source", ["", " ", "\u00a0\t\n"])
def test_a_figure_without_a_source_is_refused(source: str) -> None:
    facts = _facts(replace(CITED, source=source))
    given().when(lambda _: Citation.cite(STREAM, **facts)).then_refused("source-missing", "$.source")
