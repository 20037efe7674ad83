"""The pages in a real browser: with and without a script, by keyboard, on a phone, in the dark, and for axe."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from domain.tenancy import PLATFORM, TOWN, Owner
from services.asking import SESSION_COOKIE
from services.commands import indices, membership, office_hours, partnerships, tariffs
from tests.support import cast
from tests.support.api import Served, Who, served
from tests.support.cast import ACCORD, CACHAN, GRENOBLE, INSURER, RIVAL_ACCORD, SIREN, ask

pytestmark = pytest.mark.browser

CHROMIUM: Final = "/usr/bin/chromium"
AXE: Final = Path(__file__).resolve().parents[3] / "node_modules" / "axe-core" / "axe.min.js"
PHONE: Final = {"width": 390, "height": 844}
DESK: Final = {"width": 1280, "height": 900}

PAGES: Final[tuple[tuple[Who | None, str], ...]] = (
    (None, "/connexion"),
    (None, "/nulle-part"),
    ("insurer", "/communes"),
    ("insurer", "/communes/38185"),
    ("insurer", "/communes/38185/adherents"),
    ("insurer", "/communes/38185/adherents/m1"),
    ("insurer", "/communes/38185/adherents/m1/depart"),
    ("insurer", "/communes/38185/adherents/nouveau"),
    ("insurer", "/communes/38185/grilles/g2"),
    ("insurer", "/communes/38185/dossiers/{case}"),
    ("insurer", "/communes/38185/dossiers/{case}/explication"),
    ("insurer", "/communes/38185/derogations/nouvelle?dossier={case}"),
    ("insurer", "/communes/38185/avenants/nouveau"),
    ("insurer", "/communes/38185/preavis"),
    ("insurer", "/dossiers"),
    ("insurer", "/echeances"),
    ("insurer", "/communes/38185/permanences"),
    ("insurer", "/communes/38185/permanences/nouvelle"),
    ("insurer", "/communes/38185/permanences/silent/tenue"),
    ("insurer", "/communes/38185/permanences/silent/annulation"),
    ("insurer", "/adherents"),
    ("insurer", "/permanences"),
    ("insurer", "/conventions/nouvelle?q=38185"),
    ("insurer", "/conventions/nouvelle/38185"),
    ("insurer", "/conventions/nouvelle/ensemble"),
    ("insurer", "/conventions/nouvelle/ensemble?communes=38185%0A94016"),
    ("insurer", "/communes/38185/conventions/c1/correction"),
    ("town", "/ville"),
    ("town", "/ville/tarifs"),
    ("town", f"/ville/tarifs/{SIREN}/g2"),
    ("town", "/ville/permanences"),
    ("town", "/ville/adherents"),
    ("town", "/preferences"),
    ("town", "/courrier"),
    ("town", "/ville/dossiers/{case}/mise-en-demeure"),
    ("town", "/ville/dossiers/{case}"),
    ("town", "/ville/conventions/999000029/c9/confirmation"),
    ("other_town", "/ville"),
    ("operator", "/exploitation/conventions"),
    ("operator", "/exploitation/conventions/38185/999000029/c9/confirmation"),
    ("operator", "/exploitation/etat"),
    ("operator", "/exploitation/communes"),
    ("operator", "/exploitation/communes/38185"),
    ("operator", "/exploitation/communes/38185/dossiers/{case}"),
    ("operator", "/exploitation/indices"),
    ("operator", "/exploitation/indices/publier?indice=PMSS&annee=2026"),
    ("operator", "/exploitation/indices/PMSS/2026/reponse"),
    ("town", "/indices/PMSS/2026/contestation"),
    ("insurer", "/indices/PMSS/2026/contestation"),
    ("grouping", "/groupement"),
    ("grouping", "/groupement/38185"),
    ("grouping", "/groupement/38185/engagements"),
    ("grouping", "/groupement/38185/engagements?au=2025-01-01&connu_le=2026-03-01T10:00"),
    ("grouping", "/groupement/38185/tarifs"),
    ("grouping", "/groupement/38185/dossiers"),
    ("grouping", "/groupement/38185/dossiers/{case}"),
    ("grouping", "/groupement/38185/documents"),
    ("grouping", "/groupement/94016"),
)


class World:
    """A served application with something on every page."""

    def __init__(self, here: Served, address: str) -> None:
        self.here, self.address = here, address
        with here.parts.databases.project.connection() as connection:
            row = connection.execute(
                "select stream from ledger.event where topic like 'breach.%' limit 1"
            ).fetchone()
        assert row is not None
        self.breach = row[0].rpartition("/")[2]
        with here.parts.databases.project.connection() as connection:
            row = connection.execute(
                "select stream from ledger.event where topic like 'case.opened.%'"
            ).fetchone()
        assert row is not None
        self.case = row[0].rpartition("/")[2]

    def at(self, path: str) -> str:
        """The address of a page."""
        return self.address + path.format(breach=self.breach, case=self.case)


@contextmanager
def listening(here: Served) -> Iterator[str]:
    """A real server on a free port."""
    server = make_server("127.0.0.1", 0, here.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def fill(here: Served) -> None:
    """Two insurers in one town: one broke its cap, the other waits to be confirmed."""
    ledger = here.parts.ledger
    partnerships.declare(ledger, GRENOBLE, ACCORD, cast.declaration(), ask())
    partnerships.confirm(ledger, GRENOBLE, ACCORD, cast.confirmation(), ask())
    partnerships.declare(
        ledger, GRENOBLE, RIVAL_ACCORD, cast.declaration("c9", insurer_name="Mutuelle Rivale"), ask()
    )
    tariffs.notify(ledger, GRENOBLE, ACCORD, cast.grid(), ask())
    tariffs.notify(
        ledger, GRENOBLE, ACCORD, cast.grid("g2", old="49.74", effective_on=date(2026, 5, 1)), ask()
    )
    for number in range(1, 14):
        member = cast.member(f"m{number}", joined_on=date(2026, 1, number), number=f"A{number}")
        membership.join(ledger, GRENOBLE, INSURER, member, ask())
    for identity, on in (("held", 9), ("silent", 11), ("later", 30)):
        office_hours.plan(ledger, GRENOBLE, ACCORD, cast.office_hour(identity, date(2026, 3, on)), ask())
    held = office_hours.HoldOfficeHour(id="held", visitors=9, by_appointment=4)
    office_hours.hold(ledger, GRENOBLE, ACCORD, held, ask())
    value = indices.PublishIndex(
        index="PMSS",
        year=2026,
        value="4005",
        published_on=date(2026, 1, 2),
        source="Arrêté du 22 décembre 2025",
    )
    indices.publish_index(ledger, PLATFORM, Owner(PLATFORM), value, ask())
    contest = indices.ContestIndex(
        index="PMSS", year=2026, published_on=value.published_on, reason="Le décret dit 3 925 €.",
        by_tenant=CACHAN, by_owner=TOWN, organisation="Cachan",
    )  # fmt: skip
    indices.contest_index(ledger, PLATFORM, Owner(PLATFORM), contest, ask())
    here.follow()


@pytest.fixture(scope="module")
def world(clusters: Any) -> Iterator[World]:
    with clusters(18).database() as database, served(database) as here:
        fill(here)
        with listening(here) as address:
            yield World(here, address)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def visit(world: World, chromium: Browser, who: Who | None, **options: Any) -> Iterator[Page]:
    """A browser of somebody's, signed in; whatever its console says against us fails the test."""
    context = chromium.new_context(locale="fr-FR", viewport=options.pop("viewport", DESK), **options)
    page = context.new_page()
    page.set_default_timeout(8_000)
    said: list[str] = []
    asked: list[str] = []
    page.on(
        "console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None
    )
    page.on("request", lambda request: asked.append(request.url))
    if who is not None:
        # The test's clock stands still in the past: a cookie that ended with it would be dropped by a real browser.
        token = world.here.of(who).token
        assert token is not None
        context.add_cookies([{"name": SESSION_COOKIE, "value": token.text, "url": world.address}])
    yield page
    context.close()
    assert [text for text in said if "the server responded with a status of" not in text] == []
    assert [url for url in asked if not url.startswith((world.address, "data:"))] == []


