"""The register on any day, as known at any instant; a commitment with what was ever said of it; the file to check."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from flask import Response, request
from flask.typing import ResponseReturnValue

from domain.tariffs.statements import from_document
from domain.tenancy import Owner, accord, siren_of
from projections.compliance import queries as compliance
from projections.engine.reading import Reader
from projections.oversight import queries as oversight
from projections.oversight.queries import ConventionRow
from services.access import allow
from services.asking import parts
from services.commands.dossier import load_dossier, scenarios
from services.commands.perform import NotFoundError
from services.compliance import compliance_at, history_of
from services.web.as_of import AsOf, as_of
from services.web.clauses import title
from services.web.exports import FileKind, download
from services.web.judged import entries_on, judged, tellings
from services.web.params import pairs
from services.web.register import Entry, by_urgency, promised
from services.web.render import page
from services.web.sight import Sight, town_sight
from services.web.standing import PROMISE, promise
from services.web.town.blueprint import blueprint
from services.web.town_facts import Town, town_of

_SIDES = {"insurer": "Organisme", "town": "Ville"}


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One convention's part of the register."""

    siren: str
    name: str
    fictitious: bool
    convention: ConventionRow
    entries: Sequence[Entry]


@blueprint.get("/engagements")
@allow("town")
def register() -> ResponseReturnValue:
    """Both sides' commitments, on a day, as known at an instant."""
    sight, asked = town_sight(), _asked()
    sides = _sides(sight, asked)
    return page(
        "town/register.jinja",
        status=422 if asked.form.refused else 200,
        errors=asked.form.refused,
        sight=sight,
        links=sight.links,
        sides=sides,
        lines=sum(len(side.entries) for side in sides),
        asked=asked,
        form=asked.form,
        read=sight.seal,
    )


@blueprint.get("/engagements.<any(csv, xlsx):kind>")
@allow("town")
def register_file(kind: FileKind) -> ResponseReturnValue:
    """The same lines as a file."""
    sight, asked = town_sight(), _asked()
    return download(
        kind,
        f"engagements-{sight.code}-{asked.day}",
        ("Organisme", "Promis par", "Article", "Engagement", "Clause", "État", "Depuis quand, preuve"),
        (
            (
                side.name,
                _SIDES[entry.by],
                entry.article,
                entry.title,
                entry.wording,
                entry.word,
                entry.evidence,
            )
            for side in _sides(sight, asked)
            for entry in side.entries
        ),
    )


@blueprint.get("/engagements/<siren:siren>/<key:convention>/<key:commitment>")
@allow("town")
def commitment(siren: str, convention: str, commitment: str) -> ResponseReturnValue:
    """One commitment: its clause, what is checked, what is found on a day, and what was ever said."""
    sight, asked = town_sight(), _asked()
    owner = accord(siren)
    row = sight.read(
        lambda reader: oversight.convention(
            reader, sight.tenant, owner, convention, as_of=asked.day, as_known_at=asked.known_at
        )
    )
    if owner not in sight.owners or row is None:
        raise NotFoundError(convention)
    clause: Mapping[str, Any] | None = next(
        (each for each in row.commitments if each["id"] == commitment), None
    )
    if clause is None:
        raise NotFoundError(commitment)
    found = compliance_at(
        parts().ledger, sight.tenant, owner, convention, as_of=asked.day, as_known_at=asked.known_at
    )
    rows = sight.read(lambda reader: compliance.judgements(reader, sight.tenant, owner, convention))
    until = [each for each in rows[::-1] if asked.known_at is None or each.recorded_at <= asked.known_at]
    said = history_of(until, parts().ledger.documents.get, commitment=commitment)
    later = from_document(parts().ledger.documents.get(until[-1].document)) if until else ()
    entry = next((each for each in entries_on(found, row, siren, asked.day) if each.id == commitment), None)
    town = town_of(sight)
    present = [
        each
        for partner in town.partners
        if partner.siren == siren and partner.convention.id == convention
        for each in town.register[partner.owner]
        if each.id == commitment
    ]
    return page(
        "town/commitment.jinja",
        status=422 if asked.form.refused else 200,
        errors=asked.form.refused,
        sight=sight,
        links=sight.links,
        convention=row,
        siren=siren,
        clause=clause,
        title=title(clause),
        params=pairs(clause["params"]),
        entry=present[0] if present and not asked.past else entry,
        judged=judged(found.findings, commitment),
        announced=judged([each for each in later if each.from_on > asked.day], commitment),
        tellings=tellings(said),
        asked=asked,
        form=asked.form,
        fictitious=row.fictitious and "(ficti" not in row.insurer_name,
        read=sight.seal,
    )


