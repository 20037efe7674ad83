"""A convention's life over HTTP: several towns, refusal and correction, amendments, notice; and who may do what."""

from datetime import timedelta
from typing import Any, Final

import pytest

from tests.support.api import CONVENTIONS, Caller, Served, declaration
from tests.support.cast import RIVAL_SIREN, SIREN

TOGETHER: Final = f"/v1/insurers/{SIREN}/conventions"
LONGER: Final = declaration(ends_on="2030-09-30")
AMENDMENT: Final = {
    "signed_on": "2026-03-01",
    "effective_on": "2027-01-01",
    "reason": "Prolongation d’un an",
    "terms": LONGER,
}


def declared(here: Served, **other: Any) -> str:
    """The address of a convention that was declared."""
    return here.insurer.post(CONVENTIONS, declaration(**other)).headers["Location"]


def confirmed(here: Served, **other: Any) -> str:
    """The address of one that the town confirmed."""
    address = declared(here, **other)
    assert here.town.post(f"{address}/confirmation").status_code == 200
    return address


def seen(caller: Caller, address: str) -> dict[str, Any]:
    """What somebody reads there."""
    answer = caller.get(address)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return dict(answer.json or {})


def refused(answer: Any) -> tuple[int, str, list[str]]:
    """Status, code and paths of a problem."""
    return (
        answer.status_code,
        answer.json["code"],
        [each["path"] for each in answer.json.get("errors", [])],
    )


def test_everything_that_was_signed_is_read_back(here: Served) -> None:
    signed = {
        "promises": [
            {"id": "salle", "by": "town", "article": "Art. 8", "wording": "La ville prête une salle."}
        ],
        "termination": {"article": "Art. 11", "wording": "Préavis de six mois."},
        "clocks": {"explanation_days": 10, "answer_days": 20, "cure_days": 45},
        "council_vote": {"number": "2024-118", "voted_on": "2024-06-24", "document": "ab" * 32},
    }
    address = declared(here, **signed)
    here.follow()
    for caller in (here.insurer, here.town):
        found = seen(caller, address)
        assert {name: found[name] for name in signed} == signed
        assert (found["stage"], found["communes"], found["number"], found["effective_on"]) == (
            "declared", [], 1, "2024-10-01",
        )  # fmt: skip
        assert (found["amendments"], found["notice"], found["ended_on"]) == ([], None, None)


def test_what_is_wrong_in_it_is_told_with_its_place(here: Served) -> None:
    wrong = declaration(
        promises=[{"id": "x", "by": "mayor", "article": "1", "wording": "…"}],
        clocks={"cure_days": 0},
        council_vote="2024-118",
    )
    assert refused(here.insurer.post(CONVENTIONS, wrong)) == (
        422,
        "invalid-input",
        ["$.promises[0].by", "$.clocks.cure_days", "$.council_vote"],
    )


def test_one_convention_over_several_towns_is_in_all_of_them_at_once(here: Served) -> None:
    made = here.insurer.post(TOGETHER, declaration(communes=["94016", "38185"]), Idempotency_Key="k1")
    assert made.status_code == 201
    assert made.json
    assert [each["commune"] for each in made.json["conventions"]] == ["38185", "94016"]
    here.follow()
    for caller, each in zip((here.town, here.other_town), made.json["conventions"], strict=True):
        assert seen(caller, each["href"])["communes"] == ["38185", "94016"]
    assert here.other_town.get(made.json["href"]).status_code == 404
    # Each confirms for itself.
    here.town.post(f"{made.json['href']}/confirmation")
    here.follow()
    states = [seen(here.insurer, each["href"])["state"] for each in made.json["conventions"]]
    assert states == ["confirmed", "declared"]
    again = here.insurer.post(TOGETHER, declaration(communes=["94016", "38185"]), Idempotency_Key="k1")
    assert (again.status_code, again.json) == (201, made.json)
    assert again.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize(
    ("communes", "code"),
    [
        (None, "invalid-input"),
        ([], "invalid-input"),
        (["38999"], "invalid-input"),
        (["38001"], "invalid-input"),
        (["Grenoble"], "invalid-input"),
        (["38185", "38185"], "communes-wrong"),
    ],
)
def test_towns_that_are_not_there_or_named_twice_are_refused(
    here: Served, communes: object, code: str
) -> None:
    body = declaration() if communes is None else declaration(communes=communes)
    answer = here.insurer.post(TOGETHER, body)
    assert refused(answer)[:2] == (422, code)
    assert refused(answer)[2][0].startswith("$.communes")