def faults(page: Page) -> list[str]:
    """What axe finds against the page."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice']})"
    )
    return [
        f"{fault['id']}: {node['html'][:160]} {node['failureSummary'][:300]}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.parametrize(("viewport", "scheme"), [(DESK, "light"), (PHONE, "dark")], ids=["desk", "phone"])
@pytest.mark.parametrize("who", [None, "insurer", "town", "other_town", "grouping", "operator"])
def test_every_page_is_accessible_and_fits(
    world: World, chromium: Browser, who: Who | None, viewport: Any, scheme: Any
) -> None:
    # axe is evaluated in the page, which our own policy rightly forbids: only here it is lifted.
    with visit(world, chromium, who, viewport=viewport, color_scheme=scheme, bypass_csp=True) as page:
        for role, path in PAGES:
            if role == who:
                page.goto(world.at(path))
                assert faults(page) == [], path
                assert overflow(page) <= 0, path
                assert page.title().endswith(" - Beffroi")


def test_pages_ask_nobody_else_and_break_no_rule_of_their_policy(world: World, chromium: Browser) -> None:
    cast_: tuple[Who, ...] = ("insurer", "town", "grouping", "operator")
    for who in cast_:
        with visit(world, chromium, who) as page:
            for role, path in PAGES:
                if role == who:
                    page.goto(world.at(path))


def test_without_a_script_everything_is_there(world: World, chromium: Browser) -> None:
    with visit(world, chromium, "insurer", java_script_enabled=False) as page:
        page.goto(world.at("/communes/38185/adherents"))
        page.fill("#search", "lef")
        page.press("#search", "Enter")
        assert page.locator("#members tbody tr").count() == 13
        page.goto(world.at("/communes/38185/adherents/nouveau"))
        page.select_option("#formula", "N1")
        page.fill("#given_name", "Anne")
        page.fill("#family_name", "Sansscript")
        page.fill("#birth_date", "02/05/1954")
        page.get_by_role("button", name="Voir le prix").click()
        assert "47,80" in page.locator("h1").inner_text()
        page.goto(world.at("/conventions/nouvelle"))
        page.fill("#q", "38185")
        page.get_by_role("button", name="Chercher").click()
        assert page.get_by_role("link", name="Grenoble").count() == 1


def test_with_a_script_lists_and_prices_follow_what_is_typed(world: World, chromium: Browser) -> None:
    with visit(world, chromium, "insurer") as page:
        page.goto(world.at("/communes/38185/adherents"))
        page.locator("#search").press_sequentially("personne")
        page.get_by_text("Personne ne répond à").wait_for()
        page.fill("#search", "hén")
        page.locator("#members tbody tr").nth(12).wait_for()
        assert page.url.endswith("/adherents")
        page.goto(world.at("/communes/38185/adherents/nouveau"))
        page.fill("#birth_date", "02/05/1954")
        page.select_option("#formula", "N1")
        page.locator("#price .figure").wait_for()
        assert "47,80" in page.locator("#price").inner_text()


def test_a_refused_form_puts_the_focus_on_what_is_wrong(world: World, chromium: Browser) -> None:
    with visit(world, chromium, "insurer") as page:
        page.goto(world.at("/communes/38185/adherents/nouveau"))
        page.fill("#family_name", "Gardée")
        page.get_by_role("button", name="Voir le prix").click()
        page.locator(".error-summary:focus").wait_for()
        assert page.title().startswith("Erreur\u00a0: ")
        assert page.input_value("#family_name") == "Gardée"
        page.locator(".error-summary a").first.press("Enter")
        assert page.evaluate("document.activeElement.getAttribute('aria-invalid')") == "true"
        described = page.evaluate("document.activeElement.getAttribute('aria-describedby')").split()
        assert all(page.locator(f"#{identity}").count() == 1 for identity in described)


def test_a_grid_is_notified_from_the_keyboard_alone(world: World, chromium: Browser) -> None:
    with visit(world, chromium, "insurer") as page:
        page.goto(world.at("/tarifs/nouveau?commune=38185"))
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.locator("#name").focus()
        page.keyboard.type("g3")
        page.fill("#effective_on", "2026-06-01")
        page.locator("#paste").focus()
        page.keyboard.insert_text("N1;moins de 50 ans;31,86\nN1;50 ans et plus;47,90")
        page.keyboard.press("Control+Enter")
        page.wait_for_selector("h1:has-text('Essai à blanc')")
        for button in ("Notifier à Grenoble", "Continuer", "Notifier à Grenoble"):
            page.get_by_role("button", name=button).focus()
            page.keyboard.press("Enter")
            page.wait_for_load_state()
        page.wait_for_url("**/resultat?*")
        assert "Votre enregistrement est fait" in page.locator(".notice--done").inner_text()


def test_every_stop_of_the_keyboard_is_seen_and_in_the_order_of_reading(
    world: World, chromium: Browser
) -> None:
    with visit(world, chromium, "town") as page:
        page.goto(world.at("/ville"))
        last = -1.0
        for _ in range(12):
            page.keyboard.press("Tab")
            outline, top = page.evaluate(
                "(() => { const e = document.activeElement; const s = getComputedStyle(e);"
                " return [s.outlineStyle, e.getBoundingClientRect().top + scrollY]; })()"
            )
            assert outline == "solid"
            assert top >= last - 60  # two things on one line may differ by a little
            last = max(last, top)


def test_a_printed_page_has_its_seal_and_no_navigation(world: World, chromium: Browser) -> None:
    with visit(world, chromium, "town", color_scheme="dark") as page:
        page.goto(world.at("/ville/dossiers/{case}"))
        page.emulate_media(media="print")
        assert page.locator(".seal").is_visible()
        assert not page.locator(".nav").is_visible()
        assert page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(21, 35, 45)"


def test_two_insurers_in_one_town_stand_apart(world: World, chromium: Browser) -> None:
    with visit(world, chromium, "town") as page:
        page.goto(world.at("/ville"))
        assert page.get_by_role("heading", name="Ce que Mutuelle du Test a promis").count() == 1
        assert page.get_by_text("Convention avec Mutuelle Rivale").count() == 1
        assert page.locator(".register [data-state=broken]").count() >= 1


def test_text_may_be_twice_as_large(world: World, chromium: Browser) -> None:
    with visit(world, chromium, "town", viewport={"width": 640, "height": 900}) as page:
        for _, path in [each for each in PAGES if each[0] == "town"]:
            page.goto(world.at(path))
            page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
            assert overflow(page) <= 0, path
