"""Everything the domain knows how to record: importing this module registers every event and aggregate."""

from collections.abc import Mapping
from typing import Final

from domain.aggregate import Aggregate
from domain.communes.citation import Citation
from domain.membership.figures import Figures
from domain.membership.member import Member
from domain.office_hours.office_hour import OfficeHour
from domain.partnerships.convention import Convention
from domain.tariffs.breach import Breach
from domain.tariffs.tariff import Tariff

AGGREGATES: Final[Mapping[str, type[Aggregate]]] = {
    aggregate.kind: aggregate
    for aggregate in (Breach, Citation, Convention, Figures, Member, OfficeHour, Tariff)
}
"""Every aggregate by the third part of its streams' names."""
