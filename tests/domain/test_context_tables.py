"""Each context's table of commands, events and refusals says what its code does, no more and no less."""

import importlib

import pytest

from tests.support.vocabulary import (
    CONTEXTS,
    Row,
    Source,
    commands,
    domain_and_commands,
    events_of,
    rows,
)

SOURCE = domain_and_commands()


def table(context: str) -> list[Row]:
    """The table in a context's docstring."""
    return rows(importlib.import_module(f"domain.{context}").__doc__ or "")


@pytest.mark.parametrize("context", CONTEXTS)
def test_the_table_names_every_command_with_its_events(context: str) -> None:
    assert {row.command: row.events for row in table(context)} == commands(context)


@pytest.mark.parametrize("context", CONTEXTS)
def test_the_table_names_every_event_of_its_context(context: str) -> None:
    assert {event for row in table(context) for event in row.events} == events_of(context).keys()


@pytest.mark.parametrize(
    ("context", "row"), [pytest.param(name, row, id=row.command) for name in CONTEXTS for row in table(name)]
)
def test_the_table_names_every_refusal_of_a_command(context: str, row: Row) -> None:
    assert sorted(row.refusals) == sorted(SOURCE.refusals_of(row.command))


def test_every_refusal_is_in_a_table() -> None:
    assert SOURCE.refusals() == {code for name in CONTEXTS for row in table(name) for code in row.refusals}


def test_a_command_stands_in_a_table_once() -> None:
    names = [row.command for context in CONTEXTS for row in table(context)]
    assert len(names) == len(set(names)) >= 11


PLANTED = """
class Thing:
    @classmethod
    def begin_it(cls, stream):
        def inner():
            raise Refused("inner", "told", path="$")
        elsewhere(", ".join([]))
        return cls.begin(stream)

    def join(self):
        raise Refused("of-another", "told")

def elsewhere(x):
    x.demand()

def demand():
    raise Refused("far", "told")

def command(ledger):
    Thing.begin_it("s")
    raise Refused("of-the-command", "told", take=[Claim(tenant, "slot", key, name)])
"""


def test_a_planted_refusal_is_found_wherever_it_is_raised() -> None:
    source = Source([PLANTED])
    assert source.refusals_of("begin_it") == {"inner", "far", "of-the-command", "slot-taken"}
    assert source.refusals() == {"inner", "far", "of-the-command", "slot-taken", "of-another"}


def test_a_code_that_is_not_written_out_is_an_error() -> None:
    with pytest.raises(AssertionError, match="written out"):
        Source(["def f():\n    raise Refused(code, 'told')"]).refusals()


def test_a_long_row_of_a_table_goes_on_below() -> None:
    text = "| command | event | refusal |\n|---|---|---|\n| do | a.b | x, y |\n| | | z |\n| rest | c.d | |\n"
    assert rows(text) == [
        Row("do", frozenset({"a.b"}), frozenset("xyz")),
        Row("rest", frozenset({"c.d"}), frozenset()),
    ]
