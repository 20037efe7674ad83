"""What the product is for, from the first paste to the correction and to the letter: in a browser, for axe, by mail.

Two sides who never meet, on a desk and on a phone; every page that they meet is checked on the way.
"""

import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from domain.tariffs.assess import CellId
from infra.clock import PARIS
from services.web.typography import day
from tests.services.web.test_browser import DESK, PHONE, chromium, faults, overflow
from tests.support.api import PASSWORD, PDF, Who, email_of
from tests.support.database import Database
from tests.support.stage import Stage, body, staged, until, words

pytestmark = pytest.mark.browser
__all__ = ["chromium"]

CELL = CellId("N1", "general", "adult", 50, None)
NEW_PRICE = "Nouveau prix, N1, 50 ans et plus"
MOTIVE = "Les remboursements de l’année dépassent les cotisations reçues."
BOTH = pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])


@pytest.fixture
def stage(database: Database) -> Iterator[Stage]:
    with staged(database) as made:
        yield made


class Person:
    """Somebody with a browser of their own, who looks at every page before they touch it."""

    def __init__(self, stage: Stage, page: Page, who: Who) -> None:
        self.stage, self.page, self.who = stage, page, who

    def go(self, path: str) -> "Person":
        """Open a page by its address; sign in when it asks."""
        self.page.goto(path if path.startswith("http") else self.stage.address + path)
        if "/connexion" in self.page.url:
            self.page.fill("#email", email_of(self.who))
            self.page.fill("#password", PASSWORD)
            self.press("Se connecter")
        return self.look()

    def look(self) -> "Person":
        """Read the page: nobody is kept out of it, and it fits."""
        assert faults(self.page) == [], self.page.url
        assert overflow(self.page) <= 0, self.page.url
        return self

    def press(self, name: str | re.Pattern[str]) -> "Person":
        """Press the button of a form and read where it leads."""
        self.page.get_by_role("button", name=name).first.click()
        self.page.wait_for_load_state()
        return self.look()

    def open(self, name: str | re.Pattern[str]) -> "Person":
        """Follow a link and read where it leads."""
        self.page.locator("main").get_by_role("link", name=name).first.click()
        self.page.wait_for_load_state()
        return self.look()

    @property
    def says(self) -> str:
        """What the page says to this person."""
        return words(self.page.locator("main").inner_text())

    @property
    def title(self) -> str:
        """Its first heading."""
        return words(self.page.locator("h1").inner_text())

    def wait(self, text: str) -> "Person":
        """Look again until the page says this."""

        def there() -> bool:
            self.page.reload()
            return text in self.says

        until(there)
        return self.look()

    def fetch(self, path: str) -> Any:
        """A file by its address, with this person's cookie."""
        return self.page.request.get(self.stage.address + path)


