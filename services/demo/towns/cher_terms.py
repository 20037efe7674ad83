"""Towns of an invented insurer in whose conventions something changes: one over three towns, amended, refused, over.

The freeze of 2026 is the law's (LFSS 2026, article 13), promised here in the town's own convention.
"""

from datetime import date
from typing import Final

import msgspec

from services.demo.acts import accepts, amends, case, dawns, explains, refuses
from services.demo.days import DAY, Days
from services.demo.history import terms_of
from services.demo.script import MONDAY, TUESDAY, WEDNESDAY, Grid, Partnership, Town, clause, raised
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

_HENRICHEMONT: Final = "henrichemont-trois-rivieres"
_TROUY: Final = "trouy-trois-rivieres"
_TOGETHER: Final = ("18096", "18140", "18148")


def _together(days: Days, *, confirmed: bool, members: int, nth: int) -> Partnership:
    """One convention over three towns, each of which confirms for itself."""
    starts_on = days.month(-3)
    agreement = agreed(
        "foecy-massay-mereau",
        starts_on,
        months=36,
        communes=_TOGETHER,
        commitments=(
            clause(
                "gel",
                "Article 4",
                "PRICE_FREEZE",
                "Les cotisations sont garanties sans augmentation pendant vingt-quatre mois.",
                months=24,
            ),
            clause(
                "date-unique",
                "Article 5",
                "CHANGE_WINDOW",
                "Ensuite, une cotisation ne peut monter que le 1er janvier.",
            ),
        ),
        promise=MONTHLY,
    )
    if not confirmed:
        return msgspec.structs.replace(agreement, confirmed_on=None, grids=())
    return msgspec.structs.replace(
        agreement,
        members=people(days, starts_on, members),
        office_hours=monthly_hours(nth, WEDNESDAY, starts_on),
    )


def _henrichemont(days: Days) -> Partnership:
    """A rise in the year of the legal freeze, which the town accepted; and an amendment that waits for the town."""
    first, second = date(2025, 1, 1), date(2026, 3, 1)
    broken = case(_HENRICHEMONT, "gel-legal", named(second))
    ends_on = days.month(30) - DAY
    agreement = agreed(
        "henrichemont",
        first,
        ends_on=ends_on,
        commitments=(
            yearly_cap("3", "CIVIL_YEAR"),
            clause(
                "gel-legal",
                "Article 7",
                "STATUTORY_FREEZE",
                "La mutuelle signale à la commune tout écart avec le gel des cotisations voté pour 2026.",
                reference_on="2025-12-31",
                **{"from": "2026-01-01", "to": "2026-12-31"},
            ),
        ),
        promise=MONTHLY,
        grids=(
            first_grid(first),
            Grid(
                id=named(second),
                notified_on=date(2026, 1, 12),
                effective_on=second,
                cells=raised(PRICES, "1.9"),
            ),
        ),
        members=people(days, first, 31, 2),
        office_hours=monthly_hours(2, MONDAY, first),
    )
    later = msgspec.structs.replace(
        terms_of(agreement),
        ends_on=Days(ends_on).month(13) - DAY,
        signed_on=days.ago(14),
        commitments=(yearly_cap("2.5", "CIVIL_YEAR"), *agreement.commitments[1:]),
    )
    return msgspec.structs.replace(
        agreement,
        acts=(
            explains(
                date(2026, 1, 22),
                broken,
                "La loi est contestée par les fédérations ; la hausse de 1,9 % reste sous le plafond de la convention.",
            ),
            accepts(
                date(2026, 2, 9),
                broken,
                "Le conseil prend acte : la hausse est modérée, et la commune suivra les décisions de justice.",
            ),
            amends(
                days.ago(9),
                _HENRICHEMONT,
                days.month(2),
                "Un an de plus, et un plafond ramené de 3 % à 2,5 % (avenant fictif).",
                later,
            ),
        ),
    )


def _trouy(days: Days) -> Partnership:
    """The town does not recognise what was declared."""
    starts_on = days.month(2)
    agreement = agreed(
        "trouy",
        starts_on,
        commitments=(yearly_cap("4", "CIVIL_YEAR"),),
        promise=MONTHLY,
        grids=(),
    )
    return msgspec.structs.replace(
        agreement,
        signed_on=days.ago(33),
        declared_on=days.ago(27),
        confirmed_on=None,
        council_vote=f"Délibération fictive n° {days.ago(40)}",
        acts=(
            refuses(
                days.ago(16),
                _TROUY,
                "Le conseil a voté un plafond de 3 % par an ; la convention déclarée dit 4 %.",
            ),
        ),
    )


def _dun(days: Days) -> Partnership:
    """A convention that is over: members keep their contracts, and grids are judged as before."""
    starts_on, over_on, last = days.month(-38), days.month(-2), days.month(2)
    return agreed(
        "dun-sur-auron",
        starts_on,
        months=36,
        commitments=(
            yearly_cap("3", "CONVENTION_YEAR"),
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
                id=named(days.month(-14)),
                notified_on=Days(days.month(-14)).ago(60),
                effective_on=days.month(-14),
                cells=raised(PRICES, "2.1"),
            ),
            Grid(
                id=named(last),
                notified_on=days.ago(21),
                effective_on=last,
                cells=raised(raised(PRICES, "2.1"), "1.8"),
            ),
        ),
        acts=(dawns(over_on),),
        members=people(days, starts_on, 44, 9, until=Days(over_on).ago(75)),
        office_hours=monthly_hours(3, TUESDAY, starts_on),
    )


def foecy(days: Days) -> Town:
    """Foëcy, where the convention of three towns was declared."""
    return Town(
        code="18096", name="Foëcy", partnerships=(_together(days, confirmed=True, members=14, nth=1),)
    )


def massay(days: Days) -> Town:
    """Massay, the second of three."""
    return Town(
        code="18140", name="Massay", partnerships=(_together(days, confirmed=True, members=12, nth=2),)
    )


def mereau(days: Days) -> Town:
    """Méreau, the third, which has not confirmed yet."""
    return Town(
        code="18148", name="Méreau", partnerships=(_together(days, confirmed=False, members=0, nth=3),)
    )


def henrichemont(days: Days) -> Town:
    """Henrichemont."""
    return Town(code="18109", name="Henrichemont", partnerships=(_henrichemont(days),))


def trouy(days: Days) -> Town:
    """Trouy."""
    return Town(code="18267", name="Trouy", partnerships=(_trouy(days),))


def dun(days: Days) -> Town:
    """Dun-sur-Auron."""
    return Town(code="18087", name="Dun-sur-Auron", partnerships=(_dun(days),))
