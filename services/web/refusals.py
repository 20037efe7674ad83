"""What a refusal says in French: the sentence of each code, with the facts that the domain gives.

A sentence says what to do. A test makes sure that no code of the domain is without one.
"""

from collections.abc import Mapping
from typing import Final

from domain.refusal import Refused
from services.web.typography import day, fr

SENTENCES: Final[Mapping[str, str]] = {
    "already-cancelled": "Cette permanence est annulée. Planifiez-en une autre.",
    "already-held": "Cette permanence est déjà déclarée tenue ({visitors} personnes reçues).",
    "birth-date-wrong": "Vérifiez la date de naissance : elle vient après l’adhésion, ou remonte à plus de 120 ans.",
    "cell-wrong": "Un prix de la grille ne peut pas être lu. Vérifiez la formule, l’âge et le montant.",
    "cells-overlap": "Deux prix valent pour les mêmes âges. Corrigez les tranches pour qu’elles ne se recouvrent pas.",
    "commitment-repeated": "Deux engagements portent le même nom. Donnez un nom différent à chacun.",
    "commitment-unknown": "Cet engagement ne peut pas être vérifié tel quel. Corrigez ses valeurs.",
    "convention-not-confirmed": "La ville n’a pas encore confirmé cette convention. Attendez sa confirmation.",
    "counts-contradict": "Les personnes sur rendez-vous font partie des personnes reçues : corrigez l’un des deux.",
    "dates-inverted": "La convention finit avant de commencer. Corrigez l’une des deux dates.",
    "grid-empty": "La grille ne contient aucun prix. Collez au moins une ligne.",
    "grid-known": "Une grille de ce nom existe déjà, avec d’autres prix ou une autre date. Donnez-lui un autre nom.",
    "hours-inverted": "La permanence finit avant de commencer. Corrigez l’une des deux heures.",
    "left-already": "Cette personne est déjà partie le {left_on}.",
    "left-before-joining": "Le départ vient avant l’adhésion du {joined_on}. Corrigez la date.",
    "no-cell": "La grille en vigueur n’a pas de prix pour {formula} à {age} ans. Choisissez une autre formule.",
    "no-grid-in-force": "Aucune grille n’est en vigueur au {day}. Notifiez une grille, ou prenez un jour plus tardif.",
    "not-yet-held": "Cette permanence a lieu le {on}. Déclarez-la ce jour-là ou après.",
    "notified-later": "La date de notification est à venir. Écrivez le jour où la ville a reçu la grille.",
    "number-taken": "Ce numéro d’adhérent est déjà pris. Vérifiez-le, ou laissez le champ vide.",
    "out-of-range": "Ce nombre ou cette date n’est pas plausible. Vérifiez ce que vous avez écrit.",
    "outside-convention": "L’adhésion doit être comprise entre le {starts_on} et le {ends_on}, durée de la convention.",
    "proof-missing": "Donnez la référence de la délibération et l’empreinte du document signé : il faut les deux.",
    "source-missing": "Indiquez la source : un chiffre publié n’est gardé qu’avec elle.",
    "term-too-long": "Une convention dure 30 ans au plus. Corrigez la date de fin.",
}

UNKNOWN: Final = "Cette demande n’est pas permise par les règles de la convention. Rien n’a été enregistré."


class _Facts(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "(non précisé)"


def sentence(refused: Refused) -> str:
    """The refusal in French, typeset."""
    facts = _Facts({name: _written(value) for name, value in refused.facts.items()})
    return fr(SENTENCES.get(refused.code, UNKNOWN).format_map(facts))


def _written(value: object) -> str:
    return day(value) if hasattr(value, "isoformat") else str(value)  # type: ignore[arg-type] # a date
