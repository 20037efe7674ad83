"""Titles of commitments: every rule that is checked says in French what it promises."""

from typing import Any

import pytest

from domain.tariffs.assess import RULES
from services.web.clauses import _TITLES, title
from services.web.typography import fr


@pytest.mark.parametrize(
    ("rule", "params", "told"),
    [
        ("PRICE_FREEZE", {"until": "2026-09-30"}, "Prix gelés jusqu’au 30/09/2026"),
        ("PRICE_FREEZE", {"months": 24}, "Prix gelés pendant 24 mois"),
        ("ANNUAL_CAP_FIXED", {"max_rise_percent": "3"}, "Pas plus de 3 % de hausse par année civile"),
        (
            "ANNUAL_CAP_FIXED",
            {"max_rise_percent": "2.5", "period": "ROLLING_12M", "carry_over": True},
            "Pas plus de 2,5 % de hausse sur douze mois glissants, les années sans hausse reportées",
        ),
        (
            "ANNUAL_CAP_INDEXED",
            {"index": "IPC_HT_AVG", "margin_points": "2", "ceiling_percent": "4"},
            "Hausse limitée à l’inflation hors tabac plus 2 points par année civile, 4 % au plus",
        ),
        (
            "ANNUAL_CAP_INDEXED",
            {"index": "PMSS", "margin_points": "0.5", "period": "PER_CHANGE"},
            "Hausse limitée à l’évolution du plafond de la Sécurité sociale plus 0,5 point à chaque changement de prix",
        ),
        (
            "ANNUAL_CAP_INDEXED",
            {"index": "ONDAM"},
            "Hausse limitée à l’objectif national de dépenses d’assurance maladie par année civile",
        ),
        ("CUMULATIVE_CAP", {"max_rise_percent": "8"}, "Pas plus de 8 % de hausse sur toute la convention"),
        (
            "CUMULATIVE_CAP",
            {
                "tiers": [
                    {"from_month": 0, "max_rise_percent": "0"},
                    {"from_month": 12, "max_rise_percent": "25"},
                ]
            },
            "Hausse totale limitée par paliers : 0 % au début, 25 % à partir du 12e mois",
        ),
        (
            "MIN_DISCOUNT",
            {"min_discount_percent": "15"},
            "Au moins 15 % sous le tarif individuel de référence",
        ),
        (
            "WEIGHTED_AVERAGE_CAP",
            {"max_rise_percent": "3.5"},
            "Pas plus de 3,5 % de hausse en moyenne des adhérents",
        ),
        ("AGE_STRUCTURE", {}, "Tranches d’âge inchangées"),
        ("AGE_STRUCTURE", {"fixed_brackets": False}, "Tous les âges ont un prix"),
        (
            "AGE_STRUCTURE",
            {"max_ratio": "1.55"},
            "Le prix le plus élevé vaut au plus 1,55 fois le plus bas, tranches d’âge inchangées",
        ),
        (
            "AGE_STRUCTURE",
            {"max_ratio": "2", "fixed_brackets": False},
            "Le prix le plus élevé vaut au plus 2 fois le plus bas",
        ),
        (
            "AGEING_CAP",
            {"max_ageing_percent": "10", "max_price_percent": "3", "freeze_age": 75},
            "Changer de tranche d’âge coûte au plus 10 %, rien à partir de 75 ans",
        ),
        ("FAMILY_BENEFIT", {"free_from_rank": 3}, "Gratuité à partir du 3e enfant"),
        (
            "FAMILY_BENEFIT",
            {"free_from_rank": 1, "couple_discount_percent": "10"},
            "Gratuité à partir du 1er enfant, 10 % de moins pour un couple",
        ),
        ("FAMILY_BENEFIT", {}, "Avantages pour les familles"),
        (
            "CATEGORY_DISCOUNT",
            {"category": "student", "min_discount_percent": "30"},
            "Au moins 30 % de moins pour la catégorie « étudiant »",
        ),
        ("NOTICE", {"months": 2}, "Préavis de 2 mois"),
        (
            "NOTICE",
            {"fixed_day": "10-31", "requires_justification": True},
            "Grille notifiée au plus tard le 31 octobre précédent, avec justificatif",
        ),
        ("CHANGE_WINDOW", {}, "Hausses le 1er janvier seulement, jamais rétroactives"),
        (
            "CHANGE_WINDOW",
            {"allowed_days": ["01-01", "07-01"], "max_rises_per_period": 1, "no_retroactivity": False},
            "Hausses le 1er janvier ou 1er juillet seulement, une au plus par année civile",
        ),
        ("UNIFORM_INCREASE", {}, "Même taux de hausse pour tous les âges d’une formule"),
        (
            "UNIFORM_INCREASE",
            {"scope": "ALL"},
            "Même taux de hausse pour toutes les formules et tous les âges",
        ),
        (
            "STATUTORY_FREEZE",
            {"reference_on": "2025-12-31", "from": "2026-01-01", "to": "2026-12-31"},
            "Gel légal des prix du 01/01/2026 au 31/12/2026",
        ),
        ("NO_FEE", {}, "Aucun frais d’adhésion"),
        ("NO_WAITING_PERIOD", {}, "Aucun délai de carence"),
    ],
)
def test_a_commitment_says_in_few_words_what_its_rule_promises(
    rule: str, params: dict[str, Any], told: str
) -> None:
    assert title({"rule": rule, "params": params, "wording": "?"}) == fr(told)


def test_every_rule_that_is_checked_has_its_words() -> None:
    assert _TITLES.keys() == RULES.keys()


def test_a_rule_of_another_time_speaks_in_its_own_words() -> None:
    assert title({"rule": "BARTER", "params": {}, "wording": "Un poulet par an."}) == "Un poulet par an."
