"""The three events over HTTP: someone joins, an office hour is held, a tariff rises above its cap; who sees each."""

from datetime import timedelta
from typing import Final

from tests.support.api import CONVENTIONS, MEMBERS, Served, Who, declaration, grid, joining, planning
from tests.support.cast import RIVAL_SIREN, SIREN

PARTNERS: Final[tuple[Who, ...]] = ("town", "insurer")
STRANGERS: Final[tuple[Who, ...]] = ("rival", "other_town", "grouping_elsewhere")


def test_a_convention_opens_only_when_the_town_confirms_it(here: Served) -> None:
    made = here.insurer.post(CONVENTIONS, declaration())
    assert made.status_code == 201
    assert made.json
    address = made.headers["Location"]
    assert made.json == {"id": address.rpartition("/")[2], "href": address, "position": 1}
    refused = here.insurer.post(f"{address}/grids", grid("g1", "2024-10-01", "47.80"))
    assert (refused.status_code, refused.json and refused.json["code"]) == (422, "convention-not-confirmed")
    here.follow()
    seen = here.town.get(address)
    assert seen.json
    assert (seen.json["state"], seen.json["fees"], seen.json["insurer_name"]) == (
        "declared",
        "12.50",
        "Mutuelle du Test",
    )
    assert seen.json["fictitious"] is True
    assert here.town.post(f"{address}/confirmation", If_Match=seen.headers["ETag"]).status_code == 200
    here.follow()
    seen = here.town.get(address)
    assert seen.json
    assert (seen.json["state"], seen.json["confirmed_by"], seen.headers["ETag"]) == (
        "confirmed",
        "town",
        '"2"',
    )


def test_an_operator_confirms_on_the_councils_papers_alone(here: Served) -> None:
    address = here.insurer.post(CONVENTIONS, declaration()).headers["Location"]
    bare = here.operator.post(f"{address}/confirmation")
    assert bare.json
    assert (bare.status_code, bare.json["code"], bare.json["errors"][0]["path"]) == (
        422,
        "proof-missing",
        "$.council_reference",
    )
    papers = {"council_reference": "2024-12", "document": "ab" * 32}
    assert here.operator.post(f"{address}/confirmation", papers).status_code == 200
    here.follow()
    accords = here.operator.get("/v1/communes/38185/accords").json
    assert accords
    assert [each["state"] for each in accords["items"]] == ["confirmed"]


def test_a_member_joins_is_found_by_name_and_leaves(here: Served) -> None:
    walked = here.walk()
    found = here.insurer.get(f"{MEMBERS}?q=lefe+oen").json
    assert found
    (member,) = found["items"]
    assert member["id"] == walked.member
    assert (member["price"], member["grid"], member["commune"]) == ("47.80", "g1", "38185")
    assert here.insurer.get("/v1/members?q=henaff").json == found
    address = f"{MEMBERS}/{walked.member}"
    one = here.insurer.get(address)
    left = here.insurer.post(
        f"{address}/leaving", {"left_on": "2026-09-30", "reason": "moved"}, If_Match=one.headers["ETag"]
    )
    assert left.status_code == 200
    here.follow()
    gone = here.insurer.get(address).json
    assert gone
    assert (gone["left_on"], gone["left_reason"], gone["version"]) == ("2026-09-30", "moved", 2)


def test_members_are_their_insurers_alone(here: Served) -> None:
    walked = here.walk()
    for caller in (here.rival, here.town, here.other_town, here.operator):
        assert caller.get(MEMBERS).status_code == 404
        assert caller.get(f"{MEMBERS}/{walked.member}").status_code == 404
        assert caller.post(MEMBERS, joining(walked.convention)).status_code == 404
    own = here.rival.get("/v1/members").json
    assert own == {"items": [], "next": None}


