"""Grenoble: Entrenous as published, and beside it a small invented insurer, so that a town has two.

Published: who may join, the share without cover, the discounts. Invented: everything in the conventions, the reference
grid and the prices too; the clauses are such as the published discounts would call for.
"""

from datetime import date, time
from typing import Final

from domain.partnerships.terms import Clause, OfficeHourPromise, Promise
from services.demo.acts import deposits
from services.demo.days import Days
from services.demo.insurers import CIMES, ENTRENOUS
from services.demo.script import (
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    Cancelled,
    Cells,
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
    with_students,
)

_SOURCE: Final = (
    "Grenoble en commun, « Grenoble, une mutuelle communale pour un meilleur accès aux soins », "
    "grenobleencommun.fr/grenoble-une-mutuelle-communale-pour-un-meilleur-acces-aux-soins (non daté, lu en 2026)"
)

_PRICES = cells(
    {
        "Niveau 1": "13.20 23.40 27.10 31.60 38.90 47.20 55.80 62.40",
        "Niveau 2": "18.90 31.50 36.80 42.70 52.60 63.90 75.40 84.10",
        "Niveau 3": "25.60 42.80 50.30 58.10 71.90 87.30 102.60 114.80",
    }
)
_CIMES_PRICES = cells(
    {
        "Sentier": "12.10 22.80 26.90 31.20 39.40 48.10 57.20 64.50",
        "Sommet": "21.30 36.10 42.60 49.80 62.70 76.90 91.40 103.20",
    }
)

_COMMITMENTS = (
    cap(
        "3",
        "CIVIL_YEAR",
        "Article 5",
        "D’une année civile à l’autre, aucune cotisation ne monte de plus de 3 %, à âge et garanties inchangés.",
    ),
    clause(
        "remise",
        "Article 4",
        "MIN_DISCOUNT",
        "Les cotisations restent inférieures d’au moins 15 % au tarif individuel de référence déposé en annexe 3.",
        min_discount_percent="15",
    ),
    clause(
        "etudiants",
        "Article 4 bis",
        "CATEGORY_DISCOUNT",
        "Les étudiants paient au moins 30 % de moins que les autres adultes, à âge et niveau égaux.",
        category="student",
        min_discount_percent="30",
    ),
    clause(
        "cumul",
        "Article 5",
        "CUMULATIVE_CAP",
        "Sur toute la durée de la convention, une cotisation n’augmente pas de plus de 10 %.",
        max_rise_percent="10",
    ),
    clause(
        "preavis",
        "Article 6",
        "NOTICE",
        "Une nouvelle grille est notifiée à la ville au plus tard le 31 octobre qui précède.",
        fixed_day="10-31",
    ),
    clause(
        "date-unique",
        "Article 6",
        "CHANGE_WINDOW",
        "Une cotisation ne peut monter que le 1er janvier, une fois par an.",
        max_rises_per_period=1,
    ),
    clause(
        "hausse-uniforme",
        "Article 5",
        "UNIFORM_INCREASE",
        "La hausse annoncée est la même pour tous les âges et tous les niveaux, à un centime près.",
        scope="ALL",
    ),
    clause(
        "tranches",
        "Annexe 2",
        "AGE_STRUCTURE",
        "Chaque niveau couvre tous les âges, et ses tranches restent celles de l’annexe 2.",
    ),
    clause("sans-frais", "Article 3", "NO_FEE", "Aucun frais d’adhésion ni de dossier n’est demandé."),
    clause(
        "sans-carence", "Article 3", "NO_WAITING_PERIOD", "Les garanties commencent le jour de l’adhésion."
    ),
)
_PROMISES = (
    Promise(
        id="prevention",
        by="insurer",
        article="Article 9",
        wording="La mutuelle propose deux actions de prévention par an.",
    ),
    Promise(
        id="salle",
        by="town",
        article="Article 10",
        wording="La ville prête une salle pour les permanences et annonce leurs dates sur son site.",
    ),
)

