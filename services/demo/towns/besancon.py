"""Besançon: the facts of 2017 about an association and its contracts, and an invented convention not confirmed yet.

Published figures that disagree (how many communes ACTIOM works with) stand side by side, each with its date.
"""

from datetime import date
from typing import Final

from domain.partnerships.terms import OfficeHourPromise
from services.demo.days import DAY, Days
from services.demo.insurers import TROIS_RIVIERES
from services.demo.script import Partnership, Published, Town, cap

_SOURCE: Final = (
    "France urbaine, « À Besançon, “Visa Santé” : une mutuelle solidaire », franceurbaine.org (2017)"
)
_PUBLISHED_ON: Final = date(2017, 4, 20)


def _waiting(days: Days) -> Partnership:
    return Partnership(
        key="besancon-trois-rivieres",
        insurer=TROIS_RIVIERES,
        signed_on=days.ago(17),
        declared_on=days.ago(13),
        confirmed_on=None,
        starts_on=days.month(2),
        ends_on=days.month(2 + 36) - DAY,
        council_vote=f"Délibération fictive n° {days.ago(24)}",
        commitments=(
            cap(
                "3",
                "CIVIL_YEAR",
                "Article 4",
                "Aucune cotisation n’augmente de plus de 3 % dans une année civile.",
            ),
        ),
        promise=OfficeHourPromise(article="Article 6", wording="Deux permanences par mois.", per_month=2),
    )


def besancon(days: Days) -> Town:
    """Besançon."""
    return Town(
        code="25056",
        name="Besançon",
        published=(
            Published(
                key="besancon-contrats",
                about="prices",
                statement="Onze contrats négociés, à partir de 10 €.",
                source=_SOURCE,
                published_on=_PUBLISHED_ON,
            ),
            Published(
                key="besancon-orientation",
                about="partnership",
                statement="Après évaluation des besoins, le CCAS oriente vers ses propres services ou vers"
                " l’association ACTIOM, intermédiaire entre les habitants et les organismes (« Visa Santé »).",
                source=_SOURCE,
                published_on=_PUBLISHED_ON,
            ),
            Published(
                key="besancon-sans-couverture",
                about="needs",
                statement="5 % des Français seraient sans complémentaire santé, soit 6 000 personnes à Besançon.",
                source=_SOURCE,
                published_on=_PUBLISHED_ON,
            ),
            Published(
                key="besancon-carence",
                about="guarantees",
                statement="Prise en charge immédiate, sans délai de carence.",
                source=_SOURCE,
                published_on=_PUBLISHED_ON,
            ),
            Published(
                key="besancon-communes-2017",
                about="partnership",
                statement="Onze autres communes ont signé avec ACTIOM. La mutuelle solidaire par une association existe"
                " dans presque 800 communes ; Besançon est la première ville de plus de 100 000 habitants.",
                source=_SOURCE,
                published_on=_PUBLISHED_ON,
            ),
            Published(
                key="besancon-communes-2016",
                about="partnership",
                statement="L’association (« Action » dans le texte) compte près de 1 400 communes partenaires, dont"
                " Besançon.",
                source="Gwendal Perrin, « Complémentaire santé : après les mutuelles communales, les mutuelles"
                " départementales » (6 octobre 2016, site non indiqué)",
                published_on=date(2016, 10, 6),
            ),
        ),
        partnerships=(_waiting(days),),
    )
