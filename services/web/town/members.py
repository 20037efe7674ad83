"""How many residents are helped: month by month, frozen and under statistical secrecy."""

from flask.typing import ResponseReturnValue

from services.access import allow
from services.web.exports import FileKind, download
from services.web.render import page
from services.web.sight import town_sight
from services.web.town.blueprint import blueprint
from services.web.town_facts import curve, town_of
from services.web.words import AGE_BANDS


@blueprint.get("/adherents")
@allow("town")
def members() -> ResponseReturnValue:
    """Members at each month's end, in all and by age."""
    sight = town_sight()
    town = town_of(sight)
    return page(
        "town/members.jinja",
        partners=town.open,
        curves={partner.owner: curve(partner) for partner in town.open},
        bands=list(AGE_BANDS.items()),
        read=sight.seal,
    )


@blueprint.get("/adherents.<any(csv, xlsx):kind>")
@allow("town")
def members_file(kind: FileKind) -> ResponseReturnValue:
    """The same months as a file."""
    sight = town_sight()
    return download(
        kind,
        f"adherents-{sight.code}",
        ("Organisme", "Mois", "Au", "Adhérents", *(f"Adhérents de {band}" for band in AGE_BANDS.values())),
        (
            (
                partner.name,
                row.month,
                row.on_day,
                _said(row.members),
                *(_said(row.by_age.get(band)) for band in AGE_BANDS),
            )
            for partner in town_of(sight).open
            for row in partner.figures
        ),
    )


def _said(value: int | None) -> object:
    return "Non diffusé" if value is None else value
