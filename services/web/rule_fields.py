"""The parameters of a rule as fields of a form, made from the rule's own readers: what is typed becomes what they read.

Pure. An empty field is a parameter that is not written; what is wrong is told by the name of its parameter.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

import msgspec

from domain.money import format_euros
from domain.partnerships.terms import Parameter
from domain.tariffs.assess import RULES, ScenarioError
from domain.tariffs.assess.reading import REQUIRED, Field
from domain.tariffs.assess.schema import plain_default
from domain.tariffs.assess.shapes import Shape, shape_of
from services.web import params
from services.web.forms import WrongValueError, cents, day, text

Kind = Literal[
    "percent", "number", "euros", "whole", "day", "day_of_year", "days", "tiers", "choice", "flag", "text"
]

_NUMBER: Final = re.compile(r"(-?)0*(\d{1,12})(?:[.,](\d{1,12}))?", re.ASCII)
_DAY_OF_YEAR: Final = re.compile(r"(\d{1,2})[-/.](\d{1,2})", re.ASCII)
# « 0:0,12:3 » has two tiers, « 0:2,5 » has one.
_TIER: Final = re.compile(
    r"(\d{1,4})\s*:\s*(\d{1,6}(?:\.\d{1,12}|,\d{1,12}(?!\s*:|\d))?)\s*%?\s*(?:[,;\s]\s*|$)", re.ASCII
)
_FLAGS: Final[Mapping[str, bool]] = {"oui": True, "non": False}
_BY_NAME: Final[Mapping[str, Kind]] = {
    "percentage": "percent", "discount": "percent", "day": "day", "money": "euros", "month-day": "day_of_year",
    "text": "text",
}  # fmt: skip
_WRONG: Final[Mapping[Kind, str]] = {
    "percent": "Écrivez un pourcentage comme 3 ou 2,5.",
    "number": "Écrivez un nombre comme 2 ou 1,56.",
    "euros": "Écrivez un montant comme 0,01.",
    "day": "Écrivez une date comme 25/11/2026.",
    "day_of_year": "Écrivez un jour puis un mois, comme 31-10.",
    "days": "Écrivez des jours comme 01-01, 01-07 : le jour puis le mois, séparés par des virgules.",
    "tiers": "Écrivez des paliers comme 0:0, 12:3 : le mois, deux-points, la hausse en %.",
    "choice": "Choisissez dans la liste.",
    "flag": "Choisissez dans la liste.",
    "text": "Écrivez un texte d’une ligne.",
}
_EITHER_DAY: Final = "Écrivez un dernier jour ou une durée en mois : l’un des deux."
_TOGETHER: Final[Mapping[str, tuple[str, str]]] = {
    "PRICE_FREEZE": ("until", _EITHER_DAY),
    "PRICE_FREEZE.months": ("months", _EITHER_DAY),
    "NOTICE": ("months", _EITHER_DAY),
    "NOTICE.fixed_day": ("fixed_day", _EITHER_DAY),
    "CUMULATIVE_CAP": ("max_rise_percent", "Écrivez une hausse permise ou des paliers."),
    "CUMULATIVE_CAP.tiers": (
        "tiers",
        "Rangez les paliers du premier mois au dernier, sans répétition, et n’écrivez pas aussi une hausse permise.",
    ),
    "ANNUAL_CAP_INDEXED.ceiling_percent": (
        "ceiling_percent",
        "Le plafond ne peut pas être sous le plancher.",
    ),
    "CATEGORY_DISCOUNT.base_category": (
        "base_category",
        "Écrivez une autre catégorie que celle qui paie moins.",
    ),
    "STATUTORY_FREEZE.to": ("to", "Le dernier jour vient avant le premier. Corrigez l’un des deux."),
}
"""What a rule demands of several parameters together: the field that is told so, and in which words."""


class ParamField(msgspec.Struct, frozen=True, kw_only=True):
    """One parameter as a field; `options` are the choices with their words, `empty` the one that writes nothing."""

    name: str
    kind: Kind
    label: str
    hint: str = ""
    options: tuple[tuple[str, str], ...] = ()
    empty: str = ""
    wrong: str


def fields_of(rule: str) -> tuple[ParamField, ...]:
    """The fields of a rule, in the order of its parameters."""
    return tuple(_field(rule, name, field) for name, field in _known(rule).items())


def written(field: ParamField, value: object) -> str:
    """A parameter as people type it; empty when it is not written."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, list):
        return ", ".join(_item(each) for each in value)
    if field.kind == "day_of_year":
        return _turned(str(value))
    return str(value).replace(".", ",") if field.kind in {"percent", "number", "euros"} else str(value)