def test_no_insurer_declares_under_anothers_number(here: Served) -> None:
    theirs = TOGETHER.replace(SIREN, RIVAL_SIREN)
    for caller in (here.insurer, here.town, here.operator):
        assert caller.post(theirs, declaration(communes=["38185"])).status_code == 404


def test_the_town_refuses_the_insurer_corrects_and_the_town_decides_again(here: Served) -> None:
    address = declared(here)
    assert refused(here.town.post(f"{address}/refusal"))[2] == ["$.reason"]
    assert here.town.post(f"{address}/refusal", {"reason": "Les frais sont nuls."}).status_code == 200
    here.follow()
    found = seen(here.insurer, address)
    assert (found["state"], found["stage"], found["refusal"]) == (
        "refused",
        "refused",
        "Les frais sont nuls.",
    )
    papers = {"council_reference": "1", "document": "ab" * 32}
    assert refused(here.operator.post(f"{address}/confirmation", papers))[:2] == (422, "convention-refused")
    correction = {"reason": "Frais corrigés", "terms": declaration(fees="0.00")}
    stale = here.insurer.post(f"{address}/correction", correction, If_Match='"1"')
    assert refused(stale)[:2] == (412, "stale")
    assert here.insurer.post(f"{address}/correction", correction, If_Match='"2"').status_code == 200
    here.follow()
    found = seen(here.town, address)
    assert (found["state"], found["fees"], found["number"]) == ("declared", "0.00", 3)
    assert here.town.post(f"{address}/confirmation").status_code == 200
    late = here.insurer.post(f"{address}/correction", correction)
    assert refused(late)[:2] == (422, "already-confirmed")


def test_a_wrong_correction_is_told_with_its_place(here: Served) -> None:
    address = declared(here)
    terms = declaration(ends_on="2020-01-01")
    answer = here.insurer.post(f"{address}/correction", {"reason": "x", "terms": terms})
    assert refused(answer) == (422, "dates-inverted", ["$.terms.ends_on"])
    answer = here.insurer.post(f"{address}/correction", {"terms": {"fees": 12}})
    assert refused(answer)[2] == [
        "$.reason", "$.terms.signed_on", "$.terms.starts_on", "$.terms.ends_on", "$.terms.fees",
    ]  # fmt: skip


def test_an_amendment_counts_from_its_day_once_the_town_confirmed_it(here: Served) -> None:
    address = confirmed(here)
    before = here.parts.clock.now()
    made = here.insurer.post(f"{address}/amendments", AMENDMENT, Idempotency_Key="a")
    assert made.status_code == 201
    assert made.json
    assert here.insurer.post(f"{address}/amendments", AMENDMENT, Idempotency_Key="a").json == made.json
    assert refused(here.insurer.post(f"{address}/amendments", AMENDMENT))[:2] == (422, "amendment-pending")
    here.follow()
    (waiting,) = seen(here.town, address)["amendments"]
    assert (waiting["id"], waiting["state"], waiting["terms"]["ends_on"]) == (
        made.json["id"],
        "pending",
        "2030-09-30",
    )
    here.clock.advance(timedelta(hours=1))
    amendment = f"{address}/amendments/{made.json['id']}"
    assert here.town.post(f"{amendment}/confirmation", {"council_reference": "2026-3"}).status_code == 200
    here.follow()
    assert seen(here.town, address)["ends_on"] == "2029-09-30"
    assert seen(here.town, f"{address}?as_of=2027-01-01")["ends_on"] == "2030-09-30"
    known = before.isoformat().replace("+00:00", "Z")
    then = seen(here.town, f"{address}?as_of=2027-01-01&as_known_at={known}")
    assert (then["ends_on"], then["amendments"][0]["state"]) == ("2029-09-30", "pending")
    (done,) = seen(here.insurer, address)["amendments"]
    assert (done["state"], done["decided_by"], done["council_reference"]) == ("confirmed", "town", "2026-3")


