"""Takes the pictures of the documentation from a running demo: docs/pictures/*.png, always of the same size.
`make pictures` calls it (PORT= as for the demo); a demo that was just made shows what the texts beside them say."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from playwright.sync_api import Browser, Page, sync_playwright

from services.demo import DEMO_PASSWORD

FOLDER: Final = Path(__file__).resolve().parent.parent / "docs" / "pictures"
CHROMIUM: Final = "/usr/bin/chromium"
LARGEST: Final = 200_000
"""Bytes of a picture: they are kept with the code."""

TOWN: Final = "elu@vierzon.example"
INSURER: Final = "gestion@trois-rivieres.example"


class Picture(NamedTuple):
    """One file: who looks, how they come to the page, and how much of it is taken, in pixels."""

    name: str
    who: str
    go: Callable[[Page], object]
    width: int
    height: int


def _home(page: Page) -> None:
    page.locator(".course").first.wait_for()


def _case(page: Page) -> None:
    page.get_by_role("link", name="Ouvrir le dossier").first.click()
    page.locator(".measure").wait_for()


def _studio(page: Page) -> None:
    page.get_by_role("link", name="Tarifs", exact=True).click()
    page.locator("table a[href^='/tarifs/janvier-']").first.click()
    page.select_option("#ville", label="Saint-Florent-sur-Cher (18207)")
    page.locator(".crumbs a", has_text="Saint-Florent-sur-Cher").wait_for()
    page.locator("#prices tr[data-state=broken]").first.wait_for()


def _portfolio(page: Page) -> None:
    page.locator("table tbody tr").first.wait_for()


PICTURES: Final = (
    Picture("town", TOWN, _home, 1280, 860),
    Picture("case", TOWN, _case, 1280, 960),
    Picture("studio", INSURER, _studio, 1280, 900),
    Picture("portfolio", INSURER, _portfolio, 1280, 860),
    Picture("town-phone", TOWN, _home, 390, 844),
)


def take(browser: Browser, address: str, picture: Picture) -> Path:
    """Sign in, go there, take it. Raises SystemExit when the file is larger than it may be."""
    context = browser.new_context(
        locale="fr-FR",
        color_scheme="light",
        reduced_motion="reduce",
        viewport={"width": picture.width, "height": picture.height},
    )
    page = context.new_page()
    page.goto(f"{address}/connexion")
    page.fill("#email", picture.who)
    page.fill("#password", DEMO_PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    page.wait_for_url(lambda url: "/connexion" not in url)
    picture.go(page)
    page.evaluate("document.activeElement.blur(); document.fonts.ready")
    path = FOLDER / f"{picture.name}.png"
    page.screenshot(path=path)
    context.close()
    if path.stat().st_size > LARGEST:
        sys.exit(f"{path.name} has {path.stat().st_size} bytes, more than {LARGEST}: take less of the page")
    return path


def main() -> None:
    """Take them all from the demo on PORT."""
    address = f"http://127.0.0.1:{os.environ.get('PORT') or 8000}"
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--lang=fr-FR"])
        for picture in PICTURES:
            path = take(browser, address, picture)
            print(f"{path.relative_to(FOLDER.parent.parent)}  {path.stat().st_size:,} bytes")
        browser.close()


if __name__ == "__main__":
    main()
