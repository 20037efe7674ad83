"""Somebody looks at a town: whose ledger they read, as whom, under which addresses, and whether they may decide.

The town itself, a grouping of towns and an operator see the same pages; only the town finds forms on them.
"""

from collections.abc import Callable
from datetime import date
from typing import Final, TypeVar, cast

from flask import g

from domain.tenancy import Tenant, commune
from projections.engine.reading import Reader
from services.reading import Audience
from services.web.desk import Desk, Read
from services.web.links import Links

T = TypeVar("T")

TOWN_LINKS: Final = Links(
    {
        "home": "town.home",
        "register": "town.register",
        "register_file": "town.register_file",
        "commitment": "town.commitment",
        "tariffs": "town.tariffs",
        "tariffs_file": "town.tariffs_file",
        "grid": "town.grid",
        "grid_file": "town.grid_file",
        "compared": "town.compared",
        "cases": "town.cases",
        "cases_file": "town.cases_file",
        "case": "town.case",
        "exemption": "town.exemption",
        "amendment": "town.amendment",
        "confirm": "town.confirm",
        "documents": "town.documents",
        "documents_file": "town.documents_file",
        "document": "town.document",
        "notice": "town.notice",
        "scenario": "town.scenario",
        "office_hours": "town.office_hours",
        "members": "town.members",
    }
)


class Sight:
    """One request of somebody who looks at a town. `acts` is whether they may decide for it."""

    def __init__(self, desk: Desk, code: str, name: str, links: Links, *, acts: bool) -> None:
        self.desk = desk
        self.code = code
        self.name = name
        self.links = links
        self.acts = acts

    @property
    def tenant(self) -> Tenant:
        """The town's ledger."""
        return commune(self.code)

    @property
    def owners(self) -> list[str]:
        """The accords that may be read."""
        return list(self.desk.owners)

    @property
    def today(self) -> date:
        """The civil day in Paris."""
        return self.desk.today

    @property
    def seal(self) -> Read:
        """State as of, as known at, ledger entry."""
        return self.desk.seal

    def read(self, query: Callable[[Reader], T]) -> T:
        """What a query finds, within what this person may see."""
        return self.desk.read(query)


def town_sight() -> Sight:
    """The town that is signed in looks at itself; what somebody else looks at was said before its handler ran."""
    if "sight" in g:
        return cast("Sight", g.sight)
    desk = Desk()
    return Sight(desk, desk.who.code, desk.who.organisation, TOWN_LINKS, acts=True)


def onlooker(code: str, name: str, links: Links, audience: Audience | None = None) -> Sight:
    """Somebody who may only look at a town: as themselves, or as `audience` (an operator's view of one commune)."""
    return Sight(Desk(audience), code, name, links, acts=False)
