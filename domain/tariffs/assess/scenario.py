"""Reads a scenario: every wrong thing is refused with its JSON path, what was expected there and what was found.

No value is guessed and none is converted: a number where money is expected is an error, as is an unknown key.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import TypeVar

from domain.tariffs.assess.model import (
    Cell,
    Commitment,
    Convention,
    Exemption,
    Grid,
    Member,
    Quote,
    ReferenceGrid,
    Scenario,
)
from domain.tariffs.assess.parts import (
    read_cell_list,
    read_exemption,
    read_grid,
    read_headcount,
    read_index_value,
    read_member,
    read_quote,
    read_reference_grid,
    refuse_before,
    refuse_repeats,
)
from domain.tariffs.assess.reading import (
    ABSENT,
    Field,
    ScenarioError,
    day,
    decode,
    describe,
    instant,
    items,
    maybe,
    money,
    record,
    text,
    whole,
)
from domain.tariffs.assess.rules import RULES, unknown_rule
from domain.tariffs.assess.shapes import shaped

T = TypeVar("T")


def read_scenario(raw: object) -> Scenario:
    """The scenario in a JSON document (bytes or text) or in the values of one; ScenarioError when it is wrong."""
    return _from_root(scenario_reader, raw)


def read_cells(raw: object) -> tuple[Cell, ...]:
    """The cells of one grid, from JSON or values; paths begin at the list: `$[3].monthly`."""
    return _from_root(read_cell_list, raw)


def read_commitment(raw: object) -> Commitment:
    """One commitment, from JSON or values; paths begin at it: `$.params.period`."""
    return _from_root(_commitment, raw)


def _from_root(reader: Callable[[object], T], raw: object) -> T:
    if isinstance(raw, bytes | bytearray | memoryview):
        raw = decode(bytes(raw))
    elif isinstance(raw, str):
        raw = decode(raw)
    try:
        return reader(raw)
    except ScenarioError as wrong:
        raise wrong.under("$") from None
    except RecursionError:
        raise ScenarioError("$", "values that are not nested so deeply", "a deeper nesting") from None


# The convention


def _make_convention(
    *,
    id: str,  # noqa: A002 (the keys of the file)
    signed_on: date | None,
    starts_on: date,
    ends_on: date,
    fees: int | None,
    waiting_period_days: int | None,
    commitments: tuple[Commitment, ...],
) -> Convention:
    refuse_before("ends_on", ends_on, starts_on)
    refuse_repeats((promise.id for promise in commitments), ".commitments[{}].id", "an id of its own")
    return Convention(id, starts_on, ends_on, commitments, signed_on, fees, waiting_period_days)


def _make_commitment(id: str, rule: str, params: object) -> Commitment:  # noqa: A002 (the keys of the file)
    known = RULES.get(rule)
    if known is None:
        raise unknown_rule(rule, RULES).under(".rule")
    try:
        return Commitment(id, rule, known.read(params))
    except ScenarioError as wrong:
        raise wrong.under(".params") from None


@shaped({"type": "object"})
def _anything(value: object) -> object:
    if value is ABSENT:
        raise ScenarioError("", "an object", describe(value))
    return value


@shaped({"enum": [*RULES]})
def _rule_name(value: object) -> str:
    return text(value)


_commitment = record(
    _make_commitment,
    {
        "id": Field(text, about="Its name in this file."),
        "rule": Field(_rule_name, about="The rule that is promised."),
        "params": Field(_anything, {}, "The parameters of that rule."),
    },
    "commitment",
)
_convention = record(
    _make_convention,
    {
        "id": Field(text, about="Its name."),
        "signed_on": Field(maybe(day), None, "The day on which it was signed."),
        "starts_on": Field(day, about="Its first day; convention years are counted from it."),
        "ends_on": Field(day, about="Its last day. Grids are judged after it too."),
        "fees": Field(maybe(money), None, "What joining costs beside the contribution."),
        "waiting_period_days": Field(
            maybe(whole(0, 100_000)), None, "How long after joining nothing is reimbursed."
        ),
        "commitments": Field(items(_commitment), about="What it promises."),
    },
    "convention",
)


# The whole file


def _make_scenario(**said: object) -> Scenario:
    scenario = Scenario(**said)  # type: ignore[arg-type] # the fields below have read each of them
    named: dict[str, Sequence[Grid | ReferenceGrid | Exemption | Member | Quote]] = {
        "grids": scenario.grids,
        "reference_grids": scenario.reference_grids,
        "exemptions": scenario.exemptions,
        "members": scenario.members,
        "quotes": scenario.quotes,
    }
    for name, things in named.items():
        refuse_repeats((thing.id for thing in things), f".{name}[{{}}].id", "an id of its own")
    refuse_repeats(
        (count.taken_on for count in scenario.headcounts), ".headcounts[{}]", "one headcount a day"
    )
    refuse_repeats(
        ((value.index, value.year, value.published_on) for value in scenario.indices),
        ".indices[{}]",
        "one value for an index, a year and a day of publication",
    )
    _refuse_wrong_corrections(scenario.grids)
    promised = {promise.id for promise in scenario.convention.commitments}
    for place, exemption in enumerate(scenario.exemptions):
        for spot, commitment in enumerate(exemption.commitments):
            if commitment not in promised:
                path = f".exemptions[{place}].commitments[{spot}]"
                raise ScenarioError(path, "the id of a commitment of the convention", describe(commitment))
    for promise in scenario.convention.commitments:
        RULES[promise.rule].check(promise.params, scenario)
    return scenario


def _refuse_wrong_corrections(grids: tuple[Grid, ...]) -> None:
    corrected = {grid.id: grid.corrects for grid in grids}
    sound: set[str | None] = {None}
    for place, grid in enumerate(grids):
        path = f".grids[{place}].corrects"
        if grid.corrects is not None and grid.corrects not in corrected:
            raise ScenarioError(path, "the id of a grid of this file, or null", describe(grid.corrects))
        chain: set[str] = set()
        link: str | None = grid.id
        while link not in sound and link is not None:
            if link in chain:
                raise ScenarioError(path, "an earlier grid", "a grid that corrects this one in its turn")
            chain.add(link)
            link = corrected.get(link)
        sound.update(chain)


scenario_reader = record(
    _make_scenario,
    {
        "convention": Field(_convention, about="What was promised."),
        "grids": Field(items(read_grid), about="The prices, in any order."),
        "reference_grids": Field(items(read_reference_grid), (), "The insurer's own tariffs, for discounts."),
        "indices": Field(items(read_index_value), (), "Published figures that caps follow."),
        "headcounts": Field(items(read_headcount), (), "How many people pay which price."),
        "exemptions": Field(items(read_exemption), (), "What the town allowed."),
        "members": Field(items(read_member), (), "People whose price changes with their age."),
        "quotes": Field(items(read_quote), (), "What households are asked to pay."),
        "as_known_at": Field(
            maybe(instant), None, "Judge by what was known at this instant; null: by everything in the file."
        ),
    },
)
