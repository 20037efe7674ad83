"""What a machine checks of a commitment, parameter by parameter, in French: shown, and asked for."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from services.web.clauses import INDICES
from services.web.typography import count, day, percent
from services.web.words import PERIODS, category

_LABELS: Final[Mapping[str, str]] = {
    "until": "Dernier jour",
    "months": "Durée en mois",
    "max_rise_percent": "Hausse permise",
    "period": "Période",
    "carry_over": "Années sans hausse reportées",
    "rounding": "Arrondi",
    "index": "Indice",
    "margin_points": "Marge au-dessus de l’indice",
    "floor_percent": "Plancher",
    "ceiling_percent": "Plafond de la hausse",
    "as_of": "Indice connu au jour",
    "index_precision": "Précision de l’indice",
    "if_unpublished": "Indice pas encore publié",
    "tiers": "Paliers",
    "min_discount_percent": "Remise minimale",
    "max_ratio": "Rapport maximal entre les âges",
    "fixed_brackets": "Tranches d’âge inchangées",
    "max_ageing_percent": "Effet de l’âge au plus",
    "max_price_percent": "Hausse du prix au plus",
    "combine": "Les deux ensemble",
    "age_basis": "Âge compté",
    "freeze_age": "Plus de hausse à partir de",
    "free_from_rank": "Gratuité à partir de l’enfant",
    "couple_discount_percent": "Remise pour un couple",
    "discount_base": "Remise calculée sur",
    "free_order": "Enfants rangés",
    "category": "Catégorie",
    "base_category": "Comparée à",
    "fixed_day": "Dernier jour de l’année précédente",
    "requires_justification": "Justificatif demandé",
    "allowed_days": "Jours de changement",
    "max_rises_per_period": "Hausses par période",
    "no_retroactivity": "Jamais rétroactif",
    "scope": "Même taux pour",
    "tolerance": "Tolérance",
    "reference_on": "Prix de référence au",
    "from": "Premier jour",
    "to": "Dernier jour",
}
_CODES: Final[Mapping[str, str]] = {
    "HALF_UP": "au centime le plus proche",
    "FLOOR": "au centime inférieur",
    "NOTICE_DATE": "de la notification",
    "EFFECTIVE_DATE": "de l’effet",
    "RATIO": "exacte",
    "PERCENT_2": "deux décimales",
    "INDETERMINATE": "sans verdict",
    "LAST_PUBLISHED": "le dernier publié sert",
    "MULT": "multipliés",
    "ADD": "additionnés",
    "MILLESIME": "par année de naissance",
    "EXACT_AT_1_JAN": "au 1er janvier",
    "EXACT_BIRTHDAY": "au jour même",
    "SUM": "la somme",
    "LINE": "chaque cotisation",
    "BY_AGE": "par âge",
    "CHEAPEST": "les moins chers gratuits",
    "DEAREST": "les plus chers gratuits",
    "FORMULA": "chaque formule",
    "ALL": "toutes les formules",
    **PERIODS,
    **INDICES,
}
_HINTS: Final[Mapping[str, str]] = {
    "PRICE_FREEZE.until": "Cette date, ou une durée en mois : l’une des deux.",
    "PRICE_FREEZE.months": "À partir de la première grille.",
    "CUMULATIVE_CAP.max_rise_percent": "Une hausse, ou des paliers : l’un des deux.",
    "CUMULATIVE_CAP.tiers": "Mois depuis le début, deux-points, hausse en %. Par exemple : 0:0, 12:3.",
    "AGE_STRUCTURE.max_ratio": "Entre le prix le plus élevé et le plus bas. Par exemple : 1,56.",
    "AGEING_CAP.freeze_age": "Un âge en années.",
    "FAMILY_BENEFIT.free_from_rank": "3 pour le troisième enfant.",
    "CATEGORY_DISCOUNT.category": "Écrite comme dans vos grilles.",
    "CATEGORY_DISCOUNT.base_category": "Écrite comme dans vos grilles ; general est le cas général.",
    "NOTICE.months": "Cette durée, ou un dernier jour : l’un des deux.",
    "NOTICE.fixed_day": "Le jour puis le mois. Par exemple : 31-10.",
    "CHANGE_WINDOW.allowed_days": "Le jour puis le mois. Par exemple : 01-01, 01-07.",
}


def label(name: str) -> str:
    """A parameter in a few words."""
    return _LABELS.get(name, name)


def word(code: str) -> str:
    """One of the choices of a parameter, in the middle of a sentence."""
    return _CODES.get(code, code)


def hint(rule: str, name: str) -> str:
    """How to write a parameter; empty where its label says enough."""
    return _HINTS.get(f"{rule}.{name}", "")


def pairs(params: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The parameters that were written, each with its value in words."""
    return [(label(name), told(name, value)) for name, value in params.items() if value is not None]


def told(name: str, value: Any) -> str:
    """The value of a parameter in words."""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if name.endswith("_percent"):
        return percent(str(value))
    if name == "margin_points":
        return f"{percent(str(value)).rstrip('%').rstrip()} points"
    if name in {"until", "reference_on", "from", "to"}:
        return day(date.fromisoformat(str(value)))
    if name == "months":
        return count(int(value), "mois", "mois")
    if name in {"category", "base_category"}:
        return category(str(value)).lower()
    if isinstance(value, list):
        return ", ".join(_listed(each) for each in value)
    return _CODES.get(str(value), str(value).replace(".", ","))


def _listed(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{label(key).lower()} {told(key, part)}" for key, part in value.items())
    month_day = str(value).split("-")
    return f"{month_day[1]}/{month_day[0]}" if len(month_day) == 2 else str(value)