@blueprint.get("/engagements/<siren:siren>/<key:convention>/calcul.json")
@allow("town")
def scenario(siren: str, convention: str) -> Response:
    """The file that `beffroi assess` takes: that of the terms that count on the day. It has no headcounts."""
    sight, asked = town_sight(), _asked()
    owner = accord(siren)
    row = sight.read(lambda reader: oversight.convention(reader, sight.tenant, owner, convention))
    if owner not in sight.owners or row is None:
        raise NotFoundError(convention)
    dossier = load_dossier(parts().ledger, sight.tenant, owner, convention)
    periods = scenarios(dossier, parts().ledger.documents, as_known_at=asked.known_at, with_headcounts=False)
    begun = [period for period in periods if (period.first or date.min) <= asked.day]
    if not periods:
        raise NotFoundError(convention)
    answer = Response(
        msgspec.json.format(msgspec.json.encode((begun or periods)[-1].scenario), indent=1),
        mimetype="application/json",
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="calcul-{sight.code}-{convention}.json"'
    return answer


def _asked() -> AsOf:
    return as_of(request.args.get("au", ""), request.args.get("connu_le", ""), parts().clock.now())


def _sides(sight: Sight, asked: AsOf) -> list[Side]:
    """Every convention that was confirmed as known then; today's register says more: it knows of cases."""
    if not asked.past:
        return _today(town_of(sight, prices=False, published=False))

    def query(reader: Reader) -> list[ConventionRow]:
        return oversight.conventions(
            reader, sight.tenant, sight.owners, as_of=asked.day, as_known_at=asked.known_at
        )

    rows = [row for row in sight.read(query) if row.state == "confirmed"]
    return sorted((_side(sight, row, asked) for row in rows), key=lambda side: side.name)


def _today(town: Town) -> list[Side]:
    return [
        Side(
            siren=partner.siren,
            name=partner.name,
            fictitious=partner.fictitious,
            convention=partner.convention,
            entries=town.register[partner.owner],
        )
        for partner in town.open
    ]


def _side(sight: Sight, row: ConventionRow, asked: AsOf) -> Side:
    found = compliance_at(
        parts().ledger, sight.tenant, Owner(row.owner), row.id, as_of=asked.day, as_known_at=asked.known_at
    )
    siren = siren_of(row.owner)
    entries = entries_on(found, row, siren, asked.day)
    if asked.known_at is None:
        entries += _office_hours(sight, row, asked.day)
    return Side(
        siren=siren,
        name=row.insurer_name,
        fictitious=row.fictitious and "(ficti" not in row.insurer_name,
        convention=row,
        entries=by_urgency([*entries, *promised(row, siren)]),
    )


def _office_hours(sight: Sight, row: ConventionRow, on: date) -> list[Entry]:
    """The promise of office hours by a day; what was known of them earlier is not kept."""
    months = sight.read(
        lambda reader: oversight.office_hours_by_month(
            reader, sight.tenant, [row.owner], row.starts_on, min(row.last_day, on)
        )
    )
    standing = promise(row, months, on)
    if standing is None:
        return []
    return [
        Entry(
            siren=siren_of(row.owner),
            insurer=row.insurer_name,
            convention=row.id,
            id=PROMISE,
            article=standing.article,
            title=standing.title,
            wording=standing.wording,
            state=standing.state,
            word=standing.word
            or {"kept": "Tenu", "undecidable": "Sans verdict"}.get(standing.state, "Sans objet"),
            evidence=standing.evidence,
            verified=False,
        )
    ]
