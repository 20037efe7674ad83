"""Communes, and what anybody may know about them."""

from typing import Any

from flask.views import MethodView

from domain.tenancy import commune
from infra.directory.records import Commune
from infra.directory.search import SearchResult, search
from projections.oversight import queries as oversight
from services.access import allow, commune_named, public_facts
from services.api.answers import page_of_all, read
from services.api.blueprint import Resources
from services.asking import API, beside, parts
from services.schemas.answers import PageGiven, page_of
from services.schemas.communes import CitationAnswer, CommuneAnswer, SearchAnswer, SearchGiven

blueprint = Resources("communes", __name__, prefix=API, about="The communes of France")

_FIVE_MINUTES = "public, max-age=300"


@blueprint.route("/communes")
class Communes(MethodView):
    """The directory."""

    @allow(public=True)
    @blueprint.arguments(SearchGiven, location="query")
    @blueprint.response(200, SearchAnswer)
    def get(self, given: dict[str, Any]) -> dict[str, Any]:
        """Find communes by name, INSEE code, postcode or arrondissement

        A postcode is no commune: all that share it are offered, the largest first.
        """
        with parts().databases.request.connection() as connection:
            found: SearchResult = search(connection, given["q"], given["limit"])
        beside("Cache-Control", _FIVE_MINUTES)
        return {"items": found.hits, "more": found.more}


@blueprint.route("/communes/<commune:code>")
class CommuneByCode(MethodView):
    """One commune."""

    @allow(public=True)
    @blueprint.response(200, CommuneAnswer)
    def get(self, code: str) -> Commune:
        """One commune by its INSEE code; a former code is a 404 that names the successor"""
        found = commune_named(code)
        beside("Cache-Control", _FIVE_MINUTES)
        return found


@blueprint.route("/communes/<commune:code>/citations")
class Citations(MethodView):
    """Published statements."""

    @allow("insurer", "town", "grouping", "operator", anywhere=True)
    @blueprint.arguments(PageGiven, location="query")
    @blueprint.response(200, page_of(CitationAnswer))
    def get(self, given: dict[str, Any], code: str) -> dict[str, Any]:
        """What was published about a commune's scheme, each with its source"""
        tenant = commune(commune_named(code).code)
        rows = read(
            lambda reader: oversight.citations(reader, tenant), "oversight", audience=public_facts(tenant)
        )
        return page_of_all(rows, given, lambda row: row.id)
