"""A commitment's title: what a rule and its parameters promise, in a few French words; its clause lies beside it.

Pure. A rule that is not known here speaks in its own words.
"""

from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction
from typing import Any, Final

from services.web.typography import count, day, fr, percent
from services.web.words import PERIODS, category

INDICES: Final[Mapping[str, str]] = {
    "IPC_HT_AVG": "l’inflation hors tabac",
    "PMSS": "l’évolution du plafond de la Sécurité sociale",
    "ONDAM": "l’objectif national de dépenses d’assurance maladie",
}

_MONTHS: Final = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
    "décembre",
)  # fmt: skip

Params = Mapping[str, Any]


def title(clause: Mapping[str, Any]) -> str:
    """A commitment in a few words, typeset: made from its rule where we know it, else its own words."""
    written = _TITLES.get(clause["rule"])
    return fr(written(clause["params"])) if written else str(clause["wording"])


def _freeze(params: Params) -> str:
    if params.get("until"):
        return f"Prix gelés jusqu’au {day(date.fromisoformat(str(params['until'])))}"
    return f"Prix gelés pendant {count(int(params['months']), 'mois', 'mois')}"


def _annual(params: Params) -> str:
    kept = ", les années sans hausse reportées" if params.get("carry_over") else ""
    return f"Pas plus de {percent(str(params['max_rise_percent']))} de hausse {_period(params)}{kept}"


def _indexed(params: Params) -> str:
    margin = str(params.get("margin_points", "0"))
    plus = f" plus {_points(margin)}" if Fraction(margin) else ""
    ceiling = params.get("ceiling_percent")
    most = f", {percent(str(ceiling))} au plus" if ceiling is not None else ""
    return f"Hausse limitée à {INDICES[str(params['index'])]}{plus} {_period(params)}{most}"


def _cumulative(params: Params) -> str:
    if params.get("max_rise_percent") is not None:
        return f"Pas plus de {percent(str(params['max_rise_percent']))} de hausse sur toute la convention"
    tiers = [
        f"{percent(str(tier['max_rise_percent']))}"
        + (f" à partir du {tier['from_month']}e mois" if int(tier["from_month"]) else " au début")
        for tier in params["tiers"]
    ]
    return f"Hausse totale limitée par paliers : {', '.join(tiers)}"


def _discount(params: Params) -> str:
    return f"Au moins {percent(str(params['min_discount_percent']))} sous le tarif individuel de référence"


def _average(params: Params) -> str:
    return f"Pas plus de {percent(str(params['max_rise_percent']))} de hausse en moyenne des adhérents"


def _structure(params: Params) -> str:
    ratio = params.get("max_ratio")
    fixed = params.get("fixed_brackets", True)
    if ratio is None:
        return "Tranches d’âge inchangées" if fixed else "Tous les âges ont un prix"
    told = f"Le prix le plus élevé vaut au plus {str(ratio).replace('.', ',')} fois le plus bas"
    return f"{told}, tranches d’âge inchangées" if fixed else told


def _ageing(params: Params) -> str:
    told = f"Changer de tranche d’âge coûte au plus {percent(str(params['max_ageing_percent']))}"
    frozen = params.get("freeze_age")
    return f"{told}, rien à partir de {frozen} ans" if frozen is not None else told


def _family(params: Params) -> str:
    told = []
    rank = params.get("free_from_rank")
    if rank is not None:
        told.append(f"Gratuité à partir du {rank}{'er' if rank == 1 else 'e'} enfant")
    couple = str(params.get("couple_discount_percent", "0"))
    if Fraction(couple):
        told.append(f"{percent(couple)} de moins pour un couple")
    return ", ".join(told) or "Avantages pour les familles"


def _category(params: Params) -> str:
    who = category(str(params["category"])).lower()
    return f"Au moins {percent(str(params['min_discount_percent']))} de moins pour la catégorie « {who} »"


def _notice(params: Params) -> str:
    if params.get("fixed_day"):
        told = f"Grille notifiée au plus tard le {_day_of_year(str(params['fixed_day']))} précédent"
    else:
        months = int(params["months"])
        told = "Préavis d’un mois" if months == 1 else f"Préavis de {count(months, 'mois', 'mois')}"
    return f"{told}, avec justificatif" if params.get("requires_justification") else told


def _window(params: Params) -> str:
    days = " ou ".join(_day_of_year(str(each)) for each in params.get("allowed_days", ["01-01"]))
    told = f"Hausses le {days} seulement"
    most = params.get("max_rises_per_period")
    if most is not None:
        told += f", {'une' if most == 1 else most} au plus {_period(params)}"
    return told if params.get("no_retroactivity", True) is False else f"{told}, jamais rétroactives"


def _uniform(params: Params) -> str:
    if params.get("scope") == "ALL":
        return "Même taux de hausse pour toutes les formules et tous les âges"
    return "Même taux de hausse pour tous les âges d’une formule"


def _statutory(params: Params) -> str:
    first, last = (day(date.fromisoformat(str(params[name]))) for name in ("from", "to"))
    return f"Gel légal des prix du {first} au {last}"


_TITLES: Final[Mapping[str, Callable[[Params], str]]] = {
    "PRICE_FREEZE": _freeze,
    "ANNUAL_CAP_FIXED": _annual,
    "ANNUAL_CAP_INDEXED": _indexed,
    "CUMULATIVE_CAP": _cumulative,
    "MIN_DISCOUNT": _discount,
    "WEIGHTED_AVERAGE_CAP": _average,
    "AGE_STRUCTURE": _structure,
    "AGEING_CAP": _ageing,
    "FAMILY_BENEFIT": _family,
    "CATEGORY_DISCOUNT": _category,
    "NOTICE": _notice,
    "CHANGE_WINDOW": _window,
    "UNIFORM_INCREASE": _uniform,
    "STATUTORY_FREEZE": _statutory,
    "NO_FEE": lambda _: "Aucun frais d’adhésion",
    "NO_WAITING_PERIOD": lambda _: "Aucun délai de carence",
}


def _period(params: Params) -> str:
    return PERIODS[str(params.get("period", "CIVIL_YEAR"))]


def _points(margin: str) -> str:
    written = percent(margin).rstrip("%").rstrip()
    return f"{written} {'point' if abs(Fraction(margin)) < 2 else 'points'}"


def _day_of_year(written: str) -> str:
    """`01-01` as « 1er janvier »."""
    month, number = (int(part) for part in written.split("-"))
    return f"{number}{'er' if number == 1 else ''} {_MONTHS[month - 1]}"
