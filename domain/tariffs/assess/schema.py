"""The published JSON Schemas (draft 2020-12) of a scenario and of a report, made from the readers themselves.

What a reader takes, its schema takes; a reader may refuse more, such as an id that nothing in the file has.
"""

import json
from collections.abc import Callable, Mapping
from enum import Enum
from fractions import Fraction
from typing import Any, Final

from domain.money import format_decimal, format_euros
from domain.tariffs.assess.findings import Verdict
from domain.tariffs.assess.month_days import MonthDay
from domain.tariffs.assess.reading import REQUIRED, Field, day
from domain.tariffs.assess.rules import RULES
from domain.tariffs.assess.scenario import scenario_reader
from domain.tariffs.assess.shapes import Shape, shape_of

Json = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def scenario_schema() -> Json:
    """The schema of what `read_scenario` takes."""
    schema = published(
        shape_of(scenario_reader),
        "urn:beffroi:scenario",
        "Scenario",
        "A convention, its grids and whatever else bears on its commitments: what `beffroi assess` reads.",
        {rule.name: shape_of(rule.read) for rule in RULES.values()},
    )
    definitions = schema["$defs"]
    definitions["commitment"]["allOf"] = [_params_of(name, definitions[name]) for name in RULES]
    return schema


def _params_of(rule: str, params: Json) -> Json:
    """That a commitment to a rule has the parameters of that rule; they may be left out where none is required."""
    then: Json = {"properties": {"params": {"$ref": f"#/$defs/{rule}"}}}
    if params.get("required"):
        then["required"] = ["params"]
    return {"if": {"properties": {"rule": {"const": rule}}, "required": ["rule"]}, "then": then}


def findings_schema() -> Json:
    """The schema of what `beffroi assess --json` writes."""
    return published(
        Shape(_report()),
        "urn:beffroi:findings",
        "Findings",
        "Whether each commitment is kept, cell by cell and grid by grid: what `beffroi assess --json` writes.",
    )


def schema_text(schema: Json) -> str:
    """A schema as the file that is published."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def published(
    shape: Shape, identity: str, title: str, description: str, named: Mapping[str, Shape] | None = None
) -> Json:
    """A whole schema, its definitions in the order of their names; `named` are there though nothing refers to them."""
    definitions: dict[str, Json] = {}
    for name, part in (named or {}).items():
        written(Shape(part.keywords, name), definitions)
    root = written(shape.keywords, definitions)
    return {
        "$schema": DIALECT,
        "$id": identity,
        "title": title,
        "description": description,
        **root,
        "$defs": dict(sorted(definitions.items())),
    }


def written(value: Any, definitions: dict[str, Json]) -> Any:
    """A part of a schema with nothing but JSON in it; what has a name is defined once and referred to."""
    if isinstance(value, Field):
        said = written(value.read, definitions)
        about = {"description": value.about} if value.about else {}
        default = plain_default(value)
        return {**said, **about, **({} if default is REQUIRED else {"default": default})}
    if isinstance(value, Shape):
        if not value.name:
            return written(value.keywords, definitions)
        if value.name not in definitions:
            definitions[value.name] = {}
            definitions[value.name] = written(value.keywords, definitions)
        return {"$ref": f"#/$defs/{value.name}"}
    if isinstance(value, Mapping):
        return {key: written(item, definitions) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [written(item, definitions) for item in value]
    return written(shape_of(value), definitions) if isinstance(value, Callable) else value  # type: ignore[arg-type] # mypy knows no class Callable


def plain_default(field: Field) -> object:
    """What a file would say for the default of a key; REQUIRED when it has none."""
    if type(field.default) is int and shape_of(field.read).name == "money":
        return format_euros(field.default)
    return _plain(field.default)


def _plain(default: object) -> object:
    if isinstance(default, Fraction):
        return format_decimal(default, 12).rstrip("0").rstrip(".")
    if isinstance(default, Enum):
        return default.value
    if isinstance(default, MonthDay):
        return f"{default.month:02d}-{default.day:02d}"
    return [_plain(item) for item in default] if isinstance(default, tuple) else default


# What a report is made of


def _about(description: str, kind: object) -> Json:
    return {"description": description, **(kind if isinstance(kind, dict) else {"anyOf": [kind]})}


def _closed(properties: Json, optional: tuple[str, ...] = ()) -> Json:
    return {
        "type": "object",
        "properties": properties,
        "required": [key for key in properties if key not in optional],
        "additionalProperties": False,
    }


def _report() -> Json:
    text = {"type": "string"}
    text_or_null = {"type": ["string", "null"]}
    age = {"type": ["integer", "null"]}
    null = {"type": "null"}
    figure = Shape(
        {
            "anyOf": [{"type": "string", "pattern": r"^-?(0|[1-9][0-9]*)(\.[0-9]{2})?$"}, day, null],
            "description": "Euros or a percentage with two decimals, a number of days or of grids, or a day.",
        },
        "figure",
    )
    cell = _closed(
        {
            "formula": text_or_null,
            "category": text_or_null,
            "role": text_or_null,
            "age_from": age,
            "age_to": age,
        }
    )
    finding = _closed(
        {
            "commitment": _about("Which commitment.", text),
            "rule": _about("The rule that it promises.", {"enum": [*RULES]}),
            "grid": _about("The grid judged; null where the rule looks at none.", text_or_null),
            "cell": _about(
                "The cell judged, or as much of one as the rule looks at.", {"anyOf": [cell, null]}
            ),
            "subject": _about("The member or the quote judged.", text_or_null),
            "from": _about("The first day of this verdict.", day),
            "to": _about("The last day; null: until further notice.", {"anyOf": [day, null]}),
            "verdict": _about("What can be said.", {"enum": [verdict.value for verdict in Verdict]}),
            "anchor": _about("What the limit is built on.", figure),
            "limit": _about("The limit that decided.", figure),
            "observed": _about("What was found.", figure),
            "excess": _about("How far above the limit it is.", figure),
            "reason": _about("One sentence, in French.", text),
            "exemptions": _about(
                "The exemptions that were needed; there only when the verdict is EXEMPTED.",
                {"type": "array", "items": text, "minItems": 1},
            ),
        },
        optional=("exemptions",),
    )
    exempted = {"properties": {"verdict": {"const": Verdict.EXEMPTED.value}}}
    finding |= {
        "if": exempted,
        "then": {"required": ["exemptions"]},
        "else": {"properties": {"exemptions": False}},
    }
    counted = {verdict.value: {"type": "integer", "minimum": 0} for verdict in Verdict}
    return _closed(
        {
            "findings": _about(
                "By commitment as in the file, grid by date, cell, subject and first day.",
                {"type": "array", "items": Shape(finding, "finding")},
            ),
            "summary": _about("How many findings have each verdict.", _closed(dict(counted))),
        }
    )
