"""What an amendment changes: the terms that count now and those proposed, line by line, and clause by clause."""

from collections.abc import Sequence

import msgspec

from domain.partnerships.terms import Commitment, OfficeHourPromise, Promise, Terms
from services.web.clauses import title
from services.web.typography import count, day, eur


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A figure or a clause before and after; None where there is none. `note` says what a machine checks of it."""

    what: str
    before: str | None
    after: str | None
    note_before: str = ""
    note_after: str = ""


def figures_changed(before: Terms, after: Terms) -> list[Change]:
    """The dates, figures and deadlines that differ."""
    pairs = list(zip(_figures(before), _figures(after), strict=True))
    return [Change(what=what, before=old, after=new) for (what, old), (_, new) in pairs if old != new]


def clauses_changed(before: Terms, after: Terms) -> list[Change]:
    """The clauses that differ, in the order of the present terms; new ones come last."""
    found = [
        *_commitments(before.commitments, after.commitments),
        *_promises(before.promises, after.promises),
    ]
    if before.office_hours != after.office_hours:
        found.append(_office_hours(before.office_hours, after.office_hours))
    if before.termination != after.termination:
        clause = after.termination or before.termination
        found.append(
            Change(
                what=f"Résiliation, {clause.article}" if clause else "Résiliation",
                before=before.termination.wording if before.termination else None,
                after=after.termination.wording if after.termination else None,
            )
        )
    return found


def _office_hours(old: OfficeHourPromise | None, new: OfficeHourPromise | None) -> Change:
    one = new or old
    return Change(
        what=(one.article if one else "") or "Permanences",
        before=old.wording if old else None,
        after=new.wording if new else None,
        note_before=f"{count(old.per_month, 'permanence')} par mois" if old else "",
        note_after=f"{count(new.per_month, 'permanence')} par mois" if new else "",
    )


def _figures(terms: Terms) -> list[tuple[str, str]]:
    months = count(terms.notice_months, "mois", "mois")
    return [
        ("Signature", day(terms.signed_on)),
        ("Premier jour", day(terms.starts_on)),
        ("Dernier jour", day(terms.ends_on)),
        ("Préavis", months),
        ("Frais d’adhésion", "aucun" if terms.fees == 0 else eur(terms.fees)),
        (
            "Délai de carence",
            "aucun" if terms.waiting_period_days == 0 else count(terms.waiting_period_days, "jour"),
        ),
        ("Délai pour expliquer", count(terms.clocks.explanation_days, "jour")),
        ("Délai pour répondre", count(terms.clocks.answer_days, "jour")),
        ("Délai pour corriger", count(terms.clocks.cure_days, "jour")),
    ]


def _commitments(before: Sequence[Commitment], after: Sequence[Commitment]) -> list[Change]:
    new = {each.id: each for each in after}
    old = {each.id: each for each in before}
    found = []
    for identity in dict.fromkeys([*old, *new]):
        was, becomes = old.get(identity), new.get(identity)
        if was == becomes:
            continue
        one = becomes or was
        found.append(
            Change(
                what=(one.article if one else "") or "Engagement tarifaire",
                before=was.wording if was else None,
                after=becomes.wording if becomes else None,
                note_before=title(msgspec.structs.asdict(was)) if was else "",
                note_after=title(msgspec.structs.asdict(becomes)) if becomes else "",
            )
        )
    return found


def _promises(before: Sequence[Promise], after: Sequence[Promise]) -> list[Change]:
    new, old = {each.id: each for each in after}, {each.id: each for each in before}
    found = []
    for identity in dict.fromkeys([*old, *new]):
        was, becomes = old.get(identity), new.get(identity)
        if was == becomes:
            continue
        one = becomes or was
        by = "la ville" if one and one.by == "town" else "l’organisme"
        found.append(
            Change(
                what=f"{(one.article if one else '') or 'Promesse'}, par {by}",
                before=was.wording if was else None,
                after=becomes.wording if becomes else None,
            )
        )
    return found
