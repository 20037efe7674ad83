"""An insurer looks at one of its towns: the pages that both read, under the insurer's own addresses."""

from typing import Final

import msgspec

from infra.directory.records import Commune
from services.access import commune_named
from services.commands.perform import NotFoundError
from services.web.desk import Desk
from services.web.links import Links
from services.web.partnership import Partner
from services.web.sight import Sight
from services.web.town_facts import Town, town_of

_ENDPOINTS: Final = {
    "home": "insurer.town",
    "tariffs": "insurer.town",
    "grid": "insurer.grid",
    "cases": "insurer.all_cases",
    "case": "insurer.case",
    "exemption": "insurer.exemption",
    "amendment": "insurer.amendment",
    "document": "insurer.document",
    "scenario": "insurer.scenario",
    "office_hours": "insurer.town_office_hours",
    "members": "insurer.members",
}


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A commune as its insurer works in it; `town` holds what the insurer shares with it, and nothing else."""

    sight: Sight
    commune: Commune
    town: Town
    partner: Partner

    @property
    def links(self) -> Links:
        """The insurer's addresses of this commune."""
        return self.sight.links

    @property
    def label(self) -> str:
        """As crumbs name it."""
        return f"{self.commune.name} ({self.commune.code})"


def sight_of(code: str) -> Sight:
    """The insurer looks at a commune, whether or not they have a convention. Raises NotFoundError for none."""
    commune = commune_named(code)
    return Sight(Desk(), commune.code, commune.name, Links(_ENDPOINTS, {"code": commune.code}), acts=False)


def held(code: str) -> Held:
    """The commune and what binds the insurer to it. Raises NotFoundError where it has no convention."""
    sight = sight_of(code)
    town = town_of(sight)
    if not town.partners:
        raise NotFoundError(code)
    return Held(sight=sight, commune=commune_named(code), town=town, partner=town.partners[0])


def confirmed(code: str) -> Held:
    """The same where the town has recognised the convention. Raises NotFoundError elsewhere."""
    found = held(code)
    if not found.partner.open:
        raise NotFoundError(code)
    return found
