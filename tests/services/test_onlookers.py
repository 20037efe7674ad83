"""Groupings and operators look at communes: all that binds a town and its insurers, nothing else, and no decision."""

from collections.abc import Iterator
from datetime import date

import pytest

from domain.tenancy import PUBLIC, commune
from services.access import audience_of
from services.commands import office_hours, partnerships, tariffs
from services.reading import Audience
from tests.support import cast
from tests.support.api import CONVENTIONS, DOCUMENTS, PDF, Served, declaration, served
from tests.support.cast import ACCORD, CACHAN, GRENOBLE, RIVAL_ACCORD, RIVAL_SIREN, ask
from tests.support.database import Database

PARTS_OF_A_CONVENTION = (
    "", "/grids", "/grids/g2", "/breaches", "/compliance", "/judgements", "/verdicts", "/exemptions",
    "/reference-grids", "/office-hours", "/scenario",
)  # fmt: skip
RIVALS_DOCUMENTS = DOCUMENTS.replace("999000011", RIVAL_SIREN)


@pytest.fixture
def here(database: Database) -> Iterator[Served]:
    with served(database) as application:
        yield application


def two_communes(here: Served) -> None:
    """One insurer in Grenoble, its rival in Cachan; it has filed a document in Grenoble, where it has nothing."""
    ledger = here.parts.ledger
    for tenant, owner, name in ((GRENOBLE, ACCORD, "a"), (CACHAN, RIVAL_ACCORD, "b")):
        partnerships.declare(ledger, tenant, owner, cast.declaration(), ask())
        partnerships.confirm(ledger, tenant, owner, cast.confirmation(), ask())
        tariffs.notify(ledger, tenant, owner, cast.grid(), ask())
        tariffs.notify(
            ledger, tenant, owner, cast.grid("g2", old="55.00", effective_on=date(2026, 5, 1)), ask()
        )
        office_hours.plan(ledger, tenant, owner, cast.office_hour(name), ask())
    assert here.rival.send(RIVALS_DOCUMENTS, PDF, "application/pdf").status_code == 201
    here.follow()


@pytest.mark.parametrize("who", ["grouping", "operator"])
def test_an_onlooker_reads_what_the_town_reads(here: Served, who: str) -> None:
    left = here.walk()
    onlooker = getattr(here, who)
    shared = [f"{left.within}{part}" for part in PARTS_OF_A_CONVENTION]
    for path in (*shared, CONVENTIONS, DOCUMENTS, "/v1/communes/38185/cases", "/v1/communes/38185/figures"):
        seen = onlooker.get(path)
        assert (seen.status_code, seen.json) == (200, here.town.get(path).json), path
    assert onlooker.get(f"{DOCUMENTS}/{left.document}").data == PDF


def test_an_onlooker_may_do_nothing_in_a_case(here: Served) -> None:
    left = here.walk()
    path = f"/v1/communes/38185/accords/999000011/cases/{left.case}"
    for onlooker in (here.grouping, here.operator):
        seen = onlooker.get(path).json
        assert seen
        assert seen["moves"] == []
        assert onlooker.post(f"{path}/dispute", {"text": "Non."}).status_code == 404
        assert onlooker.send(DOCUMENTS, PDF, "application/pdf").status_code == 404
        assert onlooker.post(CONVENTIONS, declaration()).status_code == 404


def test_headcounts_prepared_grids_and_members_are_nothing_to_an_onlooker(here: Served) -> None:
    left = here.walk()
    for onlooker in (here.grouping, here.operator):
        for path in (
            f"{left.within}/headcounts",
            "/v1/insurers/999000011/prepared-grids",
            "/v1/insurers/999000011/documents",
            "/v1/communes/38185/members",
            f"/v1/communes/38185/members/{left.member}",
            "/v1/members",
        ):
            assert onlooker.get(path).status_code == 404, path
        scenario = onlooker.get(f"{left.within}/scenario")
        assert scenario.headers["Beffroi-Headcounts"] == "withheld"


def test_a_grouping_reads_its_own_communes_alone(here: Served) -> None:
    two_communes(here)
    assert here.grouping_elsewhere.get("/v1/communes/94016/accords").status_code == 200
    for path in (CONVENTIONS, DOCUMENTS, "/v1/communes/38185/accords", "/v1/communes/38185/cases"):
        assert here.grouping_elsewhere.get(path).status_code == 404, path


def test_who_is_signed_in_knows_the_communes_of_a_grouping(here: Served) -> None:
    me = here.grouping.get("/v1/me").json
    assert me
    assert (me["role"], me["communes"]) == ("grouping", ["38185", "94016"])
    town = here.town.get("/v1/me").json
    assert town
    assert town["communes"] == []


@pytest.mark.parametrize("who", ["grouping", "operator"])
def test_an_insurer_of_another_commune_is_not_found_in_this_one(here: Served, who: str) -> None:
    two_communes(here)
    onlooker = getattr(here, who)
    seen = here.rival.get(RIVALS_DOCUMENTS).json
    assert seen
    (filed,) = [each["sha256"] for each in seen["items"]]
    for path in (
        RIVALS_DOCUMENTS,
        f"{RIVALS_DOCUMENTS}/{filed}",
        f"/v1/communes/38185/accords/{RIVAL_SIREN}/conventions",
        f"/v1/communes/38185/accords/{RIVAL_SIREN}/conventions/c1",
        f"/v1/communes/38185/accords/{RIVAL_SIREN}/conventions/c1/grids/g1",
        f"/v1/communes/38185/accords/{RIVAL_SIREN}/office-hours/b",
        "/v1/communes/94016/accords/999000011/conventions/c1",
    ):
        assert onlooker.get(path).status_code == 404, path
    listed = onlooker.get("/v1/communes/38185/accords").json
    assert listed
    assert [each["siren"] for each in listed["items"]] == ["999000011"]


def test_two_insurers_in_two_communes_show_nothing_that_is_no_accord_of_a_groupings_communes(
    here: Served,
) -> None:
    two_communes(here)
    partnerships.declare(here.parts.ledger, commune("52121"), ACCORD, cast.declaration(), ask())
    here.follow()
    assert here.grouping.token
    audience = audience_of(here.grouping.token.principal, here.parts.views)
    assert audience == Audience("place", tenants=[GRENOBLE, CACHAN], owners=[PUBLIC, ACCORD, RIVAL_ACCORD])
    pairs = {(GRENOBLE, ACCORD), (CACHAN, RIVAL_ACCORD), (GRENOBLE, PUBLIC), (CACHAN, PUBLIC)}
    tables = (
        "{access}.accord", "{oversight}.convention", "{oversight}.office_hour", "{oversight}.figures",
        "{tariffs}.grid", "{compliance}.standing", "{compliance}.breach", "{compliance}.case_file",
    )  # fmt: skip
    with here.parts.views.reader(audience) as reader:
        seen = {
            (row["tenant"], row["owner"])
            for table in tables
            for row in reader.dicts(f"select tenant, owner from {table}")
        }
    assert {(GRENOBLE, ACCORD), (CACHAN, RIVAL_ACCORD)} <= seen <= pairs


def test_an_onlooker_sees_nothing_while_it_is_not_known_which_insurers_a_commune_has(here: Served) -> None:
    left = here.walk()
    with here.parts.databases.project.connection() as connection:
        connection.execute(b"update projection.view_version set state = 'retired' where view = 'access'")
    for onlooker in (here.grouping, here.operator):
        assert onlooker.get(left.within).status_code == 404
