"""Towns of an invented insurer whose cases went further: corrected, formally noticed, ended, explained with a request.

Who finds the breaches is the judge, not this file; who lets deadlines pass is the calendar.
"""

from typing import Final

from services.commands.exemptions import RequestExemption
from services.demo.acts import asks, case, dawns, digest, disputes, ends_for, explains, files, sends_letter
from services.demo.days import DAY, Days
from services.demo.script import FRIDAY, MONDAY, THURSDAY, TUESDAY, Grid, Partnership, Town, clause, raised
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

_FLORENT: Final = "saint-florent-sur-cher-trois-rivieres"
_BOURGES: Final = "bourges-trois-rivieres"
_AMAND: Final = "saint-amand-montrond-trois-rivieres"
_ANGILLON: Final = "les-aix-d-angillon-trois-rivieres"

_NOTE: Final = (
    "Note technique (fictive).\n\n"
    "Rapport des prestations aux cotisations, hors taxes : 93 % sur les douze derniers mois, contre 82 % prévus.\n"
    "La hausse demandée ramène ce rapport à 89 %.\n"
)


def _florent(days: Days) -> Partnership:
    """A grid over the cap, and the one that corrected it a week later: the history shows both."""
    starts_on, second = days.month(-17), days.month(1)
    wrong, right = named(second), named(second, "-corrigee")
    return agreed(
        "saint-florent-sur-cher",
        starts_on,
        commitments=(
            yearly_cap("3", "ROLLING_12M"),
            clause(
                "tranches",
                "Annexe 2",
                "AGE_STRUCTURE",
                "Chaque formule couvre tous les âges, et ses tranches restent celles de l’annexe 2.",
            ),
        ),
        promise=MONTHLY,
        grids=(
            first_grid(starts_on),
            Grid(
                id=wrong,
                notified_on=days.ago(48),
                effective_on=second,
                cells=raised(raised(PRICES, "2.6"), "1.5", from_age=60),
            ),
            Grid(
                id=right,
                notified_on=days.ago(40),
                effective_on=second,
                cells=raised(PRICES, "2.6"),
                corrects=wrong,
            ),
        ),
        acts=(
            explains(
                days.ago(44),
                case(_FLORENT, "plafond", wrong),
                "Une erreur de saisie a ajouté 1,5 % à partir de 60 ans. Nous notifions une grille corrigée.",
            ),
        ),
        members=people(days, starts_on, 39, 2),
        office_hours=monthly_hours(2, TUESDAY, starts_on),
    )


def _bourges(days: Days) -> Partnership:
    """No answer in time: the town sent a formal notice, whose days run."""
    starts_on, second = days.month(-22), days.month(0)
    broken = case(_BOURGES, "plafond", named(second))
    told = days.ago(60)
    return agreed(
        "bourges",
        starts_on,
        commitments=(
            yearly_cap("2.5", "PER_CHANGE"),
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
            first_grid(starts_on, raised(PRICES, "3.4")),
            Grid(
                id=named(second),
                notified_on=told,
                effective_on=second,
                cells=raised(raised(PRICES, "3.4"), "3.3", from_age=40),
            ),
        ),
        acts=(dawns(told + 16 * DAY), sends_letter(days.ago(18), broken)),
        members=people(days, starts_on, 84, 6),
        office_hours=monthly_hours(1, MONDAY, starts_on, "Hôtel de ville", 1),
    )


