"""A town's pages in a real browser, with something on each: on a desk and a phone, in light and dark, for axe."""

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.services.web.test_browser import CHROMIUM, DESK, PHONE, World, faults, listening, overflow, visit
from tests.support.api import served
from tests.support.cast import SIREN
from tests.support.townscape import whole_town

pytestmark = pytest.mark.browser

PAGES: Final = (
    "/ville",
    "/ville/engagements",
    "/ville/engagements?au=2025-12-01&connu_le=2025-06-25T10:00",
    "/ville/engagements?au=demain",
    f"/ville/engagements/{SIREN}/c1/plafond",
    f"/ville/engagements/{SIREN}/c1/indice",
    "/ville/tarifs",
    f"/ville/tarifs/{SIREN}/g2026",
    f"/ville/tarifs/{SIREN}/g2026-erreur",
    f"/ville/tarifs/{SIREN}/comparaison",
    "/ville/dossiers",
    "/ville/dossiers/{case}",
    "/ville/dossiers/{case}/contestation",
    "/ville/dossiers/{case}/acceptation",
    "/ville/dossiers/{case}/resiliation",
    "/ville/derogations/taxe-2025",
    "/ville/derogations/taxe-2027",
    "/ville/avenants/a1",
    "/ville/documents",
)


@pytest.fixture(scope="module")
def world(clusters: Any) -> Iterator[World]:
    with clusters(18).database() as database, served(database) as here:
        whole_town(here)
        with listening(here) as address:
            made = World(here, address)
            with here.parts.databases.project.connection() as connection:
                row = connection.execute(
                    "select stream from ledger.event where topic like 'case.opened.%' order by position desc"
                ).fetchone()
            assert row is not None
            made.case = row[0].rpartition("/")[2]
            yield made


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.mark.parametrize(
    ("viewport", "scheme"), [(DESK, "dark"), (PHONE, "light")], ids=["desk-dark", "phone-light"]
)
def test_every_page_of_a_town_is_accessible_and_fits(
    world: World, chromium: Browser, viewport: Any, scheme: Any
) -> None:
    with visit(world, chromium, "town", viewport=viewport, color_scheme=scheme, bypass_csp=True) as page:
        for path in PAGES:
            page.goto(world.at(path))
            assert faults(page) == [], path
            assert overflow(page) <= 0, path


def test_the_pages_of_a_town_break_no_rule_of_their_policy(world: World, chromium: Browser) -> None:
    with visit(world, chromium, "town") as page:
        for path in PAGES:
            page.goto(world.at(path))


def test_every_drawing_states_its_conclusion_and_gives_its_figures(world: World, chromium: Browser) -> None:
    with visit(world, chromium, "town") as page:
        page.goto(world.at("/ville/tarifs"))
        drawings = page.locator("figure.chart")
        assert drawings.count() == 2
        for place in range(2):
            assert drawings.nth(place).locator("svg[role=img] desc").text_content()
            assert drawings.nth(place).locator("details table tbody tr").count() >= 2


def test_a_brick_leads_to_its_line_and_the_line_to_its_case(world: World, chromium: Browser) -> None:
    with visit(world, chromium, "town") as page:
        page.goto(world.at("/ville"))
        page.locator(".course a").first.press("Enter")
        line = page.locator(page.url[page.url.index("#") :])
        assert line.get_attribute("data-state") == "broken"
        line.get_by_role("link", name="Ouvrir le dossier").press("Enter")
        page.wait_for_url(f"**/ville/dossiers/{world.case}")
        assert "0,51" in page.locator("h1").inner_text()


def test_a_case_is_disputed_from_the_keyboard_after_a_mistake(world: World, chromium: Browser) -> None:
    with visit(world, chromium, "town") as page:
        page.goto(world.at("/ville/dossiers/{case}"))
        page.get_by_role("link", name="Contester").press("Enter")
        page.wait_for_url("**/contestation")
        page.get_by_role("button", name="Contester").press("Enter")
        page.locator(".error-summary:focus").wait_for()
        assert page.title().startswith("Erreur")
        page.locator(".error-summary a").first.press("Enter")
        assert page.evaluate("document.activeElement.id") == "text"
        page.keyboard.type("L’article 5.2 ne dit pas cela.")
        page.get_by_role("button", name="Contester").press("Enter")
        page.wait_for_url(re.compile(r"/ville/dossiers/\w+$"))
        assert "Votre enregistrement est fait" in page.locator("[role=status]").inner_text()


def test_what_a_council_is_given_is_printed_with_its_seal(world: World, chromium: Browser) -> None:
    with visit(world, chromium, "town", color_scheme="dark") as page:
        page.goto(world.at("/ville/dossiers/{case}"))
        page.emulate_media(media="print")
        assert page.locator(".seal").is_visible()
        assert not page.locator(".choices .button").first.is_visible()
