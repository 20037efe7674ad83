"""Vierzon and Mehun-sur-Yèvre: towns of an invented insurer, the only one here that breaks a promise.

Nothing was taken from a publication. In Vierzon two rises in one year exceed the cap of 3 %, from 50 years on; whoever
notices is the judge, not this file. In Mehun-sur-Yèvre so few people joined that nobody else may know how many.
"""

from datetime import date, time
from typing import Final

from domain.partnerships.convention import OfficeHourPromise
from services.demo.insurers import TROIS_RIVIERES
from services.demo.script import (
    TUESDAY,
    WEDNESDAY,
    Cancelled,
    Grid,
    Members,
    OfficeHours,
    Partnership,
    Town,
    cap,
    cells,
    raised,
)

_PRICES_2024 = cells(
    {
        "Rive": "13.60 24.10 28.20 32.90 40.30 48.80 57.70 64.60",
        "Gué": "19.10 32.00 37.60 43.70 53.90 65.50 77.40 86.40",
        "Confluent": "25.90 43.60 51.40 59.60 73.80 89.50 105.20 117.90",
    }
)
_PRICES_2025 = raised(_PRICES_2024, "2.8")
_PRICES_MARCH_2026 = raised(_PRICES_2025, "2")
_PRICES_SEPTEMBER_2026 = raised(_PRICES_MARCH_2026, "1.9", from_age=50)

_CAP = cap(
    "3",
    "CIVIL_YEAR",
    "Article 4",
    "Aucune cotisation n’augmente de plus de 3 % dans une année civile, à âge et garanties inchangés.",
)

_VIERZON = Partnership(
    key="vierzon-trois-rivieres",
    insurer=TROIS_RIVIERES,
    signed_on=date(2024, 3, 18),
    declared_on=date(2024, 3, 20),
    confirmed_on=date(2024, 3, 27),
    starts_on=date(2024, 6, 1),
    ends_on=date(2029, 5, 31),
    council_vote="Délibération fictive n° 2024-03-11",
    commitments=(_CAP,),
    promise=OfficeHourPromise(article="Article 6", wording="Deux permanences par mois.", per_month=2),
    grids=(
        Grid(
            id="grille-2024",
            notified_on=date(2024, 3, 29),
            effective_on=date(2024, 6, 1),
            cells=_PRICES_2024,
        ),
        Grid(
            id="grille-2025",
            notified_on=date(2024, 10, 21),
            effective_on=date(2025, 1, 1),
            cells=_PRICES_2025,
        ),
        Grid(
            id="grille-mars-2026",
            notified_on=date(2025, 12, 15),
            effective_on=date(2026, 3, 1),
            cells=_PRICES_MARCH_2026,
        ),
        Grid(
            id="grille-septembre-2026",
            notified_on=date(2026, 6, 22),
            effective_on=date(2026, 9, 1),
            cells=_PRICES_SEPTEMBER_2026,
        ),
    ),
    members=Members(
        growth=(
            (date(2024, 4, 22), 0),
            (date(2024, 6, 28), 48),
            (date(2025, 1, 31), 121),
            (date(2025, 12, 31), 183),
            (date(2026, 11, 9), 209),
        ),
        departures=25,
        women=57,
        ages=(20, 35, 47, 55, 61, 66, 70, 74, 78, 84, 95),
        formulas={"Rive": 38, "Gué": 41, "Confluent": 21},
        landline="+3326191",
    ),
    office_hours=OfficeHours(
        first_on=date(2024, 6, 3),
        days=((2, WEDNESDAY), (4, WEDNESDAY)),
        starts_at=time(14, 0),
        ends_at=time(17, 0),
        places=("Mairie", "CCAS"),
        visitors=(4, 13),
        cancelled={
            date(2025, 7, 23): Cancelled(reason="no_appointment", days_before=2),
            date(2026, 5, 13): Cancelled(reason="adviser_absent", days_before=1),
            date(2026, 8, 26): Cancelled(reason="adviser_absent", days_before=6),
        },
        silent=frozenset({date(2026, 10, 14)}),
    ),
    signed_text="Convention fictive entre la commune de Vierzon et la Mutuelle des Trois Rivières (fictive).\n"
    "Ce document n’engage personne : il appartient à la démonstration de Beffroi.\n",
)

_MEHUN = Partnership(
    key="mehun-trois-rivieres",
    insurer=TROIS_RIVIERES,
    signed_on=date(2025, 9, 15),
    declared_on=date(2025, 9, 17),
    confirmed_on=date(2025, 9, 24),
    starts_on=date(2026, 1, 1),
    ends_on=date(2028, 12, 31),
    council_vote="Délibération fictive n° 2025-09-08",
    commitments=(_CAP,),
    promise=OfficeHourPromise(article="Article 6", wording="Une permanence par mois.", per_month=1),
    grids=(
        Grid(
            id="grille-2026",
            notified_on=date(2025, 10, 6),
            effective_on=date(2026, 1, 1),
            cells=_PRICES_2025,
        ),
    ),
    members=Members(
        growth=((date(2025, 11, 12), 0), (date(2026, 10, 22), 8)),
        departures=0,
        women=50,
        ages=(31, 44, 52, 58, 63, 67, 71, 75, 79, 83, 88),
        formulas={"Rive": 50, "Gué": 50},
        landline="+3326191",
    ),
    office_hours=OfficeHours(
        first_on=date(2026, 1, 5),
        days=((3, TUESDAY),),
        starts_at=time(9, 0),
        ends_at=time(11, 30),
        places=("Mairie",),
        visitors=(1, 5),
    ),
)

VIERZON: Final = Town(code="18279", name="Vierzon", partnerships=(_VIERZON,))
MEHUN: Final = Town(code="18141", name="Mehun-sur-Yèvre", partnerships=(_MEHUN,))
