"""What is published about the check of tariffs: a page for each rule and their index, and two JSON Schemas.

All of it is made from the rules, their readers and their examples, by `beffroi docs assess`; a test compares.
"""

import inspect
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from domain.tariffs.assess import (
    RULES,
    Verdict,
    assess,
    finding_to_json,
    read_scenario,
)
from domain.tariffs.assess.rules import Rule
from domain.tariffs.assess.schema import Json, findings_schema, scenario_schema, schema_text, written
from domain.tariffs.assess.shapes import shape_of

PAGES: Final = Path("docs/commitments")
EXAMPLES: Final = PAGES / "examples"
SCHEMAS: Final = Path("docs/schemas")
"""Where all that lies, from the root of the project."""

ROOT: Final = Path(__file__).parent.parent

_MADE: Final = "<!-- Made by `beffroi docs assess` from {}: change that, not this page. -->\n"
_INDEX: Final = """\
# What a convention may promise

A convention promises its tariffs by rules; each has a page with the wording of its clause, its parameters, its verdicts
and an example that can be run. Whether the tariffs in a file keep the promises in it, anyone can check, without a
database and without a network:

    beffroi assess docs/commitments/examples/{example}.json            a table in French
    beffroi assess docs/commitments/examples/{example}.json --json     the findings, for programs

The exit code is 0 when all is kept, 1 when something is not, 2 when the file is wrong. What a file may say is in
[scenario.schema.json](../schemas/scenario.schema.json), what comes out in
[findings.schema.json](../schemas/findings.schema.json). Money is a text such as "47.80", a percentage a text such as
"2.05"; limits are exact and rounded once.

The examples begin with the grid that Caen published in 2024; what follows it is invented.
"""


def documents() -> dict[Path, str]:
    """Every file by its path from the root of the project."""
    pages = {PAGES / f"{kebab(name)}.md": rule_page(rule) for name, rule in RULES.items()}
    return {
        SCHEMAS / "scenario.schema.json": schema_text(scenario_schema()),
        SCHEMAS / "findings.schema.json": schema_text(findings_schema()),
        PAGES / "README.md": index_page(),
        **pages,
    }


def kebab(rule: str) -> str:
    """`annual-cap-fixed` for `ANNUAL_CAP_FIXED`."""
    return rule.lower().replace("_", "-")


def index_page() -> str:
    """The list of all rules."""
    rows = (
        [
            f"[`{name}`]({kebab(name)}.md)",
            rule.prose.title,
            _sentence(_about(rule)[0]),
            f"[{kebab(name)}.json](examples/{kebab(name)}.json)",
        ]
        for name, rule in RULES.items()
    )
    return "\n".join(
        [
            _MADE.format("the rules in domain/tariffs/assess/rules/"),
            _INDEX.format(example=kebab(next(iter(RULES)))),
            *_table(["rule", "in French", "promises that", "example"], rows),
        ]
    )


def rule_page(rule: Rule[Any]) -> str:
    """All that is to be known of one rule."""
    about, more = _about(rule)
    module = inspect.getmodule(rule.judge)
    origin = module.__name__.replace(".", "/") if module else ""
    example = EXAMPLES / f"{kebab(rule.name)}.json"
    parts = [
        _MADE.format(f"{origin}.py and {example}"),
        f"# {rule.name}: {rule.prose.title}\n",
        f"{_sentence(about)}\n",
        *([f"{more}\n"] if more else []),
        "## Wording\n",
        f"> {rule.prose.clause}\n",
        "## Parameters\n",
        *_parameters(rule),
        "## What is compared\n",
        f"- **Anchor:** {rule.prose.anchor}",
        f"- **Limit:** {rule.prose.limit}\n",
        "## Verdicts\n",
        *_table(
            ["verdict", "when"], ([f"`{each.value}`", when] for each, when in rule.prose.verdicts.items())
        ),
        "## Example\n",
        f"{rule.prose.example}\n",
        *_example(example),
    ]
    return "\n".join(parts)


def _about(rule: Rule[Any]) -> tuple[str, str]:
    """What the module of a rule says of it: its first line without the name, and the rest."""
    first, _, rest = (inspect.getdoc(inspect.getmodule(rule.judge)) or "").partition("\n")
    return first.removeprefix(f"{rule.name}: "), rest.strip()


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(headings)} |"
    yield "|---" * len(headings) + "|"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |"
    yield ""


# Parameters


def _parameters(rule: Rule[Any]) -> Iterator[str]:
    definitions: dict[str, Json] = {}
    schema = written(shape_of(rule.read).keywords, definitions)
    properties: Mapping[str, Json] = schema["properties"]
    if not properties:
        yield "None.\n"
        return
    yield from _table(
        ["parameter", "takes", "if absent", "meaning"],
        (
            [
                f"`{name}`",
                _kind(value),
                _absent(value, required=name in schema["required"]),
                value.get("description", ""),
            ]
            for name, value in properties.items()
        ),
    )


def _absent(value: Json, *, required: bool) -> str:
    if required:
        return "required"
    default = value["default"]
    return "none" if default is None else f"`{json.dumps(default)}`"


_NAMED: Final = {
    "day": "a day",
    "decimal": "a decimal number",
    "discount": "a percentage",
    "instant": "an instant",
    "month-day": "a month and day",
    "money": "euros",
    "percentage": "a percentage",
    "text": "a name",
}


