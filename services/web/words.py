"""The French words for what the domain names in English: reasons, states, roles and the like."""

from collections.abc import Mapping
from typing import Final

LEAVING: Final[Mapping[str, str]] = {
    "terminated": "Résiliation par la personne",
    "moved": "Déménagement",
    "employer_cover": "Couverture par l’employeur",
    "state_cover": "Complémentaire santé solidaire",
    "deceased": "Décès",
    "unpaid": "Radiation pour non-paiement",
    "renounced": "Renonciation",
    "other": "Autre motif",
}

CANCELLING: Final[Mapping[str, str]] = {
    "adviser_absent": "Absence du conseiller ou de la conseillère",
    "room_unavailable": "Salle indisponible",
    "no_appointment": "Aucun rendez-vous pris",
    "public_holiday": "Jour férié",
    "other": "Autre motif",
}

SEXES: Final[Mapping[str, str]] = {"F": "Femme", "M": "Homme"}

STAGES: Final[Mapping[str, str]] = {
    "declared": "Déclarée",
    "refused": "Refusée par la ville",
    "upcoming": "À venir",
    "current": "En cours",
    "notice": "Résiliée, en préavis",
    "ended": "Terminée",
}

NOTICE_REASONS: Final[Mapping[str, str]] = {
    "NOT_RENEWED": "Non-renouvellement : la convention va jusqu’à son terme",
    "COMMITMENT_BROKEN": "Engagement non tenu par l’autre partie",
    "DISSATISFACTION": "Insatisfaction",
    "NEEDS_CHANGED": "Besoins qui ont changé",
    "OTHER": "Autre motif",
}

PERIODS: Final[Mapping[str, str]] = {
    "CIVIL_YEAR": "par année civile",
    "CONVENTION_YEAR": "par année de convention",
    "ROLLING_12M": "sur douze mois glissants",
    "PER_CHANGE": "à chaque changement de prix",
}

CATEGORIES: Final[Mapping[str, str]] = {"general": "Cas général", "student": "Étudiant"}

ROLES: Final[Mapping[str, str]] = {"adult": "Adulte", "child": "Enfant", "spouse": "Conjoint"}

AGE_BANDS: Final[Mapping[str, str]] = {
    "under_30": "moins de 30 ans",
    "30_to_49": "30 à 49 ans",
    "50_to_64": "50 à 64 ans",
    "65_and_over": "65 ans et plus",
}

LINE_STATES: Final[Mapping[str, str]] = {
    "broken": "Rompu",
    "disputed": "Contesté",
    "undecidable": "Sans verdict",
    "exempted": "Dérogation",
    "kept": "Tout tenu",
    "none": "Rien à vérifier",
}
"""The state that speaks for all commitments of a town."""

SUBJECTS: Final[Mapping[str, str]] = {
    "members": "Adhérents",
    "launch": "Lancement",
    "partnership": "Partenariat",
    "prices": "Prix",
    "needs": "Besoins",
    "office_hours": "Permanences",
    "meeting": "Réunion publique",
    "guarantees": "Garanties",
    "convention": "Convention",
}


def category(value: str) -> str:
    """A category of a grid: ours in French, an insurer's own as it wrote it."""
    return CATEGORIES.get(value, value)


def role(value: str) -> str:
    """A role of a grid."""
    return ROLES.get(value, value)


def profile(category_: str, role_: str) -> str:
    """Whom a price is for, in one or two words: `Adulte`, `Enfant`, `Étudiant`."""
    if category_ == "general":
        return role(role_)
    return category(category_) if role_ == "adult" else f"{category(category_)}, {role(role_).lower()}"