_KEY: Final = "grenoble-entrenous"
_FIRST_YEAR: Final = 2025
_LAST_YEAR: Final = 2028


def _grid(year: int) -> Cells:
    """The prices of a year: the first ones, and 2.4 % more each January from the third on."""
    given = _PRICES
    for _ in range(_FIRST_YEAR + 2, year + 1):
        given = raised(given, "2.4")
    return with_students(given, "30", 39)


def _reference(year: int) -> Cells:
    """The insurer's own tariff of a year, so dear that the discount lies between 15 and 20 %; students pay it whole."""
    own = raised(_PRICES, "21.5")
    for _ in range(_FIRST_YEAR + 2, year + 1):
        own = raised(own, "2.8")
    return with_students(own, "0", 39)


_LATER_YEARS: Final = range(_FIRST_YEAR + 2, _LAST_YEAR + 1)
"""Their grids are notified in the October before."""


def _entrenous(days: Days) -> Partnership:
    return Partnership(
        key=_KEY,
        insurer=ENTRENOUS,
        signed_on=date(2024, 10, 14),
        declared_on=date(2024, 10, 15),
        confirmed_on=date(2024, 10, 17),
        starts_on=date(2025, 1, 1),
        ends_on=date(2028, 12, 31),
        council_vote="Délibération fictive n° 2024-10-07",
        commitments=_COMMITMENTS,
        promises=_PROMISES,
        termination=Clause(
            article="Article 12",
            wording="Chaque partie peut résilier avec un préavis de six mois ; les contrats des adhérents continuent.",
        ),
        promise=OfficeHourPromise(
            article="Article 8",
            wording="La mutuelle tient au moins trois permanences par mois, dans plusieurs quartiers.",
            per_month=3,
        ),
        grids=(
            Grid(
                id="grille-2025-fictive",
                notified_on=date(2024, 10, 22),
                effective_on=date(2025, 1, 1),
                cells=_grid(2025),
            ),
            *(
                Grid(
                    id=f"grille-{year}-fictive",
                    notified_on=date(year - 1, 10, 12),
                    effective_on=date(year, 1, 1),
                    cells=_grid(year),
                    declared_rise="2.4",
                )
                for year in _LATER_YEARS
            ),
        ),
        acts=(
            deposits(
                date(2024, 10, 21),
                _KEY,
                "reference-2025-fictive",
                date(2025, 1, 1),
                "Gamme individuelle (fictive)",
                "Annexe 3 de la convention (fictive)",
                _reference(2025),
            ),
            *(
                deposits(
                    date(year - 1, 10, 9),
                    _KEY,
                    f"reference-{year}-fictive",
                    date(year, 1, 1),
                    "Gamme individuelle (fictive)",
                    "Annexe 3 de la convention (fictive)",
                    _reference(year),
                )
                for year in _LATER_YEARS
            ),
        ),
        members=Members(
            growth=growing(
                days.ago(9),
                (date(2024, 11, 4), 0),
                (date(2024, 12, 20), 34),
                (date(2025, 6, 30), 92),
                (date(2025, 12, 19), 136),
                (date(2026, 11, 13), 187),
            ),
            departures=9,
            women=56,
            ages=(19, 24, 31, 38, 46, 55, 62, 67, 72, 79, 92),
            formulas={"Niveau 1": 40, "Niveau 2": 38, "Niveau 3": 22},
            landline="+3346571",
            students=75,
        ),
        office_hours=OfficeHours(
            first_on=date(2025, 1, 6),
            days=((1, TUESDAY), (2, WEDNESDAY), (3, TUESDAY)),
            starts_at=time(14, 0),
            ends_at=time(17, 30),
            places=(
                "Hôtel de ville",
                "Maison des habitants, centre-ville",
                "Maison des habitants, quartiers sud",
            ),
            visitors=(6, 15),
            cancelled={
                date(2025, 9, 10): Cancelled(
                    reason="room_unavailable", days_before=12, instead=date(2025, 9, 12)
                ),
                date(2026, 4, 21): Cancelled(
                    reason="adviser_absent", days_before=4, instead=date(2026, 4, 23)
                ),
            },
        ),
    )