def read_params(
    rule: str, typed: Mapping[str, str], held: Mapping[str, Parameter]
) -> tuple[dict[str, Parameter], dict[str, str]]:
    """The parameters of a rule from its fields, and what is wrong by name; what is typed as it was `held` stays so."""
    found: dict[str, Parameter] = {}
    wrong: dict[str, str] = {}
    for field in fields_of(rule):
        said = typed.get(field.name, "").strip()
        if field.name in held and said == written(field, held[field.name]):
            found[field.name] = held[field.name]
        elif said:
            try:
                found[field.name] = _READ[field.kind](said)
                _known(rule)[field.name].read(found[field.name])
            except (WrongValueError, ScenarioError):
                wrong[field.name] = field.wrong
        elif _known(rule)[field.name].default is REQUIRED:
            wrong[field.name] = field.wrong
    if not wrong:
        try:
            RULES[rule].read(found)
        except ScenarioError as together:
            name = (re.findall(r"\w+", together.path) or [""])[0]
            known = _TOGETHER.get(f"{rule}.{name}" if name else rule)
            told = known or (name or next(iter(_known(rule))), "Corrigez cette valeur.")
            wrong[told[0]] = told[1]
    return found, wrong


def _known(rule: str) -> Mapping[str, Field]:
    properties: Mapping[str, Field] = shape_of(RULES[rule].read).keywords["properties"]  # type: ignore[assignment] # record() makes it
    return properties


def _field(rule: str, name: str, field: Field) -> ParamField:
    shape = _plain_shape(field)
    kind = _kind(name, shape)
    default = plain_default(field)
    optional, known = default is not REQUIRED, params.hint(rule, name)
    by_default = params.told(name, default) if optional and default is not None else ""
    options: tuple[tuple[str, str], ...] = ()
    empty = ""
    if kind in {"choice", "flag"}:
        codes = list(_FLAGS) if kind == "flag" else [str(code) for code in _listed(shape.keywords["enum"])]
        options = tuple((code, _upper(params.word(code))) for code in codes)
        empty = f"Non précisé : {by_default}" if optional else "Choisir"
    elif by_default:
        known = f"{known} {_upper(by_default)} si rien n’est écrit.".strip()
    unit = {"percent": ", en %", "euros": ", en euros"}.get(kind, "")
    wrong = _WRONG.get(kind) or "Écrivez un nombre entier de {minimum} à {maximum}.".format_map(
        shape.keywords
    )
    if shape.name == "discount":
        wrong = "Écrivez un pourcentage de 0 à 100."
    may_be_empty = " (facultatif)" if optional and not options else ""
    return ParamField(
        name=name, kind=kind, label=f"{params.label(name)}{unit}{may_be_empty}", hint=known, options=options,
        empty=empty, wrong=wrong,
    )  # fmt: skip


def _plain_shape(field: Field) -> Shape:
    """The shape of what a key takes, null aside."""
    shape = shape_of(field.read)
    either = shape.keywords.get("anyOf")
    return shape_of(_listed(either)[0]) if either else shape


def _listed(value: object) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _kind(name: str, shape: Shape) -> Kind:
    said = shape.keywords
    if shape.name in _BY_NAME:
        return _BY_NAME[shape.name]
    if "enum" in said:
        return "choice"
    if said.get("type") == "boolean":
        return "flag"
    if said.get("type") == "integer":
        return "whole"
    if said.get("type") == "array":
        item: Any = said["items"]
        return "days" if shape_of(item).name == "month-day" else "tiers"
    return "percent" if name.endswith("_percent") else "number"


def _number(said: str) -> str:
    match = _NUMBER.fullmatch(re.sub(r"[\s%]", "", said).replace("−", "-"))
    if match is None:
        raise WrongValueError
    decimals = (match[3] or "").rstrip("0")
    return f"{match[1]}{match[2]}{'.' if decimals else ''}{decimals}"


def _day_of_year(said: str) -> str:
    match = _DAY_OF_YEAR.fullmatch(said)
    if match is None:
        raise WrongValueError
    return f"{int(match[2]):02d}-{int(match[1]):02d}"


def _tiers(said: str) -> list[str | dict[str, str | int]]:
    found: list[str | dict[str, str | int]] = []
    at = 0
    while at < len(said):
        match = _TIER.match(said, at)
        if match is None:
            raise WrongValueError
        found.append({"from_month": int(match[1]), "max_rise_percent": _number(match[2])})
        at = match.end()
    return found


def _days(said: str) -> list[str | dict[str, str | int]]:
    return [_day_of_year(each) for each in re.split(r"[,;\s]+", said) if each]


def _whole(said: str) -> int:
    digits = re.sub(r"\s", "", said)
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        raise WrongValueError
    return int(digits)


def _flag(said: str) -> bool:
    if said not in _FLAGS:
        raise WrongValueError
    return _FLAGS[said]


_READ: Final[Mapping[Kind, Callable[[str], Parameter]]] = {
    "percent": _number,
    "number": _number,
    "euros": lambda said: format_euros(cents(said)),
    "whole": _whole,
    "day": lambda said: day(said).isoformat(),
    "day_of_year": _day_of_year,
    "days": _days,
    "tiers": _tiers,
    "choice": text,
    "flag": _flag,
    "text": text,
}
"""What a file would say for what was typed; WrongValueError when nobody could say."""


def _item(value: object) -> str:
    if isinstance(value, Mapping):
        return f"{value['from_month']}:{str(value['max_rise_percent']).replace('.', ',')}"
    return _turned(str(value))


def _turned(month_day: str) -> str:
    """`10-31` as `31-10`: the day first, as on every screen."""
    return "-".join(reversed(month_day.split("-")))


def _upper(words: str) -> str:
    return words[:1].upper() + words[1:]
