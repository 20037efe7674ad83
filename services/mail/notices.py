"""Which mail an event makes, for whom: a table from topics to what is told, filled by the modules of the contexts.

A notice is pure apart from its readings of the past, so the same event always makes the same mails.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from projections.engine.view import Recorded
from services.mail.readings import Place, Readings

Side = Literal["town", "insurer"]
Category = Literal["alertes", "tarifs", "conventions", "echeances"]

BOTH: Final[Sequence[Side]] = ("town", "insurer")
CATEGORIES: Final[Mapping[Category, tuple[str, str]]] = {
    "alertes": ("Alertes", "un engagement rompu, et ce qu’en disent l’organisme et la ville"),
    "tarifs": ("Tarifs", "une grille notifiée, une dérogation demandée, accordée ou refusée"),
    "conventions": ("Conventions", "une convention ou un avenant à confirmer, un préavis, une fin"),
    "echeances": ("Échéances", "un délai passé sans réponse"),
}
"""What people choose between: a name, and what it is about."""


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What an event is told as: to whom, from which convention, and the facts of its template."""

    to: Sequence[Side]
    place: Place
    path: Callable[[Side], str]
    facts: Mapping[str, Any]


Telling = Callable[[Recorded[Any], Readings], Notice | None]


KINDS: Final[Mapping[str, Category]] = {
    "case.opened": "alertes",
    "case.reopened": "alertes",
    "case.corrected": "alertes",
    "case.explained": "alertes",
    "case.disputed": "alertes",
    "case.accepted": "alertes",
    "case.formal_notice_sent": "alertes",
    "case.notice_given": "alertes",
    "case.fell_due": "echeances",
    "grid.notified": "tarifs",
    "exemption.requested": "tarifs",
    "exemption.granted": "tarifs",
    "exemption.refused": "tarifs",
    "exemption.revoked": "tarifs",
    "convention.declared": "conventions",
    "convention.confirmed": "conventions",
    "convention.refused": "conventions",
    "convention.notice_given": "conventions",
    "convention.ended": "conventions",
    "amendment.declared": "conventions",
    "amendment.confirmed": "conventions",
    "amendment.refused": "conventions",
}
"""The topics that are told, each with the category that people choose by."""

TELLINGS: Final[dict[str, Telling]] = {}


def told(topic: str) -> Callable[[Telling], Telling]:
    """Let the decorated function say what the events of a topic are told as; None is told to nobody."""

    def register(telling: Telling) -> Telling:
        if topic in TELLINGS or topic not in KINDS:
            msg = f"{topic} is told twice, or has no category"
            raise TypeError(msg)
        TELLINGS[topic] = telling
        return telling

    return register
