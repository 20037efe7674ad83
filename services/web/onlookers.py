"""A town's pages for those who look at it: the same handlers under other addresses, without a form or a decision.

Each handler asks `town_sight` whose town it is about; here that is the commune of the address.
"""

from collections.abc import Callable
from typing import Any, Final

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from domain.tenancy import commune
from infra.identity import Role
from services.access import allow, commune_named, oversight_of
from services.asking import parts
from services.web.links import Links
from services.web.sight import onlooker
from services.web.town import amendments, cases, documents, exemptions, home, register, tariffs

Handler = Callable[..., ResponseReturnValue]

_FILE: Final = "<any(csv, xlsx):kind>"
PAGES: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("home", "", home.home),
    ("register", "/engagements", register.register),
    ("register_file", f"/engagements.{_FILE}", register.register_file),
    ("commitment", "/engagements/<siren:siren>/<key:convention>/<key:commitment>", register.commitment),
    ("scenario", "/engagements/<siren:siren>/<key:convention>/calcul.json", register.scenario),
    ("tariffs", "/tarifs", tariffs.tariffs),
    ("tariffs_file", f"/tarifs.{_FILE}", tariffs.tariffs_file),
    ("compared", "/tarifs/<siren:siren>/comparaison", tariffs.compared),
    ("grid", "/tarifs/<siren:siren>/<key:grid>", tariffs.grid),
    ("grid_file", f"/tarifs/<siren:siren>/<key:grid>.{_FILE}", tariffs.grid_file),
    ("cases", "/dossiers", cases.cases),
    ("cases_file", f"/dossiers.{_FILE}", cases.cases_file),
    ("case", "/dossiers/<key:case>", cases.case),
    ("exemption", "/derogations/<key:exemption>", exemptions.exemption),
    ("amendment", "/avenants/<key:amendment>", amendments.amendment),
    ("documents", "/documents", documents.documents),
    ("documents_file", f"/documents.{_FILE}", documents.documents_file),
    ("document", "/documents/<siren:siren>/<key:sha256>", documents.document),
)
"""The pages of a town that others may read: name, address below that of the commune, the town's own handler."""


def look_on(blueprint: Blueprint, role: Role, below: str) -> None:
    """Serve the pages of any commune that `role` may read, at `<below>/<code>…`, for reading alone."""
    endpoints = {name: f"{blueprint.name}.{name}" for name, _, _ in PAGES}
    for name, address, handler in PAGES:
        rule = f"{below}/<commune:code>{address}"
        blueprint.add_url_rule(rule, name, _seen(handler, role, endpoints), methods=["GET"])


def _seen(handler: Handler, role: Role, endpoints: dict[str, str]) -> Handler:
    @allow(role)
    def shown(code: str, **named: Any) -> ResponseReturnValue:
        place = commune_named(code)
        audience = oversight_of(commune(place.code), parts().views)
        g.sight = onlooker(place.code, place.name, Links(endpoints, {"code": place.code}), audience)
        return handler(**named)

    return shown
