"""The live dry run in a real browser: a price is typed, its row turns red, then green; nothing typed is lost."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from domain.tariffs.prepared import Target
from domain.tenancy import Tenant
from services.commands import partnerships, tariffs
from services.commands.prepared import SavePreparedGrid, save_prepared
from services.web.insurer import notifying
from tests.services.web.test_browser import (
    DESK,
    PHONE,
    World,
    chromium,
    faults,
    fill,
    listening,
    overflow,
    visit,
)
from tests.support import cast
from tests.support.api import Served, served
from tests.support.cast import ACCORD, CACHAN, INSURER, ask

pytestmark = pytest.mark.browser
__all__ = ["chromium"]

OLD = "Nouveau prix, N1, 50 ans et plus"
PAGES = (
    "/tarifs", "/tarifs/nouveau?commune=38185", "{draft}", "{draft}/communes", "{draft}/notifier",
    "{draft}/resultat", "{draft}/abandon", "/communes/38185/tarif-de-reference", "/communes/38185/effectifs",
)  # fmt: skip


def prepared(here: Served, identity: str, old: str = "47.80", **other: Any) -> str:
    """The address of a draft for two towns."""
    grid = cast.grid(old=old)
    command = SavePreparedGrid(
        id=identity,
        name=identity,
        cells=grid.cells,
        effective_on=date(2026, 9, 1),
        towns=(Target(commune="38185", convention="c1"), Target(commune="94016", convention="c2")),
        **other,
    )
    save_prepared(here.parts.ledger, Tenant(INSURER), INSURER, command, ask())
    here.follow()
    return f"/tarifs/{identity}"


@pytest.fixture(scope="module")
def studio(clusters: Any) -> Iterator[World]:
    with clusters(18).database() as database, served(database) as here:
        fill(here)
        ledger = here.parts.ledger
        partnerships.declare(ledger, CACHAN, ACCORD, cast.declaration("c2"), ask())
        partnerships.confirm(ledger, CACHAN, ACCORD, cast.confirmation("c2"), ask())
        tariffs.notify(ledger, CACHAN, ACCORD, cast.grid(convention="c2"), ask())
        here.follow()
        with listening(here) as address:
            yield World(here, address)


def row_of(page: Page, name: str) -> Any:
    """The row of a price."""
    return page.locator("#prices tbody tr", has=page.get_by_label(name))


def test_a_price_turns_red_then_green_while_it_is_typed(studio: World, chromium: Browser) -> None:
    address = prepared(studio.here, "typed")
    with visit(studio, chromium, "insurer") as page:
        page.goto(studio.at(f"{address}?ville=94016"))
        price = page.get_by_label(OLD)
        price.fill("")
        price.press_sequentially("49,74", delay=60)
        expect(row_of(page, OLD)).to_have_attribute("data-state", "broken")
        expect(row_of(page, OLD)).to_contain_text(re.compile("Rompu de 0,51\\s€"))
        expect(page.locator("h1")).to_have_text("Essai à blanc\u00a0: un prix dépasse un engagement")
        assert price.input_value() == "49,74"
        expect(price).to_be_focused()
        for _ in range(3):
            price.press("Backspace")
        expect(row_of(page, OLD)).to_contain_text("Permis")
        price.press_sequentially(",abc")
        expect(row_of(page, OLD)).to_contain_text("Écrivez un prix comme 49,74")
        assert price.input_value() == "49,abc"
        expect(price).to_be_focused()


def test_buttons_change_prices_without_leaving_the_page(studio: World, chromium: Browser) -> None:
    address = prepared(studio.here, "lowered", old="49.74")
    with visit(studio, chromium, "insurer") as page:
        page.goto(studio.at(f"{address}?ville=94016"))
        page.evaluate("window.stayed = true")
        page.locator("#reason").fill("Un motif")
        page.get_by_role("button", name=re.compile("Mettre 49,23")).click()
        expect(page.get_by_label(OLD)).to_have_value("49,23")
        expect(row_of(page, OLD)).to_contain_text("Permis")
        page.get_by_label(OLD).fill("60")
        expect(row_of(page, OLD)).to_have_attribute("data-state", "broken")
        page.locator("#seul").check()
        expect(page.get_by_label("Nouveau prix, N1, moins de 50 ans")).to_be_hidden()
        page.get_by_role("button", name="Ramener ce prix à son plafond").click()
        expect(page.get_by_label(OLD)).to_have_value("49,23")
        page.locator("#reason").focus()
        page.keyboard.press("Control+Enter")
        expect(page.locator("#again")).to_be_visible()
        assert page.evaluate("window.stayed") is True
        assert page.locator("#reason").input_value() == "Un motif"
        page.reload()
        expect(page.get_by_label(OLD)).to_have_value("49,23")
        expect(page.locator("#reason")).to_have_value("Un motif")


def test_a_fast_typist_never_loses_a_keystroke_to_an_answer(studio: World, chromium: Browser) -> None:
    address = prepared(studio.here, "fast")
    with visit(studio, chromium, "insurer") as page:
        page.goto(studio.at(f"{address}?ville=94016"))
        reason = page.locator("#reason")
        written = "Les sinistres de 2025 dépassent les cotisations reçues."
        for word in written.split(" "):
            reason.press_sequentially(word + " ", delay=15)
            page.wait_for_timeout(410)  # each answer comes while the next word is typed
        assert reason.input_value() == written + " "
        expect(page.locator("#stale")).to_have_count(0)


def test_the_second_tab_is_told_and_keeps_what_it_says(studio: World, chromium: Browser) -> None:
    address = prepared(studio.here, "tabs")
    with visit(studio, chromium, "insurer") as first, visit(studio, chromium, "insurer") as second:
        for page in (first, second):
            page.goto(studio.at(f"{address}?ville=94016"))
        first.get_by_label(OLD).fill("48,00")
        expect(first.locator("#prices")).to_contain_text("+0,42")
        second.get_by_label(OLD).fill("49,00")
        expect(second.locator("#stale")).to_be_visible()
        assert second.get_by_label(OLD).input_value() == "49,00"
        second.get_by_role("button", name="Enregistrer ce qui est écrit ici").click()
        expect(second.locator("#stale")).to_have_count(0)
        expect(second.get_by_label(OLD)).to_have_value("49,00")


def test_a_long_run_shows_how_far_it_is_and_ends_by_itself(
    studio: World, chromium: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifying, "_SECONDS", -1)
    address = prepared(studio.here, "run")
    with visit(studio, chromium, "insurer") as page:
        page.goto(studio.at(f"{address}/notifier"))
        page.get_by_role("button", name="Continuer").click()
        page.get_by_role("button", name=re.compile("Notifier à 2")).click()
        page.get_by_role("link", name="Voir le résultat").wait_for()
        assert page.locator("#progress").inner_text() == "2 communes traitées sur 2"
        assert "depuis" not in page.url
        studio.here.follow()
        page.get_by_role("link", name="Voir le résultat").click()
        assert "2\u00a0communes ont reçu" in page.locator("h1").inner_text()


def test_the_studio_works_without_a_script(studio: World, chromium: Browser) -> None:
    address = prepared(studio.here, "plain")
    with visit(studio, chromium, "insurer", java_script_enabled=False) as page:
        page.goto(studio.at(f"{address}?ville=94016"))
        page.get_by_label(OLD).fill("49,74")
        page.get_by_role("button", name="Refaire l’essai").click()
        assert "Rompu de 0,51" in row_of(page, OLD).inner_text()
        page.get_by_role("button", name="Ramener ce prix à son plafond").click()
        assert page.get_by_label(OLD).input_value() == "49,23"


@pytest.mark.parametrize(("viewport", "scheme"), [(DESK, "light"), (PHONE, "dark")], ids=["desk", "phone"])
def test_every_page_of_tariffs_is_accessible_and_fits(
    studio: World, chromium: Browser, viewport: Any, scheme: Any
) -> None:
    address = prepared(studio.here, f"axe{viewport['width']}", old="49.74")
    with visit(studio, chromium, "insurer", viewport=viewport, color_scheme=scheme, bypass_csp=True) as page:
        for path in PAGES:
            page.goto(studio.at(path.replace("{draft}", address)))
            assert faults(page) == [], path
            assert overflow(page) <= 0, path
