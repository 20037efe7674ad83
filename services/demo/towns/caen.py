"""Caen: the prices published in October 2024, which are real, in a convention that is not.

The newspaper gives the lowest and the highest price by age; the names of the levels and the ages of children are ours.
"""

from datetime import date, time
from typing import Final

from domain.partnerships.terms import OfficeHourPromise
from services.demo.days import Days
from services.demo.insurers import MUTAME
from services.demo.script import (
    FRIDAY,
    WEDNESDAY,
    Grid,
    Members,
    OfficeHours,
    Partnership,
    Published,
    Town,
    cap,
    cells,
    clause,
    growing,
)

_SOURCE: Final = (
    "Tendance Ouest, « Caen. La mutuelle communale, un moyen d’améliorer la couverture santé »,"
    " tendanceouest.com, article 422973 (octobre 2024)"
)

_PUBLISHED_PRICES = cells(
    {"Niveau 1": "16.04 31.86 47.80", "Niveau 3": "37.43 66.73 103.93"},
    (("child", 0, 17), ("adult", 18, 49), ("adult", 50, None)),
)


def _mutame(days: Days) -> Partnership:
    return Partnership(
        key="caen-mutame",
        insurer=MUTAME,
        signed_on=date(2024, 7, 1),
        declared_on=date(2024, 7, 2),
        confirmed_on=date(2024, 7, 4),
        starts_on=date(2024, 10, 1),
        ends_on=date(2029, 9, 30),
        council_vote="Délibération fictive n° 2024-06-24",
        commitments=(
            cap(
                "3",
                "CIVIL_YEAR",
                "Article 5",
                "La hausse annuelle d’une cotisation ne dépasse pas 3 %, à âge et garanties égaux.",
            ),
            clause(
                "gel",
                "Article 4",
                "PRICE_FREEZE",
                "Les cotisations de l’annexe 2 sont garanties sans hausse pendant vingt-quatre mois.",
                months=24,
            ),
            clause(
                "cumul",
                "Article 5",
                "CUMULATIVE_CAP",
                "Sur la durée de la convention, la hausse cumulée d’une cotisation ne dépasse pas 8 %.",
                max_rise_percent="8",
            ),
            clause(
                "ecart-ages",
                "Annexe 2",
                "AGE_STRUCTURE",
                "À niveau égal, le tarif d’un adulte ne dépasse pas 1,6 fois celui du plus jeune.",
                max_ratio="1.6",
            ),
            clause("sans-frais", "Article 3", "NO_FEE", "L’adhésion est sans frais."),
        ),
        promise=OfficeHourPromise(
            article="Article 8", wording="Deux permanences par mois à l’hôtel de ville.", per_month=2
        ),
        grids=(
            Grid(
                id="prix-publies-2024",
                notified_on=date(2024, 7, 15),
                effective_on=date(2024, 10, 1),
                cells=_PUBLISHED_PRICES,
            ),
        ),
        members=Members(
            growth=growing(
                days.ago(16),
                (date(2024, 9, 23), 0),
                (date(2024, 10, 18), 54),
                (date(2025, 3, 31), 97),
                (date(2026, 11, 6), 154),
            ),
            departures=8,
            women=55,
            ages=(21, 33, 43, 52, 59, 64, 68, 72, 76, 82, 94),
            formulas={"Niveau 1": 57, "Niveau 3": 43},
            landline="+3326191",
        ),
        office_hours=OfficeHours(
            first_on=date(2024, 10, 1),
            days=((1, WEDNESDAY), (3, FRIDAY)),
            starts_at=time(10, 0),
            ends_at=time(12, 30),
            places=("Hôtel de ville",),
            visitors=(4, 11),
        ),
    )


def caen(days: Days) -> Town:
    """Caen."""
    return Town(
        code="14118",
        name="Caen",
        published=(
            Published(
                key="caen-lancement",
                about="launch",
                statement="La ville a ouvert à l’automne 2024 une mutuelle communale avec Mutame & Plus, retenue après"
                " un appel à projets. Seule condition : habiter à Caen.",
                source=_SOURCE,
            ),
            Published(
                key="caen-prix",
                about="prices",
                statement="Par mois, du niveau le plus bas au plus haut : de 16,04 à 37,43 € pour un enfant, de 31,86"
                " à 66,73 € avant 50 ans, de 47,80 à 103,93 € ensuite.",
                source=_SOURCE,
            ),
            Published(
                key="caen-adherents",
                about="members",
                statement="En trois semaines, 54 contrats signés, qui couvrent 69 personnes.",
                source=_SOURCE,
            ),
        ),
        partnerships=(_mutame(days),),
    )