def _kind(schema: Json) -> str:
    """What a value is, in words."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return _NAMED.get(name, name)
    if "enum" in schema:
        return ", ".join(f"`{each}`" for each in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_kind(each) for each in schema["anyOf"] if each != {"type": "null"})
    match schema.get("type"):
        case "boolean":
            return "`true` or `false`"
        case "integer":
            return f"a whole number from {schema['minimum']} to {schema['maximum']}"
        case "array":
            return f"a list, each {_kind(schema['items'])}"
        case "object":
            inner = ", ".join(f"`{name}` ({_kind(value)})" for name, value in schema["properties"].items())
            return f"an object with {inner}"
    return f"a number such as `{schema['examples'][0]}`"


# The example


def _example(path: Path) -> Iterator[str]:
    """What the file says, what is found in it, and how to find it again."""
    scenario: Json = json.loads((ROOT / path).read_text(encoding="utf-8"))
    convention = scenario["convention"]
    yield f"In [{path.name}](examples/{path.name}) a convention from {convention['starts_on']} promises:\n"
    for commitment in convention["commitments"]:
        params = ", ".join(f"`{key}` {_value(value)}" for key, value in commitment["params"].items())
        yield f"- `{commitment['id']}` `{commitment['rule']}`{': ' if params else ''}{params}"
    yield ""
    yield from _grids(scenario["grids"])
    for key, title in _OTHERS.items():
        if scenario.get(key):
            yield f"{title}:\n"
            yield from _rows_of(scenario[key])
    findings = assess(read_scenario(scenario))
    yield "### Findings\n"
    yield f"    beffroi assess {path}\n"
    told = [finding_to_json(finding) for finding in findings]
    several = len(convention["commitments"]) > 1
    yield from _table(
        [*(["commitment"] if several else []), *_FINDING_HEADINGS],
        ([*([f"`{each['commitment']}`"] if several else []), *_finding_row(each)] for each in told),
    )
    yield "In words, the first of each kind:\n"
    for verdict in Verdict:
        first = next((each for each in told if each["verdict"] == verdict.value), None)
        if first is not None:
            yield f"- `{verdict.value}`: {first['reason']}"
    yield ""


_OTHERS: Final = {
    "reference_grids": "Reference grids",
    "indices": "Indices",
    "headcounts": "Headcounts",
    "exemptions": "Exemptions",
    "members": "Members",
    "quotes": "Quotes",
}
_FINDING_HEADINGS: Final = ("grid", "about", "from", "to", "verdict", "anchor", "limit", "observed", "excess")


def _finding_row(finding: Mapping[str, Any]) -> list[str]:
    about = finding["subject"] or (_cell(finding["cell"]) if finding["cell"] else "")
    figures = [finding[key] for key in ("anchor", "limit", "observed", "excess")]
    return [
        finding["grid"] or "",
        about,
        finding["from"],
        finding["to"] or "",
        finding["verdict"],
        *(figure or "" for figure in figures),
    ]


def _grids(grids: Sequence[Json]) -> Iterator[str]:
    """Prices side by side: a row a cell, a column a grid."""
    prices: dict[str, dict[str, str]] = {}
    for grid in grids:
        for cell in grid["cells"]:
            parent = f" (from {_cell(cell['parent'])})" if cell.get("parent") else ""
            prices.setdefault(_cell(cell), {})[grid["id"]] = cell["monthly"] + parent
    yield "Grids, in euros a month:\n"
    dates = [("takes effect", "effective_on"), ("notified", "notified_on")]
    if any(not grid["recorded_at"].startswith(grid["notified_on"]) for grid in grids):
        dates.append(("recorded", "recorded_at"))
    rows = [[title, *(grid[key] for grid in grids)] for title, key in dates]
    for title, key in [
        ("corrects", "corrects"),
        ("justified", "justified"),
        ("declares", "declared_rise_percent"),
    ]:
        if any(grid.get(key) for grid in grids):
            rows.append([title, *(_value(grid.get(key)) for grid in grids)])
    rows += [[name, *(by_grid.get(grid["id"], "") for grid in grids)] for name, by_grid in prices.items()]
    yield from _table(["", *(grid["id"] for grid in grids)], rows)


def _rows_of(things: Sequence[Json]) -> Iterator[str]:
    keys = list(dict.fromkeys(key for thing in things for key in thing))
    yield from _table(
        [f"`{key}`" for key in keys],
        (
            [" ÷ ".join(thing[key]) if key == "factor" else _value(thing.get(key)) for key in keys]
            for thing in things
        ),
    )


def _value(value: Any) -> str:
    """A value of the file on one line of a page."""
    if isinstance(value, dict):
        if "age" in value:
            return f"{_cell(value)} aged {value['age']}"
        if "age_from" in value:
            rest = value.get("monthly", value.get("count"))
            return f"{_cell(value)}: {rest}"
        return ", ".join(f"{key} {_value(item)}" for key, item in value.items())
    if isinstance(value, list):
        return "; ".join(_value(item) for item in value)
    if value is None:
        return ""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _cell(cell: Mapping[str, Any]) -> str:
    """`N1 adult 50+`: a cell, or as much of one as there is."""
    named = [cell["formula"], cell.get("category", "general"), cell.get("role", "adult")]
    said = [each for each in named if each not in {None, "general"}]
    first, last = cell.get("age_from"), cell.get("age_to")
    if first is not None:
        said.append(f"{first}+" if last is None else f"{first}–{last}")
    return " ".join(said)
