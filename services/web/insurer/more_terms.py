"""The rest of a convention's terms in a form: the clause that ends it, the clocks, the day of the vote.

`terms_form` asks for what every convention has; an amendment changes anything, so that its form asks for this too.
"""

from typing import Final

import msgspec

from domain.partnerships.terms import Clause, Clocks, Terms
from services.web.forms import Entry, Form, day, prose, text, whole

CLOCKS: Final = ("explanation_days", "answer_days", "cure_days")
_DAYS: Final = "Écrivez un nombre de jours de 1 à 366."
_ENTRIES: Final = [
    *(Entry(name, whole(1, 366), "Écrivez ce délai en jours.", _DAYS) for name in CLOCKS),
    Entry("termination_article", text),
    Entry("termination_wording", prose),
    Entry("voted_on", day, wrong="Écrivez une date comme 25/11/2026."),
]
FIELDS: Final = tuple(entry.name for entry in _ENTRIES)


def typed_more(terms: Terms) -> dict[str, str]:
    """The values of the form that say these terms."""
    found = {name: str(getattr(terms.clocks, name)) for name in CLOCKS}
    if terms.termination is not None:
        found |= {
            "termination_article": terms.termination.article,
            "termination_wording": terms.termination.wording,
        }
    if terms.council_vote is not None and terms.council_vote.voted_on is not None:
        found["voted_on"] = terms.council_vote.voted_on.isoformat()
    return found


def read_more(form: Form, terms: Terms) -> Terms | None:
    """The terms with the rest of the form; None when something is wrong, which the form then says."""
    values = form.read(_ENTRIES)
    if values["termination_wording"] and not values["termination_article"]:
        form.errors.setdefault("termination_article", "Écrivez l’article de la clause de résiliation.")
    if form.refused:
        return None
    wording = values["termination_wording"]
    return msgspec.structs.replace(
        terms,
        termination=Clause(article=values["termination_article"], wording=wording) if wording else None,
        clocks=Clocks(**{name: values[name] for name in CLOCKS}),
        council_vote=msgspec.structs.replace(terms.council_vote, voted_on=values["voted_on"])
        if terms.council_vote
        else None,
    )
