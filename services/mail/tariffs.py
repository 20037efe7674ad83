"""Mails about tariffs: a grid that the town is notified of, and exemptions asked for, granted, refused or revoked."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from domain.tariffs.assess import Cell
from domain.tariffs.grid import from_document
from projections.engine.view import Recorded
from services.mail import links
from services.mail.notices import Notice, Side, told
from services.mail.readings import Readings, last
from services.web.grids import same_person
from services.web.typography import percent, rise


@told("grid.notified")
def grid_notified(fact: Recorded[Any], read: Readings) -> Notice:
    """The town learns of new prices, and by how much they change."""
    place = read.place(fact.key)
    facts = {"event": fact.event, "changes": _changes(fact, read)}
    return Notice(to=("town",), place=place, path=links.grid(place, fact.event.grid), facts=facts)


@told("exemption.requested")
def exemption_requested(fact: Recorded[Any], read: Readings) -> Notice:
    """The town is asked to let limits be exceeded."""
    return _exemption(fact, read, "town", fact.event)


@told("exemption.granted")
def exemption_granted(fact: Recorded[Any], read: Readings) -> Notice | None:
    """The insurer learns the terms. One that settles a case is told with the case."""
    if fact.event.case is not None:
        return None
    return _exemption(fact, read, "insurer", fact.event)


@told("exemption.refused")
def exemption_refused(fact: Recorded[Any], read: Readings) -> Notice:
    """The insurer learns why not."""
    return _exemption(fact, read, "insurer", _known(fact, read, "exemption.requested"))


@told("exemption.revoked")
def exemption_revoked(fact: Recorded[Any], read: Readings) -> Notice:
    """The insurer learns from which day the limits hold again."""
    return _exemption(fact, read, "insurer", _known(fact, read, "exemption.granted"))


def _known(fact: Recorded[Any], read: Readings, topic: str) -> Any:
    """What was asked or granted under the same name."""
    every = [each for each in read.own_stream("exemptions") if each.event.exemption == fact.event.exemption]
    return last(every, topic)


def _exemption(fact: Recorded[Any], read: Readings, to: Side, terms: Any) -> Notice:
    place = read.place(fact.key)
    known = clauses(read, fact.key)
    named = [known[each] for each in (terms.commitments if terms else ()) if each in known]
    facts = {"event": fact.event, "terms": terms, "clauses": named, "factor": _factor(terms)}
    return Notice(to=(to,), place=place, path=links.home(place), facts=facts)


def _factor(terms: Any) -> str:
    """What becomes of the limits: `plafonds relevés de 2,5 %`."""
    if terms is None:
        return ""
    factor = Fraction(terms.factor[0]) / Fraction(terms.factor[1])
    if factor == 1:
        return "plafonds inchangés"
    return f"plafonds {'relevés' if factor > 1 else 'abaissés'} de {percent(abs(factor - 1) * 100)}"


def clauses(read: Readings, convention: str) -> Mapping[str, Any]:
    """The commitments of a convention by id, as its last terms say them."""
    known = {}
    for each in read.stream("convention", convention):
        terms = getattr(each.event, "terms", each.event)
        known.update({clause.id: clause for clause in getattr(terms, "commitments", ())})
    return known


def _changes(fact: Recorded[Any], read: Readings) -> tuple[str, str] | None:
    """The least and the greatest change against the grid that this one follows; None when there is none to compare."""
    grids = [each for each in read.own_stream("tariff") if each.event.topic == fact.event.topic]
    replaced = {each.event.corrects for each in grids}
    earlier = [
        each.event
        for each in grids
        if each.position < fact.position
        and each.event.grid not in replaced
        and each.event.effective_on <= fact.event.effective_on
    ]
    if not earlier:
        return None
    before = _cells(read, max(earlier, key=lambda each: each.effective_on).document)
    pairs = [
        (former, cell.monthly)
        for cell in _cells(read, fact.event.document)
        if (former := same_person(before, cell.id))
    ]
    if not pairs:
        return None
    ordered = sorted(pairs, key=lambda pair: pair[1] / pair[0])
    return rise(*ordered[0]), rise(*ordered[-1])


def _cells(read: Readings, digest: str) -> Sequence[Cell]:
    content = read.document(digest)
    return from_document(content) if content is not None else ()