def test_an_office_hour_is_planned_held_and_seen_by_the_town(here: Served) -> None:
    walked = here.walk()
    address = f"/v1/communes/38185/accords/{SIREN}/office-hours/{walked.office_hour}"
    held = here.insurer.post(f"{address}/held", {"visitors": 7, "by_appointment": 5})
    assert held.status_code == 200
    here.follow()
    seen = here.town.get(address).json
    assert seen
    assert (seen["on"], seen["starts_at"], seen["state"]) == ("2026-03-12", "09:00", "held")
    assert (seen["visitors"], seen["by_appointment"]) == (7, 5)
    later = here.insurer.post(f"{walked.within}/office-hours", planning("2026-05-04")).headers["Location"]
    assert here.insurer.post(f"{later}/cancellation", {"reason": "room_unavailable"}).status_code == 200
    here.follow()
    listed = here.town.get(f"{walked.within}/office-hours?from=2026-05-01&to=2026-05-31").json
    assert listed
    assert [each["state"] for each in listed["items"]] == ["cancelled"]


def test_a_day_that_passes_in_silence_is_overdue(here: Served) -> None:
    walked = here.walk()
    listed = here.town.get(f"{walked.within}/office-hours").json
    assert listed
    assert [each["state"] for each in listed["items"]] == ["overdue"]


def test_a_breach_is_seen_by_the_insurer_and_the_town_and_by_nobody_else(here: Served) -> None:
    walked = here.walk()
    address = f"{walked.within}/breaches"
    for caller in (here.insurer, here.town):
        answer = caller.get(address)
        assert answer.json
        (breach,) = answer.json["items"]
        assert (breach["limit"], breach["observed"], breach["excess"]) == ("49.23", "55.00", "5.77")
        assert breach["cell"]["formula"] == "N1"
        assert "Beffroi-Catching-Up" not in answer.headers
    for caller in (here.rival, here.other_town, here.grouping_elsewhere):
        assert caller.get(address).status_code == 404
    assert here.nobody.get(address).status_code == 401


def test_a_dry_run_tells_what_notifying_will_find_and_records_nothing(here: Served) -> None:
    walked = here.walk()
    told = here.insurer.post(f"{walked.within}/grids/dry-run", grid("g3", "2027-10-01", "60.00")).json
    assert told
    assert told["summary"]["VIOLATION"] == 2
    assert told["findings"][-1]["grid"] == "g3"
    assert "60.00" in told["findings"][-1]["observed"]
    grids = here.insurer.get(f"{walked.within}/grids").json
    assert grids
    assert [each["id"] for each in grids["items"]] == ["g2", "g1"]


def test_grids_show_their_cells_when_asked(here: Served) -> None:
    walked = here.walk()
    bare, full = (here.town.get(f"{walked.within}/grids{how}").json for how in ("", "?cells=1"))
    assert bare
    assert full
    assert bare["items"][0]["cells"] is None
    assert full["items"][0]["cells"][0]["monthly"] == "55.00"
    assert full["items"][0]["cell_count"] == 1


def test_two_insurers_in_one_town_see_nothing_of_each_other(here: Served) -> None:
    walked = here.walk()
    theirs = CONVENTIONS.replace(SIREN, RIVAL_SIREN)
    other = here.rival.post(theirs, declaration()).headers["Location"]
    here.town.post(f"{other}/confirmation")
    here.follow()
    assert here.rival.get(MEMBERS).json == {"items": [], "next": None}
    assert here.rival.get(f"{MEMBERS}/{walked.member}").status_code == 404
    assert here.insurer.get(other).status_code == 404
    mine = here.rival.get("/v1/communes/38185/accords").json
    both = here.town.get("/v1/communes/38185/accords").json
    assert mine
    assert both
    assert [each["siren"] for each in mine["items"]] == [RIVAL_SIREN]
    assert len(both["items"]) == 2
    # A drawer is not opened by naming somebody else's convention in one's own.
    borrowed = here.rival.post(MEMBERS, joining(walked.convention))
    assert borrowed.status_code == 404


def test_figures_of_a_month_appear_frozen_and_withheld_when_few(here: Served) -> None:
    here.walk()
    here.clock.advance(timedelta(days=60))
    here.follow()
    # Everybody signs in again: a session does not last that long.
    for who in PARTNERS:
        figures = here.of(who).get("/v1/communes/38185/figures?since=2026-04").json
        assert figures
        assert figures["items"][0]["month"] == "2026-04"
        assert figures["items"][0]["members"] is None
    for stranger in STRANGERS:
        assert here.of(stranger).get("/v1/communes/38185/figures").status_code == 404