@contextmanager
def someone(stage: Stage, chromium: Browser, who: Who, viewport: Any) -> Iterator[Person]:
    """A browser; whatever its console says against us fails the test."""
    context = chromium.new_context(locale="fr-FR", viewport=viewport, bypass_csp=True, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(10_000)
    said: list[str] = []
    page.on("console", lambda line: said.append(line.text) if line.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    yield Person(stage, page, who)
    context.close()
    assert [line for line in said if "the server responded with a status of" not in line] == []


def effect(stage: Stage) -> date:
    """The first of a month, in two or three months."""
    later = stage.today + timedelta(days=93)
    return later.replace(day=1)


def notify_too_dear(stage: Stage, insurer: Person) -> None:
    """The insurer pastes a grid, reads in red what it breaks, and notifies it all the same, with its motive."""
    insurer.go("/tarifs").open("Préparer une grille")
    page = insurer.page
    page.fill("#name", "hausse")
    page.fill("#effective_on", effect(stage).isoformat())
    page.select_option("#commune", "38185")
    page.fill("#paste", "Formule\tÂge\tPrix\nN1\tmoins de 50 ans\t31,86\nN1\t50 ans et plus\t49,74")
    insurer.press(re.compile("Ouvrir dans le studio"))
    assert insurer.title == "Essai à blanc : un prix dépasse un engagement"
    row = page.locator("#prices tbody tr", has=page.get_by_label(NEW_PRICE))
    expect(row).to_have_attribute("data-state", "broken")
    told = words(row.inner_text())
    assert "Rompu de 0,51 €" in told
    assert "49,23 €" in told
    assert "Art. 5" in told
    assert "sur 12, dont 12 au-dessus d'un engagement" in insurer.says
    assert len(stage.topics("grid.notified.%")) == 1  # nobody else was told anything
    assert "Ramenez ce prix à son plafond, ou écrivez le motif." in insurer.says
    page.fill("#reason", MOTIVE)
    for button in ("Notifier à Grenoble", "Continuer", "Notifier à Grenoble"):
        insurer.press(button)
    assert insurer.title == "Grenoble a reçu la grille « hausse »"


def recomputed(person: Person, path: Path) -> tuple[int, list[dict[str, Any]]]:
    """What `beffroi assess` says of the file that a page offers: its exit code, and what is broken."""
    link = person.page.get_by_role("link", name="Vérifier soi-même").first
    path.write_bytes(person.fetch(link.get_attribute("href") or "").body())
    done = subprocess.run(
        [sys.executable, "-m", "services.cli", "assess", "--json", str(path)],
        capture_output=True, check=False, cwd=Path(__file__).parents[3],
    )  # fmt: skip
    findings = json.loads(done.stdout)["findings"]
    return done.returncode, [each for each in findings if each["verdict"] == "VIOLATION"]


@BOTH
def test_a_promise_is_broken_on_tuesday_disputed_on_wednesday_and_kept_again_on_friday(
    stage: Stage, chromium: Browser, viewport: Any, tmp_path: Path
) -> None:
    with someone(stage, chromium, "town", viewport) as town:
        town.go("/ville")
        assert "annonce 49,74 €" not in town.says
        with someone(stage, chromium, "insurer", viewport) as insurer:
            notify_too_dear(stage, insurer)
        the_town_knows(stage, town, tmp_path)
        stage.next_day()
        the_town_disputes(stage, town)
    stage.next_day()
    with someone(stage, chromium, "insurer", viewport) as insurer:
        the_insurer_explains(stage, insurer)
        before = stage.clock.now()
        stage.next_day()
        the_insurer_corrects(stage, insurer)
    with someone(stage, chromium, "town", viewport) as town:
        both_stay(stage, town, f"{before.astimezone(PARIS):%Y-%m-%dT%H:%M}")
    assert stage.topics("case.%") == [
        "case.opened.v1", "case.disputed.v1", "case.explained.v1", "case.corrected.v1",
    ]  # fmt: skip


def the_town_knows(stage: Stage, town: Person, folder: Path) -> None:
    """The home page says it within seconds, the mail leads to the evidence, and anybody can compute it again."""
    town.wait("annonce 49,74 €")
    lead = town.says
    assert (
        f"Mutuelle du Test annonce 49,74 € par mois à partir du {day(effect(stage))}, pour un plafond de 49,23 €."
        in words(lead)
    )
    assert f"constaté le {stage.today:%d/%m/%Y}" in lead
    assert words(MOTIVE) in words(body(stage.mail("town", f"effet le {day(effect(stage))}")))
    mail = stage.mail("town", "dépasse un plafond de 0,51 € par mois")
    town.go(stage.link(mail, "/ville/dossiers/"))
    assert town.title.endswith("est dépassé de 0,51 € par mois")
    told = town.says
    for evidence in ("47,80 €", "49,23 €", "49,74 €", "0,51 € (+1,04 %)", "écriture n°", "« hausse »"):
        assert evidence in told, evidence
    assert "L'évolution annuelle ne peut excéder 3 %." in told
    assert words(MOTIVE) in told
    code, broken = recomputed(town, folder / "calcul.json")
    assert code == 1
    assert [(each["grid"], each["cell"], each["limit"], each["excess"]) for each in broken] == [
        ("hausse", {"formula": CELL.formula, "category": CELL.category, "role": CELL.role, "age_from": 50,
                    "age_to": None}, "49.23", "0.51"),
    ]  # fmt: skip


def the_town_disputes(stage: Stage, town: Person) -> None:
    """With a text and a file."""
    town.go(town.page.url).open("Contester")
    town.page.fill("#text", "L’article 5 compte la hausse de toute l’année.")
    town.page.set_input_files("#piece", {"name": "avis.pdf", "mimeType": "application/pdf", "buffer": PDF})
    town.press("Contester")
    town.wait("avis.pdf")
    assert "L'article 5 compte la hausse de toute l'année." in town.says
    assert "Contesté" in town.says


def the_insurer_explains(stage: Stage, insurer: Person) -> None:
    """From the mail that says it is its turn."""
    mail = stage.mail("insurer", "conteste")
    insurer.go(stage.link(mail, "/dossiers/"))
    assert "L'article 5 compte la hausse de toute l'année." in insurer.says
    assert (
        insurer.fetch(
            insurer.page.get_by_role("link", name="avis.pdf").first.get_attribute("href") or ""
        ).body()
        == PDF
    )
    insurer.open("Expliquer")
    insurer.page.fill("#text", "La hausse a été calculée sur le mauvais prix de départ.")
    insurer.press("Envoyer à Grenoble")
    insurer.wait("La hausse a été calculée sur le mauvais prix de départ.")
    stage.mail("town", "explique")


def the_insurer_corrects(stage: Stage, insurer: Person) -> None:
    """From the case, with every price at its limit at one click."""
    insurer.go(insurer.page.url).open("Préparer la correction")
    assert insurer.title == "Corriger la grille « hausse »"
    insurer.press(re.compile("Ouvrir dans le studio"))
    insurer.page.get_by_role("button", name="Ramener ce prix à son plafond").click()
    expect(insurer.page.get_by_label(NEW_PRICE)).to_have_value("49,23")
    expect(insurer.page.locator("h1")).to_contain_text("tous les prix respectent les engagements")
    for button in ("Notifier à Grenoble", "Continuer", "Notifier à Grenoble"):
        insurer.press(button)
    assert insurer.title == "Grenoble a reçu la grille « hausse-rectifiee »"


def both_stay(stage: Stage, town: Person, before: str) -> None:
    """The case is closed, both grids are in the history, and the day before still says what was known then."""
    mail = stage.mail("town", "est de nouveau tenu")
    town.go(stage.link(mail, "/ville/dossiers/"))
    town.wait("Corrigé")
    assert "Ce dossier est clos" in town.says
    town.go("/ville/tarifs")
    assert "rectifiée par hausse-rectifiee" in town.says
    on = effect(stage)
    assert "rompu" not in town.go("/ville/engagements").says.lower()
    town.go(f"/ville/engagements?connu_le={before}")
    assert "Ce n'est pas l'état d'aujourd'hui" in town.says
    assert f"rompu à partir du {on:%d/%m/%Y}" in town.says
    assert f"Rompu depuis le {on:%d/%m/%Y}" in town.go(f"/ville/engagements?au={on}&connu_le={before}").says
    assert "49,74 €" not in words(town.go("/ville").page.locator(".prose").first.inner_text())


@BOTH
def test_the_town_looks_at_its_letter_sends_it_and_both_keep_it(
    stage: Stage, chromium: Browser, viewport: Any
) -> None:
    with someone(stage, chromium, "insurer", viewport) as insurer:
        notify_too_dear(stage, insurer)
    stage.next_day()
    with someone(stage, chromium, "town", viewport) as town:
        town.go(stage.link(stage.mail("town", "dépasse un plafond"), "/ville/dossiers/"))
        case = town.page.url
        town.open(re.compile("Préparer la lettre"))
        draft = town.fetch(f"{case.removeprefix(stage.address)}/mise-en-demeure.pdf").body()
        assert "0,51" in read(draft)
        assert stage.topics("case.formal_notice%") == []
        town.page.fill("#recipient", "Mutuelle du Test\n1 rue de la Cloche\n38000 Grenoble")
        town.page.fill("#signatory", "Camille Martin\nMaire de Grenoble")
        town.press("Enregistrer comme envoyée")
        town.wait("Mise en demeure")
        kept = town.fetch(f"{case.removeprefix(stage.address)}/mise-en-demeure.pdf").body()
        assert "1 rue de la Cloche" in read(kept)
        assert (stage.today + timedelta(days=30)).strftime("%d/%m/%Y") in town.says
    with someone(stage, chromium, "insurer", viewport) as insurer:
        insurer.go(stage.link(stage.mail("insurer", "vous met en demeure"), "/dossiers/"))
        letter = insurer.page.get_by_role("link", name="La mise en demeure reçue").get_attribute("href") or ""
        assert insurer.fetch(letter).body() == kept
    for stranger in ("rival", "other_town", "grouping_elsewhere"):
        with someone(stage, chromium, stranger, viewport) as other:
            other.go("/")
            for address in (letter, f"{case.removeprefix(stage.address)}/mise-en-demeure.pdf"):
                assert other.fetch(address).status == 404, (stranger, address)


def read(content: bytes) -> str:
    """What a PDF with pages says."""
    pages = PdfReader(io.BytesIO(content)).pages
    assert len(pages) > 0
    return words(" ".join(page.extract_text() for page in pages))
