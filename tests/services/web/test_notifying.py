"""Towns are told a draft: chosen, read the effect of, and each with a result of its own that a repeat completes."""

import re

import pytest

from services.commands import partnerships, tariffs
from services.web.insurer import notifying
from tests.services.web.conftest import Browser, Pages, fields, plain, title
from tests.services.web.test_studio import OLD, begun, sent
from tests.support import cast
from tests.support.cast import ACCORD, CACHAN, GRENOBLE, ask


@pytest.fixture
def insurer(pages: Pages) -> Browser:
    """The insurer with two towns, of which Cachan has not confirmed yet."""
    ledger = pages.here.parts.ledger
    partnerships.declare(ledger, GRENOBLE, ACCORD, cast.declaration(), ask())
    partnerships.confirm(ledger, GRENOBLE, ACCORD, cast.confirmation(), ask())
    partnerships.declare(ledger, CACHAN, ACCORD, cast.declaration("c2"), ask())
    tariffs.notify(ledger, GRENOBLE, ACCORD, cast.grid(), ask())
    pages.here.follow()
    return pages.of("insurer")


def confirm_cachan(pages: Pages) -> None:
    """The other town recognises its convention."""
    partnerships.confirm(pages.here.parts.ledger, CACHAN, ACCORD, cast.confirmation("c2"), ask())
    pages.here.follow()


def stated(browser: Browser, address: str, *codes: str) -> str:
    """The page that states the effect."""
    form = {**fields(browser.get(f"{address}/notifier")), "commune": list(codes)}
    answer = browser.client.post(f"{address}/notifier", data=form)
    assert answer.status_code == 200, plain(answer)
    return answer.get_data(as_text=True)


def token_of(text: str) -> dict[str, str]:
    """The hidden fields of the form that begins to notify."""
    return dict(
        re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)">', text.partition("<main")[2])
    )


def test_the_effect_is_stated_then_the_town_reads_the_grid(insurer: Browser, pages: Pages) -> None:
    address = begun(insurer)
    sent(insurer, address, reason="Les sinistres ont augmenté.", **{OLD: "49,74"})
    form = fields(insurer.get(f"{address}/notifier"))
    page = insurer.client.post(f"{address}/notifier", data={**form, "commune": "38185"})
    assert title(page) == "Notifier à Grenoble : la ville lira cette grille et un dépassement"
    assert "Les sinistres ont augmenté." in plain(page)
    answer = insurer.client.post(f"{address}/notifier", data={**fields(page), "do": "record"})
    assert answer.status_code == 303, plain(answer)
    pages.here.follow()
    text = insurer.follow(answer)
    assert "Grenoble a reçu la grille « 2026-05 »" in text
    assert "49,74 €" in insurer.text("/communes/38185/grilles/2026-05")


def test_an_excess_without_a_motive_is_not_notified(insurer: Browser) -> None:
    address = begun(insurer)
    sent(insurer, address, **{OLD: "49,74"})
    form = fields(insurer.get(f"{address}/notifier"))
    answer = insurer.client.post(f"{address}/notifier", data={**form, "commune": "38185"})
    assert answer.status_code == 422
    assert "écrivez le motif, ou ramenez les prix" in plain(answer)


def test_a_grid_without_a_first_day_or_a_town_goes_nowhere(insurer: Browser) -> None:
    address = begun(insurer, effective_on="")
    form = fields(insurer.get(f"{address}/notifier"))
    none = insurer.client.post(f"{address}/notifier", data=form)
    assert none.status_code == 422
    assert "Choisissez au moins une commune." in plain(none)
    undated = insurer.client.post(f"{address}/notifier", data={**form, "commune": "38185"})
    assert "Fixez la date d'effet" in plain(undated)


def test_towns_are_found_and_all_that_are_found_are_ticked(insurer: Browser, pages: Pages) -> None:
    address = begun(insurer)
    assert "attend la confirmation de la ville" in insurer.text(f"{address}/notifier")
    confirm_cachan(pages)
    ticked = insurer.text(f"{address}/notifier?q=cach&tout=1")
    assert re.search(r'value="94016" checked', ticked)
    assert '<input type="hidden" name="commune" value="38185">' in ticked
    assert "Aucune de vos communes ne répond" in insurer.text(f"{address}/notifier?etape=ended")


def test_each_town_has_its_result_and_those_refused_are_tried_again(insurer: Browser, pages: Pages) -> None:
    address = begun(insurer)
    text = stated(insurer, address, "38185", "94016")
    assert "Notifier à 2\u00a0communes\u00a0: chaque ville lira cette grille" in text
    answer = insurer.client.post(f"{address}/notifier", data={**token_of(text), "do": "record"})
    pages.here.follow()
    result = insurer.follow(answer)
    assert "1 commune notifiée, 1 non notifiée" in result
    assert "La ville n'a pas encore confirmé cette convention." in result
    assert "Réessayer cette commune" in result
    confirm_cachan(pages)
    again = insurer.client.post(f"{address}/resultat", data=fields(insurer.get(answer.headers["Location"])))
    pages.here.follow()
    assert "2 communes ont reçu la grille" in insurer.follow(again)


def test_a_run_goes_on_after_a_reload_and_tells_no_town_twice(
    insurer: Browser, pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirm_cachan(pages)
    monkeypatch.setattr(notifying, "_SECONDS", -1)  # one town an answer
    address = begun(insurer)
    form = {**token_of(stated(insurer, address, "38185", "94016")), "do": "record"}
    first = insurer.client.post(f"{address}/notifier", data=form)
    pages.here.follow()
    half = insurer.get(first.headers["Location"])
    assert title(half) == "Notification en cours"
    assert "1 communes traitées sur 2" in plain(half)
    part = insurer.client.post(f"{address}/resultat", data=fields(half), headers={"HX-Request": "true"})
    assert "2 communes traitées sur 2" in plain(part)
    assert 'id="t-38185"' in plain(part)
    again = insurer.client.post(f"{address}/notifier", data=form)  # as a double click would
    pages.here.follow()
    assert again.status_code == 303
    assert "2 communes ont reçu la grille" in insurer.text(part.headers["HX-Replace-Url"])
    with pages.here.parts.databases.project.connection() as connection:
        told = connection.execute(
            "select count(*) from ledger.event where topic like 'grid.notified%'"
        ).fetchone()
    assert told == (3,)  # the first grid of Grenoble, then one for each town


def test_a_draft_that_changed_meanwhile_is_not_notified(insurer: Browser) -> None:
    address = begun(insurer)
    form = {**token_of(stated(insurer, address, "38185")), "do": "record"}
    sent(insurer, address, **{OLD: "47,90"})
    assert insurer.client.post(f"{address}/notifier", data=form).status_code in {409, 412}


def test_the_trial_of_every_town_comes_some_at_a_time(
    insurer: Browser, pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirm_cachan(pages)
    monkeypatch.setattr(notifying, "_AT_ONCE", 1)
    address = begun(insurer)
    stated(insurer, address, "38185", "94016")
    sent(insurer, address, **{OLD: "49,74"})
    page = insurer.text(f"{address}/communes")
    assert "Communes 1 à 1 sur 2" in page
    following = re.search(r'href="([^"]+)" rel="next"', page)
    assert following is not None
    part = plain(insurer.get(following[1].replace("&amp;", "&"), HX_Request="true"))
    assert "<html" not in part
    assert "2 communes essayées" in part
    exported = insurer.get(f"{address}/communes.csv").get_data().decode("utf-8-sig").split("\r\n")
    assert exported[2].startswith("Grenoble;38185;1;0,51;0;16/03/2026")
