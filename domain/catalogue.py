"""Everything the domain knows how to record: importing this module registers every event and aggregate."""

from collections.abc import Mapping
from typing import Final

from domain.aggregate import Aggregate
from domain.communes.citation import Citation
from domain.membership.figures import Figures
from domain.membership.member import Member
from domain.office_hours.office_hour import OfficeHour
from domain.partnerships.convention import Convention
from domain.partnerships.document import Document
from domain.tariffs.applied_index import AppliedIndex
from domain.tariffs.breach import Breach
from domain.tariffs.case import Case
from domain.tariffs.exemptions import Exemptions
from domain.tariffs.headcounts import Headcounts
from domain.tariffs.indices import Index
from domain.tariffs.judgement import Judgement
from domain.tariffs.prepared import PreparedGrid
from domain.tariffs.references import References
from domain.tariffs.tariff import Tariff

AGGREGATES: Final[Mapping[str, type[Aggregate]]] = {
    aggregate.kind: aggregate
    for aggregate in (
        AppliedIndex,
        Breach,
        Case,
        Citation,
        Convention,
        Document,
        Exemptions,
        Figures,
        Headcounts,
        Index,
        Judgement,
        Member,
        OfficeHour,
        PreparedGrid,
        References,
        Tariff,
    )
}
"""Every aggregate by the third part of its streams' names."""
