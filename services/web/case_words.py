"""The French words of a case: its headline by rule, its badge by state, and who did what at each step."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final, NamedTuple

from domain.partnerships.terms import Commitment
from projections.compliance.case_queries import CaseRow, StepRow
from services.web.figures import figure
from services.web.typography import count, day, percent
from services.web.words import PERIODS

CASE_STATES: Final[Mapping[str, str]] = {
    "detected": "Rompu, explication attendue",
    "explained": "Expliqué, réponse de la ville attendue",
    "disputed": "Contesté",
    "formal_notice": "Mise en demeure",
    "accepted": "Accepté",
    "corrected": "Corrigé",
    "notice_given": "Résiliation notifiée",
}

TONES: Final[Mapping[str, str]] = {
    "detected": "broken",
    "explained": "broken",
    "disputed": "disputed",
    "formal_notice": "broken",
    "accepted": "exempted",
    "corrected": "kept",
    "notice_given": "broken",
}
"""Which of the states of the design each state of a case looks like."""

CHANNELS: Final[Mapping[str, str]] = {
    "registered_letter": "lettre recommandée avec avis de réception",
    "hand_delivery": "remise en main propre",
    "email": "courriel",
    "other": "autre moyen",
}

EXEMPTION_KINDS: Final[Mapping[str, str]] = {
    "TAX": "Taxe",
    "LAW": "Évolution de la loi",
    "TRANSFER_AMO": "Transfert de l’assurance maladie obligatoire",
    "LOSS_RATIO": "Sinistralité",
    "DEMOGRAPHY": "Démographie des adhérents",
}

_HEADLINES: Final[Mapping[str, str]] = {
    "PRICE_FREEZE": "Le gel des prix est dépassé de {excess} par mois",
    "ANNUAL_CAP_FIXED": "Le plafond de {rate} est dépassé de {excess} par mois",
    "ANNUAL_CAP_INDEXED": "Le plafond qui suit l’indice est dépassé de {excess} par mois",
    "CUMULATIVE_CAP": "Le plafond cumulé est dépassé de {excess} par mois",
    "WEIGHTED_AVERAGE_CAP": "La hausse moyenne dépasse son plafond de {points}",
    "MIN_DISCOUNT": "La remise promise manque de {excess} par mois",
    "CATEGORY_DISCOUNT": "La réduction promise manque de {excess} par mois",
    "FAMILY_BENEFIT": "L’avantage promis aux familles manque de {excess} par mois",
    "AGE_STRUCTURE": "L’écart promis entre les âges est dépassé de {excess} par mois",
    "AGEING_CAP": "La hausse due à l’âge dépasse son plafond de {excess} par mois",
    "UNIFORM_INCREASE": "Une hausse s’écarte de {excess} par mois de la hausse annoncée",
    "STATUTORY_FREEZE": "Un prix dépasse de {excess} par mois celui que la loi gèle",
    "NOTICE": "Le changement de prix est annoncé {excess} trop tard",
    "NO_FEE": "Des frais de {excess} sont demandés à l’adhésion",
    "NO_WAITING_PERIOD": "Un délai de carence de {excess} est appliqué",
}
_WITHOUT_FIGURE: Final[Mapping[str, str]] = {
    "NOTICE": "Le changement de prix est annoncé sans justificatif",
    "CHANGE_WINDOW": "Des prix changent en dehors de ce qui est convenu",
}


class Told(NamedTuple):
    """A step in words: who did what, and the day that follows from it, if one does."""

    words: str
    then: str
    tone: str | None


_PAST: Final = {
    " est ": " était ", " sont ": " étaient ", " dépasse ": " dépassait ", " manque ": " manquait ",
    " s’écarte ": " s’écartait ", " changent ": " changeaient ", " n’est ": " n’était ", " gèle": " gelait",
}  # fmt: skip


def headline(case: CaseRow, commitment: Commitment | None) -> str:
    """What is wrong, with the greatest excess, as a sentence without a full stop; of a corrected case, what was."""
    told = _wrong(case, commitment)
    if case.state != "corrected":
        return told
    for present, past in _PAST.items():
        told = told.replace(present, past)
    return f"Corrigé : {told[0].lower()}{told[1:]}"


def _wrong(case: CaseRow, commitment: Commitment | None) -> str:
    greatest = case.excess
    sentence = _HEADLINES.get(case.rule)
    if greatest is None or sentence is None or case.rule == "CHANGE_WINDOW":
        return _WITHOUT_FIGURE.get(case.rule, "Un engagement tarifaire n’est pas tenu")
    said = figure(greatest.removeprefix("-"), case.unit) or ""
    return sentence.format(excess=said, points=_points(said), rate=_rate(commitment))


def _points(said: str) -> str:
    """A difference of two percentages is one of points."""
    value = said.removesuffix("%").strip()
    return f"{value} point{'s' if value[:1] not in {'0', '1'} else ''}"


def _rate(commitment: Commitment | None) -> str:
    if commitment is None or "max_rise_percent" not in commitment.params:
        return "hausse"
    period = PERIODS[str(commitment.params.get("period", "CIVIL_YEAR"))]
    return f"{percent(str(commitment.params['max_rise_percent']))} {period}"


def badge(case: CaseRow) -> tuple[str, str]:
    """The state of the design and the word that a case is shown with."""
    if case.verdict == "LEGAL_ALERT" and case.state in {"detected", "explained"}:
        return "broken", "Alerte légale"
    return TONES[case.state], CASE_STATES[case.state]


def step_words(step: StepRow, insurer: str, unit: str) -> Told:
    """A step of a case as a line of its history."""
    facts: Mapping[str, Any] = step.facts
    explain, answer = f"explication due le {_day(facts, 'explain_by')}", _day(facts, "answer_by")
    if step.step == "revised":
        said = figure(facts.get("excess"), unit)
        return Told("Rupture revue", f"le plus grand écart est de {said}" if said else "", "broken")
    if step.step == "corrected":
        grid = facts.get("grid")
        how = f"la grille « {grid} » respecte l’engagement" if grid else "plus aucun prix ne le dépasse"
        return Told("Engagement à nouveau tenu", how, "kept")
    if step.step == "fell_due":
        return Told(*_fell_due(step, insurer), "broken")
    with_exemption = "avec une dérogation" if facts.get("exemption") else "sans dérogation"
    sent = f"envoyée le {_day(facts, 'sent_on')} par {CHANNELS.get(str(facts.get('channel')), '')}"
    return {
        "opened": Told("Rupture constatée", explain, "broken"),
        "reopened": Told("Dossier ouvert à nouveau", explain, "broken"),
        "explained": Told(f"{insurer} s’explique", f"réponse de la ville due le {answer}", None),
        "disputed": Told("La ville conteste", explain, "disputed"),
        "accepted": Told("La ville accepte", with_exemption, "exempted"),
        "formal_notice_sent": Told(
            "Mise en demeure", f"{sent} ; correction due le {_day(facts, 'cure_by')}", "disputed"
        ),
        "notice_given": Told(
            "La ville résilie la convention", f"dernier jour le {_day(facts, 'takes_effect_on')}", "broken"
        ),
    }[step.step]


def _fell_due(step: StepRow, insurer: str) -> tuple[str, str]:
    said = {
        "explanation": f"{insurer} n’a rien expliqué à temps",
        "answer": "La ville n’a pas répondu à temps",
        "cure": f"{insurer} n’a pas corrigé à temps",
    }
    return said[str(step.facts["clock"])], f"délai échu le {_day(step.facts, 'due_on')}"


def _day(facts: Mapping[str, Any], name: str) -> str:
    value = facts.get(name)
    return day(date.fromisoformat(str(value))) if value else "(non fixé)"


def left(due_on: date, today: date) -> str:
    """`09/12/2026, dans 14 jours`; `aujourd’hui`, or since when it is late."""
    days = (due_on - today).days
    if days > 0:
        return f"{day(due_on)}, dans {count(days, 'jour')}"
    return (
        f"{day(due_on)}, aujourd’hui" if days == 0 else f"{day(due_on)}, échu depuis {count(-days, 'jour')}"
    )


def due_words(clock: str | None) -> str:
    """What a clock waits for, before its day."""
    return {
        "explanation": "Explication due le",
        "answer": "Réponse de la ville due le",
        "cure": "Correction due le",
    }[clock or "explanation"]
