"""Vierzon and Mehun-sur-Yèvre: a cap broken at the second rise of a year, and a breach that the town disputes.

In Vierzon two rises in one year of the convention exceed 3 %, from 50 years on: the insurer has some days left to
explain. In Mehun-sur-Yèvre it explained, and the town disputes; so few people joined there that nobody else may know
how many.
"""

from datetime import time

from domain.partnerships.terms import OfficeHourPromise
from services.demo.acts import case, disputes, explains
from services.demo.days import DAY, Days, monthly
from services.demo.script import (
    TUESDAY,
    WEDNESDAY,
    Cancelled,
    Grid,
    Members,
    OfficeHours,
    Partnership,
    Town,
    clause,
    raised,
)
from services.demo.towns.rivieres import (
    LANDLINE,
    PRICES,
    agreed,
    first_grid,
    monthly_hours,
    named,
    yearly_cap,
)

_VIERZON = "vierzon-trois-rivieres"
_MEHUN = "mehun-trois-rivieres"


def _vierzon(days: Days) -> Partnership:
    starts_on, second, third, fourth = (days.month(months) for months in (-31, -19, -4, 2))
    after_two = raised(PRICES, "2.8")
    after_three = raised(after_two, "2")
    office_days = list(monthly(starts_on, days.today - DAY, ((2, WEDNESDAY), (4, WEDNESDAY))))
    return agreed(
        "vierzon",
        starts_on,
        months=60,
        commitments=(
            yearly_cap("3", "CONVENTION_YEAR"),
            clause(
                "cumul",
                "Article 4",
                "CUMULATIVE_CAP",
                "Depuis le début de la convention, la hausse d’une cotisation ne dépasse pas 12 %.",
                max_rise_percent="12",
            ),
            clause(
                "preavis",
                "Article 5",
                "NOTICE",
                "Une hausse est notifiée à la commune un mois au moins avant son effet.",
                months=1,
            ),
            clause("sans-frais", "Article 3", "NO_FEE", "L’adhésion est sans frais."),
        ),
        promise=OfficeHourPromise(article="Article 6", wording="Deux permanences par mois.", per_month=2),
        grids=(
            first_grid(starts_on),
            Grid(
                id=named(second),
                notified_on=Days(second).ago(75),
                effective_on=second,
                cells=after_two,
            ),
            Grid(
                id=named(third),
                notified_on=Days(third).ago(70),
                effective_on=third,
                cells=after_three,
            ),
            Grid(
                id=named(fourth),
                notified_on=days.ago(5),
                effective_on=fourth,
                cells=raised(after_three, "1.9", from_age=50),
                reason="Les dépenses d’hospitalisation et d’audiologie augmentent plus vite que prévu à partir de"
                " 50 ans (motif fictif).",
            ),
        ),
        members=Members(
            growth=(
                (starts_on - 40 * DAY, 0),
                (starts_on + 27 * DAY, 48),
                (starts_on + 244 * DAY, 121),
                (days.month(-11), 183),
                (days.ago(13), 209),
            ),
            departures=25,
            women=57,
            ages=(20, 35, 47, 55, 61, 66, 70, 74, 78, 84, 95),
            formulas={"Rive": 38, "Gué": 41, "Confluent": 21},
            landline=LANDLINE,
        ),
        office_hours=OfficeHours(
            first_on=starts_on,
            days=((2, WEDNESDAY), (4, WEDNESDAY)),
            starts_at=time(14, 0),
            ends_at=time(17, 0),
            places=("Mairie", "CCAS"),
            visitors=(4, 13),
            cancelled={
                office_days[-32]: Cancelled(reason="no_appointment", days_before=2),
                office_days[-13]: Cancelled(reason="adviser_absent", days_before=1),
                office_days[-6]: Cancelled(reason="adviser_absent", days_before=6),
            },
            silent=frozenset({office_days[-3]}),
        ),
        signed_text="Convention fictive entre la commune de Vierzon et la Mutuelle des Trois Rivières (fictive).\n"
        "Ce document n’engage personne : il appartient à la démonstration de Beffroi.\n",
    )


def _mehun(days: Days) -> Partnership:
    starts_on, second = days.month(-26), days.month(0)
    broken = case(_MEHUN, "plafond", named(second))
    return agreed(
        "mehun",
        starts_on,
        months=36,
        commitments=(
            yearly_cap("3", "ROLLING_12M"),
            clause(
                "sans-carence", "Article 3", "NO_WAITING_PERIOD", "Les garanties commencent dès l’adhésion."
            ),
        ),
        promise=OfficeHourPromise(article="Article 6", wording="Une permanence par mois.", per_month=1),
        grids=(
            first_grid(starts_on, raised(PRICES, "1.2")),
            Grid(
                id=named(second),
                notified_on=days.ago(45),
                effective_on=second,
                cells=raised(raised(PRICES, "1.2"), "4.1"),
            ),
        ),
        acts=(
            explains(
                days.ago(34),
                broken,
                "La hausse de 4,1 % compense celle des remboursements d’hospitalisation. Elle s’applique à tous les"
                " âges de la même façon.",
            ),
            disputes(
                days.ago(8),
                broken,
                "L’article 4 plafonne la hausse à 3 %, quelle qu’en soit la cause. Aucune dérogation n’a été demandée :"
                " nous attendons une grille corrigée.",
            ),
        ),
        members=Members(
            growth=((starts_on - 40 * DAY, 0), (days.ago(30), 8)),
            departures=0,
            women=50,
            ages=(31, 44, 52, 58, 63, 67, 71, 75, 79, 83, 88),
            formulas={"Rive": 50, "Gué": 50},
            landline=LANDLINE,
        ),
        office_hours=monthly_hours(3, TUESDAY, starts_on),
    )


def vierzon(days: Days) -> Town:
    """Vierzon."""
    return Town(code="18279", name="Vierzon", partnerships=(_vierzon(days),))


def mehun(days: Days) -> Town:
    """Mehun-sur-Yèvre."""
    return Town(code="18141", name="Mehun-sur-Yèvre", partnerships=(_mehun(days),))