def _cimes(days: Days) -> Partnership:
    return Partnership(
        key="grenoble-cimes",
        insurer=CIMES,
        signed_on=date(2025, 2, 10),
        declared_on=date(2025, 2, 11),
        confirmed_on=date(2025, 2, 13),
        starts_on=date(2025, 5, 1),
        ends_on=date(2028, 4, 30),
        council_vote="Délibération fictive n° 2025-02-03",
        commitments=(
            cap(
                "2.5",
                "CONVENTION_YEAR",
                "Article 4",
                "Entre deux anniversaires de la convention, la hausse d’une cotisation reste sous 2,5 %.",
            ),
            clause(
                "indice",
                "Article 5",
                "ANNUAL_CAP_INDEXED",
                "La hausse d’une année ne dépasse pas celle du plafond de la sécurité sociale, publié avant la"
                " notification.",
                index="PMSS",
                period="CONVENTION_YEAR",
            ),
        ),
        promise=OfficeHourPromise(
            article="Article 6", wording="Une permanence par mois au moins.", per_month=1
        ),
        grids=(
            Grid(
                id="grille-2025",
                notified_on=date(2025, 2, 20),
                effective_on=date(2025, 5, 1),
                cells=_CIMES_PRICES,
            ),
            Grid(
                id="grille-2026",
                notified_on=date(2026, 2, 17),
                effective_on=date(2026, 5, 1),
                cells=raised(_CIMES_PRICES, "1.6"),
                declared_rise="1.6",
            ),
        ),
        members=Members(
            growth=growing(
                days.ago(12), (date(2025, 3, 10), 0), (date(2025, 12, 19), 21), (date(2026, 11, 10), 34)
            ),
            departures=2,
            women=50,
            ages=(23, 30, 36, 43, 50, 57, 63, 68, 73, 80, 90),
            formulas={"Sentier": 60, "Sommet": 40},
            landline="+3346571",
        ),
        office_hours=OfficeHours(
            first_on=date(2025, 5, 2),
            days=((2, THURSDAY),),
            starts_at=time(9, 30),
            ends_at=time(12, 0),
            places=("Hôtel de ville",),
            visitors=(2, 7),
        ),
    )


def grenoble(days: Days) -> Town:
    """Grenoble."""
    return Town(
        code="38185",
        name="Grenoble",
        published=(
            Published(
                key="grenoble-adoption",
                about="launch",
                statement="Le conseil municipal a adopté une mutuelle communale, avec la mutuelle Entrenous. Elle est"
                " ouverte à tous les habitants, ainsi qu’aux étudiants, aux professionnels et aux agents du service"
                " public.",
                source=_SOURCE,
            ),
            Published(
                key="grenoble-sans-couverture",
                about="needs",
                statement="Près de 16 % des habitants n’ont pas de complémentaire santé.",
                source=_SOURCE,
            ),
            Published(
                key="grenoble-remise",
                about="prices",
                statement="Tarifs annoncés 15 à 20 % plus bas que le marché, sans barrière à l’entrée ni frais cachés.",
                source=_SOURCE,
            ),
            Published(
                key="grenoble-etudiants",
                about="prices",
                statement="Remise de 30 % annoncée aux étudiants.",
                source=_SOURCE,
            ),
            Published(
                key="grenoble-garanties",
                about="guarantees",
                statement="Dans une famille, chacun peut prendre son propre niveau de garanties : hospitalisation,"
                " soins courants, optique, et soins non conventionnels comme l’ostéopathie.",
                source=_SOURCE,
            ),
            Published(
                key="grenoble-entrenous",
                about="partnership",
                statement="Entrenous est une mutuelle locale, en Isère depuis 60 ans. Des permanences et des actions de"
                " prévention sont prévues dans la commune.",
                source=_SOURCE,
            ),
        ),
        partnerships=(_entrenous(days), _cimes(days)),
    )
