"""The Mutuelle des Trois Rivières, invented: what its conventions have in common, and the grid that it prepares.

It is the one that breaks promises; nothing of it was taken from a publication. Every day is counted from the one on
which the demo begins.
"""

from datetime import date, time, timedelta
from typing import Any, Final

from domain.partnerships.terms import Clause, Commitment, OfficeHourPromise, Promise
from domain.tariffs.prepared import Target
from services.commands.prepared import SavePreparedGrid
from services.demo.days import DAY, Days, working_day
from services.demo.insurers import TROIS_RIVIERES
from services.demo.script import Cells, Grid, Members, OfficeHours, Partnership, cap, cells, raised

PRICES: Final = cells(
    {
        "Rive": "13.60 24.10 28.20 32.90 40.30 48.80 57.70 64.60",
        "Gué": "19.10 32.00 37.60 43.70 53.90 65.50 77.40 86.40",
        "Confluent": "25.90 43.60 51.40 59.60 73.80 89.50 105.20 117.90",
    }
)
LANDLINE: Final = "+3326191"

TERMINATION: Final = Clause(
    article="Article 11",
    wording="Si un engagement n’est pas tenu, la commune peut résilier avec un préavis de six mois. Les contrats des"
    " adhérents se poursuivent.",
)
PROMISES: Final = (
    Promise(
        id="bilan",
        by="insurer",
        article="Article 8",
        wording="La mutuelle présente chaque année un bilan au conseil municipal.",
    ),
    Promise(
        id="salle",
        by="town",
        article="Article 9",
        wording="La commune prête une salle et annonce les permanences dans son bulletin.",
    ),
)
_HOURS: Final = {0: (time(9), time(11, 30)), 1: (time(14), time(16, 30))}


def yearly_cap(percent: str, period: str) -> Commitment:
    """The cap that most conventions have."""
    wordings = {
        "CIVIL_YEAR": "dans une année civile",
        "CONVENTION_YEAR": "dans une année de la convention",
        "ROLLING_12M": "sur douze mois glissants",
        "PER_CHANGE": "d’une grille à la suivante",
    }
    return cap(
        percent,
        period,
        "Article 4",
        f"Aucune cotisation n’augmente de plus de {percent.replace('.', ',')} % {wordings[period]}, à âge et garanties"
        " inchangés.",
    )


def named(first: date, suffix: str = "") -> str:
    """How the insurer names a grid: by the month from which on it counts."""
    return f"grille-{first:%Y-%m}{suffix}"


def first_grid(starts_on: date, given: Cells = PRICES) -> Grid:
    """The grid with which a convention begins."""
    return Grid(id=named(starts_on), notified_on=_before(starts_on, 60), effective_on=starts_on, cells=given)


def agreed(key: str, starts_on: date, *, months: int = 48, **more: Any) -> Partnership:
    """A convention over some months, signed, declared and confirmed in the weeks before its first day."""
    facts: dict[str, Any] = {
        "signed_on": _before(starts_on, 75),
        "declared_on": _before(starts_on, 72),
        "confirmed_on": _before(starts_on, 66),
        "starts_on": starts_on,
        "ends_on": _months_after(starts_on, months) - DAY,
        "council_vote": f"Délibération fictive n° {_before(starts_on, 84)}",
        "promises": PROMISES,
        "termination": TERMINATION,
        "grids": (first_grid(starts_on),),
        **more,
    }
    return Partnership(key=f"{key}-trois-rivieres", insurer=TROIS_RIVIERES, **facts)


def monthly_hours(
    nth: int, weekday: int, starts_on: date, place: str = "Mairie", hour: int = 0
) -> OfficeHours:
    """One office hour a month."""
    starts_at, ends_at = _HOURS[hour]
    return OfficeHours(
        first_on=starts_on,
        days=((nth, weekday),),
        starts_at=starts_at,
        ends_at=ends_at,
        places=(place,),
        visitors=(1, 6),
    )


MONTHLY: Final = OfficeHourPromise(article="Article 6", wording="Une permanence par mois.", per_month=1)


def people(
    days: Days, starts_on: date, number: int, departures: int = 0, *, until: date | None = None
) -> Members:
    """So many who joined since a convention began: half of them in its first months."""
    last = until or days.ago(15)
    first = starts_on - timedelta(days=45)
    return Members(
        growth=((first, 0), (first + (last - first) // 3, number // 2), (last, number)),
        departures=departures,
        women=54,
        ages=(24, 38, 48, 56, 62, 67, 71, 75, 79, 84, 93),
        formulas={"Rive": 42, "Gué": 38, "Confluent": 20} if number > 20 else {"Rive": 55, "Gué": 45},
        landline=LANDLINE,
    )


def draft(days: Days) -> tuple[str, SavePreparedGrid]:
    """The SIREN of who prepares a grid, and the grid: it breaks the caps of some towns, which nobody knows yet."""
    command = SavePreparedGrid(
        id=f"janvier-{days.january(1).year}",
        name=f"Grille de janvier {days.january(1).year}",
        cells=raised(raised(PRICES, "4"), "3.4", from_age=60),
        effective_on=days.january(1),
        decided_by="Conseil d’administration (fictif)",
        decided_on=days.ago(6),
        towns=tuple(
            Target(commune=code, convention=f"{name}-trois-rivieres")
            for code, name in (
                ("18050", "la-chapelle-saint-ursin"),
                ("18109", "henrichemont"),
                ("18207", "saint-florent-sur-cher"),
            )
        ),
    )
    return TROIS_RIVIERES.siren, command


def _before(day: date, days: int) -> date:
    return working_day(day - days * DAY)


def _months_after(day: date, months: int) -> date:
    return Days(day).month(months)