def test_the_town_refuses_an_amendment_and_the_terms_stay(here: Served) -> None:
    address = confirmed(here)
    made = here.insurer.post(f"{address}/amendments", AMENDMENT)
    assert made.json
    amendment = f"{address}/amendments/{made.json['id']}"
    assert here.town.post(f"{amendment}/refusal", {"reason": "Non votée"}).status_code == 200
    here.follow()
    found = seen(here.insurer, f"{address}?as_of=2029-12-31")
    assert (found["ends_on"], found["amendments"][0]["refusal"]) == ("2029-09-30", "Non votée")
    assert refused(here.town.post(f"{amendment}/confirmation"))[:2] == (422, "amendment-decided")
    unknown = here.town.post(f"{address}/amendments/a9/confirmation")
    assert refused(unknown)[:2] == (422, "amendment-unknown")


def test_a_wrong_amendment_is_told_with_its_place(here: Served) -> None:
    address = confirmed(here)
    outside = {**AMENDMENT, "effective_on": "2031-01-01"}
    assert refused(here.insurer.post(f"{address}/amendments", outside)) == (
        422,
        "amendment-outside",
        ["$.effective_on"],
    )
    answer = here.insurer.post(f"{address}/amendments", {**AMENDMENT, "nature": "other", "corrects": 0})
    assert refused(answer)[2] == ["$.nature", "$.corrects"]


@pytest.mark.parametrize("by", ["insurer", "town"])
def test_either_side_gives_notice_and_only_that_side_takes_it_back(here: Served, by: str) -> None:
    address = confirmed(here)
    giver, other = (here.insurer, here.town) if by == "insurer" else (here.town, here.insurer)
    assert refused(giver.post(f"{address}/notice", {"reason": "WHIM"}))[2] == ["$.reason"]
    notice = {"reason": "DISSATISFACTION", "given_on": "2026-03-16"}
    assert giver.post(f"{address}/notice", notice).status_code == 200
    here.follow()
    found = seen(other, address)
    assert (found["stage"], found["last_day"], found["ends_on"]) == ("notice", "2026-09-16", "2029-09-30")
    assert (found["notice"]["by"], found["notice"]["takes_effect_on"]) == (by, "2026-09-16")
    back = {"reason": "Accord trouvé"}
    assert refused(other.post(f"{address}/notice/withdrawal", back))[:2] == (422, "notice-of-other")
    assert giver.post(f"{address}/notice/withdrawal", back).status_code == 200
    here.follow()
    assert (seen(other, address)["stage"], seen(other, address)["notice"]) == ("current", None)


def test_a_convention_that_ended_is_read_by_both_and_changed_by_nobody(here: Served) -> None:
    address = confirmed(here, ends_on="2026-03-20", notice_months=0)
    here.clock.advance(timedelta(days=7))
    here.follow()
    insurer, town = here.of("insurer"), here.of("town")
    for caller in (insurer, town):
        found = seen(caller, address)
        assert (found["stage"], found["ended_on"], found["ended_cause"]) == ("ended", "2026-03-20", "term")
    assert refused(insurer.post(f"{address}/amendments", AMENDMENT))[:2] == (422, "convention-over")
    assert refused(town.post(f"{address}/notice", {"reason": "NEEDS_CHANGED"}))[:2] == (
        422,
        "convention-over",
    )
    accords = seen(town, "/v1/communes/38185/accords")
    assert [each["state"] for each in accords["items"]] == ["ended"]


@pytest.mark.parametrize(
    "query", ["as_of=tomorrow", "as_known_at=2026-03-16", "as_known_at=2026-13-01T00:00:00Z"]
)
def test_a_day_or_instant_that_is_none_is_refused_with_its_name(here: Served, query: str) -> None:
    answer = here.insurer.get(f"{declared(here)}?{query}")
    assert refused(answer) == (422, "invalid-input", [f"$.{query.partition('=')[0]}"])
