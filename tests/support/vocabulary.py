"""What the source of the contexts says: which commands decide, which events they record, which refusals they give.

Read from the syntax trees, so that a table in a docstring can be compared with what the code does.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from domain.aggregate import Aggregate
from domain.catalogue import AGGREGATES
from domain.events import Event, registered

ROOT: Final = Path(__file__).parents[2]
CONTEXTS: Final = tuple(sorted({kind.__module__.split(".")[1] for kind in AGGREGATES.values()}))

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Row(NamedTuple):
    """One command of a context's table."""

    command: str
    events: frozenset[str]
    refusals: frozenset[str]


class Source:
    """The functions of some Python files, and who calls whom by name."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.functions: dict[str, list[Function]] = {}
        for text in texts:
            for node in _outermost(ast.parse(text)):
                self.functions.setdefault(node.name, []).append(node)

    def refusals(self) -> set[str]:
        """The codes of all refusals."""
        return {code for nodes in self.functions.values() for node in nodes for code in _refusals(node)}

    def refusals_of(self, command: str) -> set[str]:
        """The codes of the refusals that a command may give: its own, those of its callers and of what they call."""
        waiting = [*self.functions[command], *self._callers(command)]
        seen: set[int] = set()
        codes: set[str] = set()
        while waiting:
            node = waiting.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            codes |= _refusals(node)
            waiting += [found for name in _calls(node) for found in self.functions.get(name, ())]
        return codes

    def _callers(self, command: str) -> Iterator[Function]:
        for nodes in self.functions.values():
            yield from (node for node in nodes if command in _calls(node))


def rows(table: str) -> list[Row]:
    """The rows of the table in a context's docstring; a row without a command continues the one before."""
    found: list[Row] = []
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|") or cells[0] == "command" or set(cells[0]) == {"-"}:
            continue
        events, refusals = (frozenset(filter(None, cell.split(", "))) for cell in cells[1:3])
        if cells[0]:
            found.append(Row(cells[0], events, refusals))
        else:
            last = found.pop()
            found.append(Row(last.command, last.events | events, last.refusals | refusals))
    return found


def domain_and_commands() -> Source:
    """The source of the contexts and of their commands; the check of tariffs speaks of scenarios, not of commands."""
    files = [file for file in (ROOT / "domain").rglob("*.py") if "assess" not in file.parts]
    files += (ROOT / "services" / "commands").glob("*.py")
    return Source(file.read_text() for file in files)


def commands(context: str) -> Mapping[str, frozenset[str]]:
    """The topics that each deciding method of a context's aggregates records."""
    found: dict[str, frozenset[str]] = {}
    for aggregate in AGGREGATES.values():
        if aggregate.__module__.split(".")[1] == context:
            text = (ROOT / Path(*aggregate.__module__.split("."))).with_suffix(".py").read_text()
            for node in _outermost(ast.parse(text)):
                topics = frozenset(_topics(node, aggregate))
                if topics:
                    found[node.name] = topics
    return found


def events_of(context: str) -> dict[str, type[Event]]:
    """The events of a context, by topic."""
    return {
        cls.topic: cls for cls in registered().values() if cls.__module__.startswith(f"domain.{context}.")
    }


def _outermost(tree: ast.AST) -> Iterator[Function]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, Function):
            yield node
        else:
            yield from _outermost(node)


def _called(node: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for call in ast.walk(node):
        if isinstance(call, ast.Call):
            match call.func:
                case ast.Name(name):
                    yield name, call
                case ast.Attribute(value=ast.Constant()):
                    pass  # ", ".join is not a member who joins
                case ast.Attribute(attr=name):
                    yield name, call


def _calls(node: ast.AST) -> set[str]:
    return {name for name, _ in _called(node)}


def _refusals(node: ast.AST) -> set[str]:
    codes = set()
    for name, call in _called(node):
        match name, call.args:
            case "Refused", [ast.Constant(str(code)), *_]:
                codes.add(code)
            case "Refused", [ast.JoinedStr(values=[_, ast.Constant("-taken")]), *_]:
                pass  # the claims below say of what
            case "Refused", _:
                raise AssertionError(f"line {call.lineno}: the code of a refusal is written out")
            case "Claim", [_, ast.Constant(str(kind)), *_]:
                codes.add(f"{kind}-taken")
    return codes


def _topics(node: Function, aggregate: type[Aggregate]) -> Iterator[str]:
    for name, call in _called(node):
        if name == "begin":
            yield aggregate.begins_with.topic
        elif name == "record":
            match call.args:
                case [ast.Name(event_name), *_]:
                    yield next(cls.topic for cls in registered().values() if cls.__name__ == event_name)