def _amand(days: Days) -> Partnership:
    """The third rise exceeds what was promised for the whole term: the town ended the convention, notice runs."""
    starts_on = days.month(-30)
    firsts = (starts_on, days.month(-18), days.month(-8), days.month(-2))
    broken = case(_AMAND, "cumul", named(firsts[3]))
    prices = [PRICES]
    for percent in ("3", "2.9", "2.8"):
        prices.append(raised(prices[-1], percent))
    return agreed(
        "saint-amand-montrond",
        starts_on,
        commitments=(
            clause(
                "cumul",
                "Article 4",
                "CUMULATIVE_CAP",
                "Depuis le début de la convention, la hausse d’une cotisation ne dépasse pas 8 %.",
                max_rise_percent="8",
            ),
        ),
        promise=MONTHLY,
        grids=(
            first_grid(starts_on),
            *(
                Grid(id=named(first), notified_on=told, effective_on=first, cells=cells)
                for first, told, cells in zip(
                    firsts[1:],
                    (Days(firsts[1]).ago(60), Days(firsts[2]).ago(60), days.ago(125)),
                    prices[1:],
                    strict=True,
                )
            ),
        ),
        acts=(
            explains(
                days.ago(114),
                broken,
                "La hausse suit l’évolution nationale des cotisations, et reste sous 3 % cette année.",
            ),
            disputes(
                days.ago(96),
                broken,
                "L’article 4 porte sur toute la durée : 8 %. La hausse cumulée dépasse 8,9 %.",
            ),
            dawns(days.ago(79)),
            ends_for(days.ago(55), broken, "Aucune grille corrigée n’a suivi la contestation."),
            dawns(days.ago(54)),
        ),
        members=people(days, starts_on, 63, 8),
        office_hours=monthly_hours(3, THURSDAY, starts_on),
    )


def _angillon(days: Days) -> Partnership:
    """The insurer explains, and asks for an exemption: the town's turn."""
    starts_on, second = days.month(-15), days.month(2)
    explained = days.ago(11)
    return agreed(
        "les-aix-d-angillon",
        starts_on,
        commitments=(
            yearly_cap("2", "ROLLING_12M"),
            clause(
                "hausse-uniforme",
                "Article 5",
                "UNIFORM_INCREASE",
                "La hausse annoncée est la même pour tous les âges d’une formule.",
            ),
        ),
        promise=MONTHLY,
        grids=(
            first_grid(starts_on),
            Grid(
                id=named(second),
                notified_on=days.ago(19),
                effective_on=second,
                cells=raised(PRICES, "3.5"),
                declared_rise="3.5",
                reason="Les prestations versées dépassent ce qui était prévu (motif fictif).",
            ),
        ),
        acts=(
            files(explained, "note-technique.txt", _NOTE),
            explains(
                explained,
                case(_ANGILLON, "plafond", named(second)),
                "Les prestations versées atteignent 93 % des cotisations. La note jointe le détaille ; nous demandons"
                " une dérogation pour un an.",
                _NOTE,
            ),
            asks(
                explained,
                RequestExemption(
                    convention=_ANGILLON,
                    id="sinistralite",
                    commitments=("plafond",),
                    kind="LOSS_RATIO",
                    factor=("1.015", "1"),
                    valid_from=second,
                    valid_to=Days(second).month(12) - DAY,
                    reason="Les prestations versées atteignent 93 % des cotisations, contre 82 % prévus (demande"
                    " fictive).",
                    documents=(digest(_NOTE),),
                ),
            ),
        ),
        members=people(days, starts_on, 22, 1),
        office_hours=monthly_hours(4, FRIDAY, starts_on),
    )


def saint_florent(days: Days) -> Town:
    """Saint-Florent-sur-Cher."""
    return Town(code="18207", name="Saint-Florent-sur-Cher", partnerships=(_florent(days),))


def bourges(days: Days) -> Town:
    """Bourges."""
    return Town(code="18033", name="Bourges", partnerships=(_bourges(days),))


def saint_amand(days: Days) -> Town:
    """Saint-Amand-Montrond."""
    return Town(code="18197", name="Saint-Amand-Montrond", partnerships=(_amand(days),))


def les_aix(days: Days) -> Town:
    """Les Aix-d’Angillon."""
    return Town(code="18003", name="Les Aix-d’Angillon", partnerships=(_angillon(days),))
