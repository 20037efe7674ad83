"""Cachan: the scheme that Mutuelle Entrain describes in its guide, with three levels.

Published: the year, the three levels, the meeting and the office hours at the CCAS. Invented: all else.
"""

from datetime import date, time
from typing import Final

from domain.partnerships.terms import OfficeHourPromise
from services.demo.days import Days
from services.demo.insurers import ENTRAIN
from services.demo.script import (
    THURSDAY,
    Cancelled,
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
    raised,
)

_SOURCE: Final = (
    "Mutuelle Entrain, guide de mise en place d’une mutuelle communale,"
    " mutuelle-entrain.fr/mutuelle-communale-guide-mise-en-place (non daté, vers 2025)"
)

_PRICES = cells(
    {
        "Niveau 1": "14.60 25.90 29.80 34.50 42.10 50.70 59.60 66.20",
        "Niveau 2": "20.40 34.20 39.90 46.30 56.80 68.50 80.70 90.10",
        "Niveau 3": "27.50 46.10 54.20 62.80 77.40 93.60 110.30 123.40",
    }
)


def _entrain(days: Days) -> Partnership:
    return Partnership(
        key="cachan-entrain",
        insurer=ENTRAIN,
        signed_on=date(2025, 1, 20),
        declared_on=date(2025, 1, 21),
        confirmed_on=date(2025, 1, 23),
        starts_on=date(2025, 4, 1),
        ends_on=date(2029, 3, 31),
        council_vote="Délibération fictive n° 2025-01-12",
        commitments=(
            cap(
                "2.5",
                "CONVENTION_YEAR",
                "Article 6",
                "Par année de convention, les cotisations augmentent d’au plus 2,5 %, à âge et garanties identiques.",
            ),
            clause(
                "preavis",
                "Article 7",
                "NOTICE",
                "Toute hausse est notifiée à la commune deux mois au moins avant son effet.",
                months=2,
            ),
            clause(
                "date-unique", "Article 7", "CHANGE_WINDOW", "Une cotisation n’augmente qu’un 1er janvier."
            ),
            clause(
                "tranches",
                "Annexe 1",
                "AGE_STRUCTURE",
                "Les trois niveaux couvrent tous les âges ; le tarif le plus élevé d’un niveau ne dépasse pas cinq fois"
                " celui du plus jeune adulte.",
                max_ratio="5",
            ),
            clause("sans-carence", "Article 5", "NO_WAITING_PERIOD", "Aucun délai d’attente n’est appliqué."),
        ),
        promise=OfficeHourPromise(
            article="Article 9", wording="Deux permanences par mois au CCAS.", per_month=2
        ),
        grids=(
            Grid(
                id="grille-2025-fictive",
                notified_on=date(2025, 1, 28),
                effective_on=date(2025, 4, 1),
                cells=_PRICES,
            ),
            Grid(
                id="grille-2027-fictive",
                notified_on=date(2026, 10, 14),
                effective_on=date(2027, 1, 1),
                cells=raised(_PRICES, "2.1"),
            ),
        ),
        members=Members(
            growth=growing(
                days.ago(10),
                (date(2025, 2, 10), 0),
                (date(2025, 3, 31), 31),
                (date(2025, 9, 30), 74),
                (date(2026, 3, 31), 103),
                (date(2026, 11, 12), 129),
            ),
            departures=6,
            women=54,
            ages=(20, 29, 36, 44, 52, 60, 66, 70, 75, 81, 93),
            formulas={"Niveau 1": 34, "Niveau 2": 43, "Niveau 3": 23},
            landline="+3319900",
        ),
        office_hours=OfficeHours(
            first_on=date(2025, 4, 1),
            days=((2, THURSDAY), (4, THURSDAY)),
            starts_at=time(13, 30),
            ends_at=time(16, 30),
            places=("CCAS",),
            visitors=(4, 12),
            cancelled={
                date(2026, 2, 12): Cancelled(
                    reason="room_unavailable", days_before=9, instead=date(2026, 2, 17)
                ),
            },
        ),
    )


def cachan(days: Days) -> Town:
    """Cachan."""
    return Town(
        code="94016",
        name="Cachan",
        published=(
            Published(
                key="cachan-lancement",
                about="launch",
                statement="La ville a lancé sa mutuelle communale en 2025, avec Mutuelle Entrain.",
                source=_SOURCE,
            ),
            Published(
                key="cachan-permanences",
                about="office_hours",
                statement="Après une réunion publique de présentation, des permanences régulières se tiennent au CCAS.",
                source=_SOURCE,
            ),
            Published(
                key="cachan-niveaux",
                about="guarantees",
                statement="L’offre de Mutuelle Entrain aux communes comprend trois niveaux au choix.",
                source=_SOURCE,
            ),
            Published(
                key="cachan-ecart",
                about="prices",
                statement="Écart constaté avec les contrats individuels, toutes communes confondues : 10 à 30 %.",
                source=_SOURCE,
            ),
            Published(
                key="cachan-economie",
                about="prices",
                statement="Économie possible selon les villes : 15 à 30 %.",
                source=_SOURCE,
            ),
        ),
        partnerships=(_entrain(days),),
    )
