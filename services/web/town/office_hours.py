"""Office hours as a town follows them: promised against held, month by month, and the list behind the figures."""

from datetime import timedelta
from typing import Final

from flask.typing import ResponseReturnValue

from projections.oversight import queries as oversight
from services.access import allow
from services.web.exports import FileKind, download
from services.web.render import page
from services.web.sight import town_sight
from services.web.town.blueprint import blueprint
from services.web.town_facts import town_of
from services.web.words import CANCELLING

_PAST: Final = timedelta(days=366)
_MOST: Final = 500
_EXPORTED: Final = 10_000


@blueprint.get("/permanences")
@allow("town")
def office_hours() -> ResponseReturnValue:
    """Month by month, then one by one."""
    sight = town_sight()
    town = town_of(sight)
    rows = sight.read(
        lambda reader: oversight.office_hours(
            reader, sight.tenant, sight.owners, first=sight.today - _PAST, limit=_MOST
        )
    )
    return page(
        "town/office_hours.jinja",
        partners=town.open,
        rows={
            partner.owner: sorted(
                (row for row in rows if row.owner == partner.owner), key=lambda row: row.on_day, reverse=True
            )
            for partner in town.open
        },
        today=sight.today,
        read=sight.seal,
    )


@blueprint.get("/permanences.<any(csv, xlsx):kind>")
@allow("town")
def office_hours_file(kind: FileKind) -> ResponseReturnValue:
    """Every office hour as a file."""
    sight = town_sight()
    town = town_of(sight)
    names = {partner.owner: partner.name for partner in town.partners}
    rows = sight.read(
        lambda reader: oversight.office_hours(reader, sight.tenant, sight.owners, limit=_EXPORTED)
    )
    words = {"planned": "Prévue", "held": "Tenue", "cancelled": "Annulée", "overdue": "Sans compte rendu"}
    return download(
        kind,
        f"permanences-{sight.code}",
        ("Organisme", "Jour", "Début", "Fin", "Lieu", "État", "Personnes reçues", "Sur rendez-vous", "Motif"),
        (
            (
                names.get(row.owner),
                row.on_day,
                row.starts_at,
                row.ends_at,
                row.place,
                words[row.state],
                row.visitors,
                row.by_appointment,
                CANCELLING.get(row.reason or "", row.reason),
            )
            for row in rows
        ),
    )
