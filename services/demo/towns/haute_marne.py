"""Chaumont and Saint-Dizier, both with Just: one town that knows its members, one whose members are unknown.

Published: the launches, more than 400 members in Chaumont, 70 years on average, 59 % women; the people are invented
after these figures. In Saint-Dizier the insurer records no members here: they are unknown, which is not nobody.
"""

from datetime import date, time
from typing import Final

from domain.partnerships.terms import OfficeHourPromise
from services.demo.days import Days
from services.demo.insurers import JUST
from services.demo.script import (
    MONDAY,
    THURSDAY,
    TUESDAY,
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

_REVIEW: Final = (
    "Courtage Santé, « Bilan positif de la mutuelle communale de Chaumont », courtagesante.com"
    " (non daté, 2025)"
)
_LOCAL_REVIEW: Final = (
    "Puissance Télévision, « Presque un an après sa mise en place, Chaumont fait le bilan de sa mutuelle communale »,"
    " puissancetelevision.fr (2025)"
)
_LOCAL_MEETING: Final = (
    "Puissance Télévision, « Une mutuelle communale à Chaumont pour faciliter l’accès aux soins »,"
    " puissancetelevision.fr (décembre 2024)"
)

# One grid for both towns: it is stored once.
_PRICES = cells(
    {
        "Niveau 1": "12.80 22.60 26.40 30.70 37.80 45.90 54.10 60.30",
        "Niveau 2": "17.90 30.20 35.40 41.10 50.60 61.40 72.40 80.70",
        "Niveau 3": "24.30 41.00 48.20 55.90 69.00 83.60 98.30 109.90",
    }
)
_PRICES_2027 = raised(_PRICES, "2.6")

_CAP = cap(
    "3",
    "ROLLING_12M",
    "Article 4",
    "Sur douze mois glissants, une cotisation n’augmente pas de plus de 3 %, à âge et garanties constants.",
)

_COMMITMENTS = (
    _CAP,
    clause(
        "preavis",
        "Article 5",
        "NOTICE",
        "Une hausse est notifiée à la ville deux mois au moins avant son effet.",
        months=2,
    ),
    clause(
        "cumul",
        "Article 4",
        "CUMULATIVE_CAP",
        "Depuis le début de la convention, une cotisation n’a jamais augmenté de plus de 12 %.",
        max_rise_percent="12",
    ),
    clause("sans-frais", "Article 3", "NO_FEE", "L’adhésion ne donne lieu à aucun frais."),
    clause("sans-carence", "Article 3", "NO_WAITING_PERIOD", "Les remboursements commencent dès l’adhésion."),
)


def _chaumont(days: Days) -> Partnership:
    return Partnership(
        key="chaumont-just",
        insurer=JUST,
        signed_on=date(2024, 8, 26),
        declared_on=date(2024, 8, 27),
        confirmed_on=date(2024, 8, 29),
        starts_on=date(2024, 11, 1),
        ends_on=date(2029, 10, 31),
        council_vote="Délibération fictive n° 2024-07-15",
        commitments=_COMMITMENTS,
        promise=OfficeHourPromise(
            article="Article 7",
            wording="Quatre permanences par mois au moins, avec ou sans rendez-vous.",
            per_month=4,
        ),
        grids=(
            Grid(
                id="grille-2024-fictive",
                notified_on=date(2024, 8, 30),
                effective_on=date(2024, 11, 1),
                cells=_PRICES,
            ),
            Grid(
                id="grille-2027-fictive",
                notified_on=date(2026, 10, 8),
                effective_on=date(2027, 1, 1),
                cells=_PRICES_2027,
            ),
        ),
        members=Members(
            growth=growing(
                days.ago(12),
                (date(2024, 11, 4), 0),
                (date(2024, 12, 4), 38),
                (date(2025, 2, 28), 216),
                (date(2025, 5, 30), 318),
                (date(2025, 9, 12), 408),
                (date(2026, 11, 10), 431),
            ),
            departures=19,
            women=59,
            ages=(26, 53, 62, 67, 69, 73, 74, 78, 81, 86, 96),
            formulas={"Niveau 1": 31, "Niveau 2": 44, "Niveau 3": 25},
            landline="+3335301",
        ),
        office_hours=OfficeHours(
            first_on=date(2024, 11, 4),
            days=((1, TUESDAY), (2, TUESDAY), (3, TUESDAY), (4, TUESDAY)),
            starts_at=time(9, 0),
            ends_at=time(12, 0),
            places=("Maison des associations", "Hôtel de ville"),
            visitors=(5, 12),
            cancelled={
                date(2025, 3, 18): Cancelled(
                    reason="adviser_absent", days_before=2, instead=date(2025, 3, 20)
                ),
                date(2026, 6, 9): Cancelled(
                    reason="room_unavailable", days_before=15, instead=date(2026, 6, 11)
                ),
            },
        ),
    )


_SAINT_DIZIER = Partnership(
    key="saint-dizier-just",
    insurer=JUST,
    signed_on=date(2025, 6, 16),
    declared_on=date(2025, 6, 17),
    confirmed_on=date(2025, 6, 19),
    starts_on=date(2025, 9, 1),
    ends_on=date(2030, 8, 31),
    council_vote="Délibération fictive n° 2025-05-22",
    commitments=_COMMITMENTS,
    promise=OfficeHourPromise(
        article="Article 7",
        wording="Huit permanences par mois, deux par semaine, dans plusieurs lieux.",
        per_month=8,
    ),
    grids=(
        Grid(
            id="grille-2025-fictive",
            notified_on=date(2025, 6, 23),
            effective_on=date(2025, 9, 1),
            cells=_PRICES,
        ),
        Grid(
            id="grille-2027-fictive",
            notified_on=date(2026, 10, 8),
            effective_on=date(2027, 1, 1),
            cells=_PRICES_2027,
        ),
    ),
    office_hours=OfficeHours(
        first_on=date(2025, 9, 1),
        days=tuple((week, weekday) for week in (1, 2, 3, 4) for weekday in (MONDAY, THURSDAY)),
        starts_at=time(9, 30),
        ends_at=time(12, 0),
        places=("Hôtel de ville", "Centre social", "Médiathèque"),
        visitors=(3, 9),
    ),
)


def chaumont(days: Days) -> Town:
    """Chaumont."""
    return Town(
        code="52121",
        name="Chaumont",
        published=(
            Published(
                key="chaumont-lancement",
                about="launch",
                statement="La mutuelle communale est en place depuis novembre 2024.",
                source=_REVIEW,
            ),
            Published(
                key="chaumont-adherents",
                about="members",
                statement="Plus de 400 adhérents en près d’un an : 70 ans en moyenne environ, 59 % de femmes.",
                source=_REVIEW,
            ),
            Published(
                key="chaumont-reunion",
                about="meeting",
                statement="Environ 300 habitants à la réunion d’information, au cinéma, un mois après le lancement.",
                source=_REVIEW,
            ),
            Published(
                key="chaumont-reunion-2024",
                about="meeting",
                statement="Plus de 270 personnes à la réunion publique du 4 décembre 2024.",
                source=_LOCAL_MEETING,
            ),
            Published(
                key="chaumont-permanences",
                about="office_hours",
                statement="Permanences régulières à la maison des associations à partir de janvier 2025.",
                source=_LOCAL_MEETING,
            ),
        ),
        partnerships=(_chaumont(days),),
    )


def saint_dizier(_: Days) -> Town:
    """Saint-Dizier."""
    return Town(
        code="52448",
        name="Saint-Dizier",
        published=(
            Published(
                key="saint-dizier-lancement",
                about="launch",
                statement="La ville a lancé sa mutuelle communale en septembre 2025, avec une réunion publique en"
                " début de mois.",
                source=_REVIEW,
            ),
            Published(
                key="saint-dizier-adherents",
                about="members",
                statement="Nombre d’adhérents : pas encore connu.",
                source=_REVIEW,
            ),
            Published(
                key="saint-dizier-permanences",
                about="office_hours",
                statement="Permanences d’information deux fois par semaine, dans différents lieux de la ville.",
                source=_LOCAL_REVIEW,
            ),
        ),
        partnerships=(_SAINT_DIZIER,),
    )
