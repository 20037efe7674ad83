"""What a refusal says in French: the sentence of each code, with the facts that the domain gives.

A sentence says what to do. A test makes sure that no code of the domain is without one.
"""

from collections.abc import Mapping
from typing import Final

from domain.refusal import Refused
from services.web.typography import day, fr

SENTENCES: Final[Mapping[str, str]] = {
    "already-cancelled": "Cette permanence est annulée. Planifiez-en une autre.",
    "already-confirmed": "La ville a confirmé cette convention. Déclarez un avenant, ou une rectification, pour la "
    "changer.",
    "already-held": "Cette permanence est déjà déclarée tenue ({visitors} personnes reçues).",
    "amendment-decided": "La ville s’est déjà prononcée sur cet avenant. Déclarez-en un autre.",
    "amendment-known": "Un avenant de ce nom existe déjà, avec un autre contenu. Donnez-lui un autre nom.",
    "amendment-outside": "L’avenant prend effet entre le {first} et le {last}. Corrigez sa date d’effet.",
    "amendment-pending": "Un autre avenant attend la réponse de la ville. Attendez-la avant d’en déclarer un nouveau.",
    "amendment-unknown": "Cet avenant n’existe pas. Reprenez depuis la page de la convention.",
    "birth-date-wrong": "Vérifiez la date de naissance : elle vient après l’adhésion, ou remonte à plus de 120 ans.",
    "case-elsewhere": "Ce dossier a avancé entre-temps. Relisez-le : il indique ce que vous pouvez faire maintenant.",
    "cell-wrong": "Un prix de la grille ne peut pas être lu. Vérifiez la formule, l’âge et le montant.",
    "cells-overlap": "Deux prix valent pour les mêmes âges. Corrigez les tranches pour qu’elles ne se recouvrent pas.",
    "commitment-not-promised": "La convention ne contient pas cet engagement. Choisissez-en un de la liste.",
    "commitment-repeated": "Deux engagements portent le même nom. Donnez un nom différent à chacun.",
    "commitment-unknown": "Cet engagement ne peut pas être vérifié tel quel. Corrigez ses valeurs.",
    "communes-wrong": "Choisissez chaque commune une seule fois.",
    "convention-not-confirmed": "La ville n’a pas encore confirmé cette convention. Attendez sa confirmation.",
    "convention-over": "La convention prend fin le {ends_on} : personne n’adhère après ce jour et elle ne change "
    "plus. Les adhérents gardent leur contrat.",
    "convention-refused": "La ville a refusé cette convention : elle seule peut la confirmer.",
    "correction-unknown": "Ce que vous corrigez n’est plus en vigueur. Rechargez la page et recommencez.",
    "corrects-unknown": "Aucune grille « {grid} » n’est notifiée pour cette convention. Choisissez la "
    "grille à rectifier dans la liste.",
    "counts-contradict": "Les personnes sur rendez-vous font partie des personnes reçues : corrigez l’un des deux.",
    "dates-inverted": "La convention finit avant de commencer. Corrigez l’une des deux dates.",
    "decided-later": "La date de la décision est à venir. Écrivez le jour où elle est prise.",
    "declared-rise-wrong": "La hausse annoncée est un pourcentage, pour toute la grille ou pour chacune "
    "de ses formules.",
    "document-empty": "Ce fichier est vide. Choisissez-en un autre.",
    "document-too-large": "Ce fichier dépasse {most} Mo. Choisissez un fichier plus petit.",
    "document-type": "Ce fichier n’est pas du type annoncé, ou n’est pas accepté. Choisissez un PDF, une image "
    "PNG ou JPEG, un classeur XLSX, un CSV ou un texte.",
    "document-unknown": "Ce document n’est pas déposé. Déposez-le d’abord.",
    "exemption-decided": "Cette demande de dérogation est déjà tranchée ou retirée.",
    "exemption-impossible": "Aucune dérogation ne porte sur cet engagement. Acceptez sans dérogation, ou contestez.",
    "exemption-known": "Une dérogation de ce nom existe déjà, avec un autre contenu. Donnez-lui un "
    "autre nom.",
    "exemption-not-granted": "Seule une dérogation accordée peut être révoquée.",
    "exemption-unknown": "Cette demande de dérogation n’existe pas. Reprenez depuis la liste.",
    "exemption-wider": "Accordez ce qui est demandé, ou moins : ni d’autres engagements, ni un taux "
    "plus élevé, ni une durée plus longue.",
    "exemption-wrong": "Cette dérogation ne porte sur rien : vérifiez les engagements, le coefficient "
    "et les dates.",
    "explanation-awaited": "L’organisme peut s’expliquer jusqu’au {due_on}. Attendez ce jour, ou contestez d’abord.",
    "given-later": "La date est à venir. Écrivez le jour où la résiliation a été notifiée.",
    "grid-empty": "La grille ne contient aucun prix. Collez au moins une ligne.",
    "grid-known": "Une grille de ce nom existe déjà, avec d’autres prix ou une autre date. Donnez-lui un autre nom.",
    "headcount-known": "Un décompte de ce nom ou de ce jour existe déjà, avec d’autres effectifs. "
    "Choisissez un autre nom ou un autre jour.",
    "hours-inverted": "La permanence finit avant de commencer. Corrigez l’une des deux heures.",
    "index-known": "Une autre valeur est déjà publiée ce jour-là pour cette année. Corrigez la valeur "
    "ou la date de publication.",
    "index-not-contested": "Personne ne conteste cette valeur : aucune réponse n’est attendue.",
    "index-unknown": "Aucune valeur n’est publiée pour cette année à cette date. Choisissez-en une de "
    "la liste.",
    "left-already": "Cette personne est déjà partie le {left_on}.",
    "left-before-joining": "Le départ vient avant l’adhésion du {joined_on}. Corrigez la date.",
    "letter-not-pdf": "Déposez la lettre au format PDF.",
    "no-cell": "La grille en vigueur n’a pas de prix pour {formula} à {age} ans. Choisissez une autre formule.",
    "no-grid-in-force": "Aucune grille n’est en vigueur au {day}. Notifiez une grille, ou prenez un jour plus tardif.",
    "no-notice": "Aucune résiliation n’est en cours.",
    "not-yet-held": "Cette permanence a lieu le {on}. Déclarez-la ce jour-là ou après.",
    "notice-in-effect": "La résiliation a pris effet le {takes_effect_on} : elle ne peut plus être retirée.",
    "notice-of-other": "Seule la partie qui a notifié la résiliation peut la retirer.",
    "notice-outside": "La résiliation se notifie entre le {first} et le {last}. Corrigez la date.",
    "notice-standing": "Une résiliation est déjà notifiée : la convention prend fin le {ends_on}.",
    "notified-later": "La date de notification est à venir. Écrivez le jour où la ville a reçu la grille.",
    "number-taken": "Ce numéro d’adhérent est déjà pris. Vérifiez-le, ou laissez le champ vide.",
    "out-of-range": "Ce nombre ou cette date n’est pas plausible. Vérifiez ce que vous avez écrit.",
    "outside-convention": "L’adhésion doit être comprise entre le {starts_on} et le {ends_on}, durée de la convention.",
    "prepared-grid-discarded": "Cette grille en préparation est abandonnée. Préparez-en une autre.",
    "prepared-incomplete": "Complétez la grille avant de la notifier : il lui faut une date d’effet.",
    "proof-missing": "Donnez la référence de la délibération et l’empreinte du document signé : il faut les deux.",
    "published-later": "La date de publication est à venir. Écrivez le jour où l’indice est paru.",
    "reason-missing": "Écrivez le motif.",
    "reference-known": "Une grille de référence de ce nom existe déjà, avec un autre contenu. "
    "Donnez-lui un autre nom.",
    "revoked-earlier": "Une dérogation se révoque à partir d’aujourd’hui. Choisissez aujourd’hui ou un "
    "jour à venir.",
    "sent-later": "La date d’envoi est à venir. Écrivez le jour où la lettre est partie.",
    "source-missing": "Indiquez la source : un chiffre publié n’est gardé qu’avec elle.",
    "start-moved": "La convention commence le {starts_on} : un avenant ne change pas ce jour.",
    "taken-later": "La date du décompte est à venir. Écrivez le jour où les adhérents sont comptés.",
    "term-too-long": "Une convention dure 30 ans au plus. Corrigez la date de fin.",
    "town-repeated": "Une commune figure deux fois. Ne la gardez qu’une fois.",
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
