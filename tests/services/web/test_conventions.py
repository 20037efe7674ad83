"""A convention on the pages: the town refuses and says why, the insurer corrects a filled form, both read its end."""

from datetime import date

from domain.partnerships.convention import Convention
from domain.partnerships.terms import Promise
from services.commands import partnerships
from tests.services.web.conftest import Browser, Pages, plain, title
from tests.support import cast
from tests.support.cast import ACCORD, GRENOBLE, SIREN, ask
from tests.support.forms import said_by

TOWN = "/communes/38185"
CONFIRMATION = f"/ville/conventions/{SIREN}/c1/confirmation"
REFUSAL = f"/ville/conventions/{SIREN}/c1/refus"
CORRECTION = f"{TOWN}/conventions/c1/correction"
RISE = "commitments/cap/max_rise_percent"


def declared(pages: Pages) -> None:
    """A convention that the town has not decided on."""
    partnerships.declare(pages.here.parts.ledger, GRENOBLE, ACCORD, cast.declaration(), ask())
    pages.here.follow()


def refuse(town: Browser, reason: str) -> int:
    """Send the form of the refusal."""
    hidden = town.hidden(CONFIRMATION)
    return town.client.post(REFUSAL, data={**hidden, "reason": reason}).status_code


def filled(browser: Browser) -> dict[str, str]:
    """The form of the correction as it is shown."""
    return said_by(browser.get(CORRECTION))


def test_the_town_refuses_with_a_reason_that_the_insurer_reads(pages: Pages) -> None:
    declared(pages)
    town, insurer = pages.of("town"), pages.of("insurer")
    assert refuse(town, "") == 422
    assert refuse(town, "Le plafond voté est de 2 %.") == 303
    pages.here.follow()
    assert "refusé la convention" in title(town.get("/ville"))
    page = town.text(CONFIRMATION)
    assert "Vous avez refusé cette déclaration" in page
    assert "Le plafond voté est de 2 %." in page
    own = insurer.text(TOWN)
    assert "La ville ne reconnaît pas cette convention." in own
    assert "Le plafond voté est de 2 %." in own
    assert CORRECTION in own


def test_the_correction_is_filled_with_what_was_declared_and_changes_only_what_is_typed(
    pages: Pages,
) -> None:
    room = Promise(id="salle", by="town", article="Art. 8", wording="Une salle.")
    convention = cast.declaration(promises=(room,))
    partnerships.declare(pages.here.parts.ledger, GRENOBLE, ACCORD, convention, ask())
    pages.here.follow()
    town, insurer = pages.of("town"), pages.of("insurer")
    refuse(town, "Le plafond voté est de 2 %.")
    pages.here.follow()
    form = filled(insurer)
    assert (form["starts_on"], form[RISE], form["per_month"]) == ("2024-10-01", "3", "2")
    answer = insurer.client.post(CORRECTION, data={**form, RISE: "2", "reason": "Plafond corrigé"})
    assert answer.status_code == 303, plain(answer)
    pages.here.follow()
    assert title(town.get("/ville")) == "Une convention attend votre confirmation."
    page = town.text(CONFIRMATION)
    assert "pas plus de 2 % de hausse" in page
    found = pages.here.parts.ledger.find(Convention, f"{GRENOBLE}/{ACCORD}/convention/c1")
    assert found is not None
    assert found.promises == (room,)
    assert [each.id for each in found.commitments] == ["cap"]
    assert found.office_hours == convention.office_hours


def test_a_correction_without_a_reason_or_on_what_changed_is_told_so(pages: Pages) -> None:
    declared(pages)
    town, insurer = pages.of("town"), pages.of("insurer")
    form = filled(insurer)
    bare = insurer.client.post(CORRECTION, data={**form, "reason": ""})
    assert bare.status_code == 422
    assert "Écrivez ce que vous corrigez" in plain(bare)
    inverted = insurer.client.post(CORRECTION, data={**form, "reason": "x", "ends_on": "2020-01-01"})
    assert "finit avant de commencer" in plain(inverted)
    refuse(town, "Non")
    stale = insurer.client.post(CORRECTION, data={**form, "reason": "x", "fees": "5"})
    assert stale.status_code == 412


def test_what_the_town_confirmed_is_not_corrected_here(pages: Pages) -> None:
    declared(pages)
    insurer = pages.of("insurer")
    form = filled(insurer)
    partnerships.confirm(pages.here.parts.ledger, GRENOBLE, ACCORD, cast.confirmation(), ask())
    pages.here.follow()
    assert "La ville a confirmé cette convention." in insurer.text(CORRECTION)
    late = insurer.client.post(CORRECTION, data={**form, "expected": "2", "reason": "x", "fees": "5"})
    assert late.status_code == 422
    assert "Déclarez un avenant" in plain(late)


def test_a_notice_and_the_last_day_stand_on_the_insurers_page(pages: Pages) -> None:
    declared(pages)
    ledger = pages.here.parts.ledger
    partnerships.confirm(ledger, GRENOBLE, ACCORD, cast.confirmation(), ask())
    notice = partnerships.GiveNotice(id="c1", by="town", reason="DISSATISFACTION", given_on=date(2026, 3, 16))
    partnerships.give_notice(ledger, GRENOBLE, ACCORD, notice, ask())
    pages.here.follow()
    page = pages.of("insurer").text(TOWN)
    assert "Convention résiliée, en préavis" in page
    assert "dernier jour le 16/09/2026" in page
    assert "16/09/2026" in pages.of("insurer").text("/communes")
