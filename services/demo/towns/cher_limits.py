"""Towns in which a limit is not simply a limit: an exemption is granted, an index awaited, an average counted.

All three are of an invented insurer.
"""

from typing import Final

import msgspec

from domain.partnerships.terms import OfficeHourPromise
from services.commands.exemptions import RequestExemption
from services.commands.given import given_cells
from services.commands.headcounts import counted
from services.demo.acts import asks, counts, grants
from services.demo.days import DAY, Days
from services.demo.people import profiles
from services.demo.script import FRIDAY, MONDAY, THURSDAY, Grid, Partnership, Town, clause, raised
from services.demo.towns.rivieres import (
    MONTHLY,
    PRICES,
    agreed,
    first_grid,
    monthly_hours,
    named,
    people,
    yearly_cap,
)

_DOULCHARD: Final = "saint-doulchard-trois-rivieres"
_CHAPELLE: Final = "la-chapelle-saint-ursin-trois-rivieres"


def _doulchard(days: Days) -> Partnership:
    """Taxes rise, and the town lets the prices rise as much, until the end of the year; then they fall again."""
    starts_on, second, third = days.january(-1), days.january(0), days.january(1)
    asked, decided, before, told = (Days(second).ago(back) for back in (110, 80, 70, 62))
    return agreed(
        "saint-doulchard",
        starts_on,
        commitments=(
            yearly_cap("3", "CIVIL_YEAR"),
            clause("sans-frais", "Article 3", "NO_FEE", "L’adhésion est sans frais."),
        ),
        promise=MONTHLY,
        grids=(
            first_grid(starts_on),
            # What follows the exempted year is notified first: no price is ever announced above what is allowed.
            Grid(
                id=named(third),
                notified_on=before,
                effective_on=third,
                cells=raised(PRICES, "2.9"),
            ),
            Grid(
                id=named(second),
                notified_on=told,
                effective_on=second,
                cells=raised(PRICES, "4.8"),
                justified=True,
            ),
        ),
        acts=(
            asks(
                asked,
                RequestExemption(
                    convention=_DOULCHARD,
                    id=f"taxe-{second.year}",
                    commitments=("plafond",),
                    kind="TAX",
                    factor=("1.1532", "1.1327"),
                    valid_from=second,
                    valid_to=third - DAY,
                    reason="Les taxes comprises dans la cotisation passent de 13,27 % à 15,32 % pour un an. La mutuelle"
                    " demande à les répercuter, et rien de plus (demande fictive).",
                ),
            ),
            grants(decided, _DOULCHARD, f"taxe-{second.year}", f"Délibération fictive n° {decided}"),
        ),
        members=people(days, starts_on, 46, 3),
        office_hours=monthly_hours(1, THURSDAY, starts_on, "Espace de la mairie"),
    )


def _aubigny(days: Days) -> Partnership:
    """The rise of a coming March is measured by an average that is published in the January before."""
    january = days.january(0) if days.today < days.january(0).replace(day=15) else days.january(1)
    second = january.replace(month=3)
    starts_on = days.month(-14)
    return agreed(
        "aubigny-sur-nere",
        starts_on,
        commitments=(
            clause(
                "plafond-indexe",
                "Article 4",
                "ANNUAL_CAP_INDEXED",
                "La hausse d’une année ne dépasse pas celle des prix hors tabac de l’année précédente, majorée de"
                " 1 point, dans la limite de 4 %.",
                index="IPC_HT_AVG",
                margin_points="1",
                ceiling_percent="4",
                as_of="EFFECTIVE_DATE",
            ),
            clause(
                "preavis",
                "Article 5",
                "NOTICE",
                "Une hausse est notifiée à la commune un mois au moins avant son effet.",
                months=1,
            ),
        ),
        promise=MONTHLY,
        grids=(
            first_grid(starts_on),
            Grid(
                id=named(second),
                notified_on=days.ago(12),
                effective_on=second,
                cells=raised(PRICES, "2.2"),
            ),
        ),
        members=people(days, starts_on, 27, 1),
        office_hours=monthly_hours(2, FRIDAY, starts_on),
    )


def _chapelle(days: Days) -> Partnership:
    """What is capped is the average over those who pay: some prices rise by more, for few."""
    starts_on, second = days.month(-20), days.month(2)
    taken = days.ago(32)
    before = raised(PRICES, "0.9")
    agreement = agreed(
        "la-chapelle-saint-ursin",
        starts_on,
        commitments=(
            clause(
                "plafond-moyen",
                "Article 4",
                "WEIGHTED_AVERAGE_CAP",
                "La hausse moyenne, pondérée par le nombre d’adhérents de chaque tarif, ne dépasse pas 3 %.",
                max_rise_percent="3",
            ),
            clause(
                "vieillissement",
                "Article 5",
                "AGEING_CAP",
                "Le passage à la tranche d’âge suivante n’augmente pas une cotisation de plus de 20 %, en plus de la"
                " hausse annuelle, de 3 % au plus.",
                max_ageing_percent="20",
                max_price_percent="3",
                freeze_age=80,
            ),
            clause(
                "familles",
                "Article 6",
                "FAMILY_BENEFIT",
                "La cotisation est gratuite à partir du troisième enfant ; un couple paie 5 % de moins.",
                free_from_rank=3,
                couple_discount_percent="5",
            ),
        ),
        promise=OfficeHourPromise(article="Article 7", wording="Une permanence par mois.", per_month=1),
        grids=(
            first_grid(starts_on, before),
            Grid(
                id=named(second),
                notified_on=days.ago(20),
                effective_on=second,
                cells=raised(raised(before, "2.3"), "1.2", from_age=80),
            ),
        ),
        members=people(days, starts_on, 58, 2),
        office_hours=monthly_hours(4, MONDAY, starts_on, "Centre socioculturel", 1),
    )
    found = counted(profiles(agreement, taken), given_cells(before), taken)
    return msgspec.structs.replace(agreement, acts=(counts(taken, _CHAPELLE, found.cells),))


def saint_doulchard(days: Days) -> Town:
    """Saint-Doulchard."""
    return Town(code="18205", name="Saint-Doulchard", partnerships=(_doulchard(days),))


def aubigny(days: Days) -> Town:
    """Aubigny-sur-Nère."""
    return Town(code="18015", name="Aubigny-sur-Nère", partnerships=(_aubigny(days),))


def la_chapelle(days: Days) -> Town:
    """La Chapelle-Saint-Ursin."""
    return Town(code="18050", name="La Chapelle-Saint-Ursin", partnerships=(_chapelle(days),))
