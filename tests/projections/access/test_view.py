"""The access view: a convention opens its drawer to the town once it is confirmed, and only its own."""

from domain.partnerships.declaration import ConventionConfirmed
from projections.access.view import ACCORD, VIEW
from tests.support import facts
from tests.support.facts import fact, shown
from tests.support.samples import CONFIRMED, CORRECTED, DECLARED, ENDED, JOINED, REFUSED

BY_TOWN = ConventionConfirmed(by="town", council_reference=None, document=None)


def test_a_declared_convention_waits_for_its_town() -> None:
    assert shown(VIEW, fact(DECLARED, "c1", position=7)).only(ACCORD) == {
        **facts.WHOSE,
        "convention": "c1",
        "siren": "999000011",
        "insurer_name": DECLARED.insurer_name,
        "state": "declared",
        "declared_at": facts.AT,
        "position": 7,
    }


def test_a_confirmed_convention_is_open() -> None:
    for confirmed in (BY_TOWN, CONFIRMED):
        tables = shown(VIEW, fact(DECLARED, "c1"), fact(confirmed, "c1", version=2, position=2))
        assert tables.only(ACCORD)["state"] == "confirmed"
        assert tables.only(ACCORD)["position"] == 1


def test_a_refused_convention_waits_again_once_it_is_corrected() -> None:
    refused = (fact(DECLARED, "c1"), fact(REFUSED, "c1", version=2))
    assert shown(VIEW, *refused).only(ACCORD)["state"] == "refused"
    assert shown(VIEW, *refused, fact(CORRECTED, "c1", version=3)).only(ACCORD)["state"] == "declared"


def test_what_ended_keeps_its_drawer() -> None:
    ended = (fact(DECLARED, "c1"), fact(CONFIRMED, "c1", version=2), fact(ENDED, "c1", version=3))
    assert shown(VIEW, *ended).only(ACCORD)["state"] == "ended"


def test_the_confirmation_of_one_convention_opens_no_other() -> None:
    tables = shown(
        VIEW,
        fact(DECLARED, "c1"),
        fact(DECLARED, "c2"),
        fact(DECLARED, "c1", tenant="commune:94016"),
        fact(DECLARED, "c1", owner="accord:999000029"),
        fact(CONFIRMED, "c1", version=2),
    )
    states = {(row["tenant"], row["owner"], row["convention"]): row["state"] for row in tables.all(ACCORD)}
    assert [whose for whose, state in states.items() if state == "confirmed"] == [
        (facts.TENANT, facts.ACCORD, "c1")
    ]


def test_an_event_that_is_not_about_access_changes_nothing() -> None:
    assert shown(VIEW, fact(JOINED, "m1", owner=facts.INSURER)).all(ACCORD) == []
