"""The tariff studio without a script: drafts, trials, uploads, and what two tabs do to each other."""

import io
import re

import pytest
from werkzeug.test import TestResponse

from domain.tariffs.assess import ASSESS_VERSION, BROKEN, VERSIONS, CellId, read_scenario
from services.commands import membership, partnerships, tariffs
from services.web import sheets
from services.web.studio.draft import field_of
from tests.services.web.conftest import Browser, Pages, fields, plain, title
from tests.services.web.test_sheets import workbook
from tests.support import cast
from tests.support.cast import ACCORD, CACHAN, GRENOBLE, INSURER, ask

YOUNG = field_of(CellId("N1", "general", "adult", 0, 49))
OLD = field_of(CellId("N1", "general", "adult", 50, None))
TYPED = {YOUNG: "31,86", OLD: "47,80"}


@pytest.fixture
def insurer(pages: Pages) -> Browser:
    """The insurer, with a grid in force and a member of 72 in Grenoble."""
    ledger = pages.here.parts.ledger
    partnerships.declare(ledger, GRENOBLE, ACCORD, cast.declaration(), ask())
    partnerships.confirm(ledger, GRENOBLE, ACCORD, cast.confirmation(), ask())
    tariffs.notify(ledger, GRENOBLE, ACCORD, cast.grid(), ask())
    membership.join(ledger, GRENOBLE, INSURER, cast.member(joined_on=cast.NOW.date()), ask())
    pages.here.follow()
    return pages.of("insurer")


def begun(browser: Browser, **typed: str) -> str:
    """The address of a new draft."""
    answer = browser.send(
        "/tarifs/nouveau", **{"name": "2026-05", "effective_on": "2026-05-01", "commune": "38185", **typed}
    )
    assert answer.status_code == 303, plain(answer)
    return str(answer.headers["Location"])


def sent(browser: Browser, address: str, page: TestResponse | None = None, /, **typed: str) -> TestResponse:
    """The studio's form with what is typed on top of what it held; `page` is what somebody saw when they began."""
    seen = page or browser.get(address)
    held = {
        "name": "2026-05", "effective_on": "2026-05-01", "ville": "38185", "reason": "", "paste": "", **TYPED,
    }  # fmt: skip
    return browser.client.post(address, data={**fields(seen), **held, **typed})


def live(browser: Browser, address: str, **typed: str) -> TestResponse:
    """The same as a script sends it while people type."""
    form = {**fields(browser.get(address)), "name": "2026-05", "effective_on": "2026-05-01", **TYPED, **typed}
    return browser.client.post(address, data=form, headers={"HX-Request": "true"})


def test_a_draft_begins_from_the_grid_in_force(insurer: Browser) -> None:
    assert (
        insurer.get("/communes/38185/grilles/nouvelle").headers["Location"] == "/tarifs/nouveau?commune=38185"
    )
    form = insurer.text("/tarifs/nouveau?commune=38185")
    assert '<option value="38185" selected>' in form
    text = insurer.text(begun(insurer))
    assert "Essai à blanc : tous les prix respectent les engagements" in text
    assert 'value="31,86"' in text
    assert "49,23 €" in text  # what three percent allow


def test_a_draft_begins_from_a_grid_to_correct(insurer: Browser) -> None:
    form = insurer.text("/tarifs/nouveau?commune=38185&corrige=g1")
    assert "Corriger la grille « g1 »" in form
    assert 'value="g1-rectifiee"' in form
    assert 'value="2024-10-01"' in form
    assert insurer.get("/tarifs/nouveau?commune=38185&corrige=zz").status_code == 404


def test_without_a_grid_a_draft_begins_from_a_paste_or_says_so(insurer: Browser, pages: Pages) -> None:
    ledger = pages.here.parts.ledger
    partnerships.declare(ledger, CACHAN, ACCORD, cast.declaration("c2"), ask())
    pages.here.follow()
    answer = insurer.send("/tarifs/nouveau", name="x", commune="94016")
    assert answer.status_code == 422
    assert "Aucune grille n'est notifiée à Cachan" in plain(answer)
    nothing = insurer.send("/tarifs/nouveau", name="", commune="")
    assert "Donnez un nom à la grille" in plain(nothing)
    assert "Choisissez une commune dont partir" in plain(nothing)
    text = insurer.text(begun(insurer, commune="94016", paste="Âge;N1;N2\n18 à 40 ans;10;20"))
    assert "N2, 18 à 40 ans" in text


def test_the_dry_run_names_every_price_above_its_limit(insurer: Browser) -> None:
    address = begun(insurer)
    text = insurer.follow(sent(insurer, address, **{OLD: "49,74"}))
    assert "Essai à blanc : un prix dépasse un engagement" in text
    assert "Rompu de 0,51 €" in text
    assert "Mettre 49,23 €" in text
    assert "Art. 5" in text
    assert "Ramenez ce prix à son plafond, ou écrivez le motif." in text


def test_figures_are_of_the_insurers_own_members(insurer: Browser) -> None:
    address = begun(insurer)
    text = insurer.follow(sent(insurer, address, **{OLD: "49,74", YOUNG: "32,00"}))
    assert "<dd>1</dd><dd>sur 1, dont 1 au-dessus d'un engagement</dd>" in text
    assert "de 47,80 € à 49,74 €, soit +4,06 %" in text
    assert "+1,43 € au plus haut prix permis" in text


def test_prices_are_brought_down_to_their_limits_on_demand(insurer: Browser) -> None:
    address = begun(insurer)
    dear = {OLD: "49,74", YOUNG: "40"}
    one = insurer.follow(sent(insurer, address, fix=OLD, **dear))
    assert 'value="49,23"' in one
    assert 'value="40,00"' in one
    every = insurer.follow(sent(insurer, address, do="lower", **dear))
    assert "tous les prix respectent les engagements" in every
    assert 'value="32,82"' in every


def test_a_price_that_cannot_be_read_is_kept_and_told_and_nothing_is_saved(insurer: Browser) -> None:
    address = begun(insurer)
    answer = sent(insurer, address, **{OLD: "beaucoup", YOUNG: "32"})
    text = plain(answer)
    assert answer.status_code == 422
    assert title(answer) == "Essai en attente : une valeur à corriger"
    assert 'value="beaucoup"' in text
    assert "N1, 50 ans et plus : Écrivez un prix comme 49,74." in text
    assert "Pas encore enregistré" in text
    assert 'value="31,86"' in insurer.text(address)


def test_every_other_mistake_is_told_beside_its_field_too(insurer: Browser) -> None:
    address = begun(insurer)
    answer = sent(insurer, address, name="", effective_on="jeudi", decided_on="x", declared_rise="trop")
    text = plain(answer)
    assert answer.status_code == 422
    assert title(answer) == "Essai en attente : quatre valeurs à corriger"
    assert text.count("Écrivez une date comme 25/11/2026.") == 4  # in the summary and beside each
    assert 'value="jeudi"' in text
    assert "Écrivez un pourcentage comme 2,9" in text


def test_while_people_type_only_the_studio_comes_back(insurer: Browser) -> None:
    address = begun(insurer)
    answer = live(insurer, address, **{OLD: "49,74"})
    assert "<html" not in plain(answer)
    assert "Rompu de 0,51 €" in plain(answer)
    assert 'name="version" value="2"' in plain(answer)
    assert "data-set" not in plain(answer)
    lowered = live(insurer, address, do="lower", **{OLD: "49,74"})
    assert re.search(r'value="49,23"[^>]*data-set', plain(lowered))


def test_a_second_tab_is_told_and_loses_nothing(insurer: Browser) -> None:
    address = begun(insurer)
    seen = insurer.get(address)
    assert sent(insurer, address, seen, **{OLD: "48,00"}).status_code == 303
    late = sent(insurer, address, seen, **{OLD: "49,00"})
    text = plain(late)
    assert late.status_code == 409
    assert "Ce brouillon a été enregistré ailleurs" in text
    assert 'value="49,00"' in text
    assert 'value="48,00"' in insurer.text(address)
    over = re.search(r'name="over" value="(\d+)"', text)
    assert over is not None
    assert 'value="49,00"' in insurer.follow(sent(insurer, address, seen, over=over[1], **{OLD: "49,00"}))


def test_the_same_words_from_two_tabs_are_no_conflict(insurer: Browser) -> None:
    address = begun(insurer)
    seen = insurer.get(address)
    for _ in range(2):
        assert sent(insurer, address, seen, **{OLD: "48,00"}).status_code == 303


def test_a_workbook_replaces_the_prices(insurer: Browser) -> None:
    address = begun(insurer)
    content = workbook(
        ("Cachée", True, [["x"]]),
        ("2027", False, [["Âge", "N1", "N9"], ["50 ans et plus", 48.5, "=B2/4"]]),
    )
    data = {**fields(insurer.get(address)), "name": "2026-05", "ville": "38185", "do": "read", **TYPED}
    answer = insurer.client.post(address, data={**data, "file": (io.BytesIO(content), "grille.xlsx")})
    text = plain(answer)
    assert answer.status_code == 200, text
    assert "La feuille « 2027 », première visible, est lue" in text
    saved = insurer.text(address)
    assert 'value="48,50"' in saved
    assert 'value="12,50"' in saved
    assert "31,86" not in saved


def test_every_fault_of_an_import_is_told_and_the_paste_is_kept(insurer: Browser) -> None:
    address = begun(insurer)
    paste = "Formule;Âge;Prix\nN1;abc;3\nN1;50 ans et plus;x"
    answer = sent(insurer, address, do="read", paste=paste)
    text = plain(answer)
    assert answer.status_code == 422
    assert "Cellule B2 : « abc » n'est pas une tranche d'âge" in text
    assert "Cellule C3 : « x » n'est pas un prix" in text
    assert "N1;abc;3" in text
    assert 'value="31,86"' in insurer.text(address)


def test_a_file_that_is_too_large_is_refused(insurer: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "LARGEST", 1_000)
    address = begun(insurer)
    data = {**fields(insurer.get(address)), "name": "x", "do": "read"}
    answer = insurer.client.post(address, data={**data, "file": (io.BytesIO(b"1;2\n" * 600), "g.csv")})
    assert answer.status_code == 422
    assert "Ce fichier dépasse 2 Mo" in plain(answer)


def test_a_justification_is_filed_with_the_insurer_and_named(insurer: Browser, pages: Pages) -> None:
    address = begun(insurer)
    data = {
        **fields(insurer.get(address)), **TYPED, "name": "2026-05", "effective_on": "2026-05-01", "do": "proof",
    }  # fmt: skip
    none = insurer.client.post(address, data=data)
    assert "Choisissez un fichier." in plain(none)
    wrong = insurer.client.post(
        address, data={**data, "proof": (io.BytesIO(b"MZ"), "a.pdf", "application/pdf")}
    )
    assert wrong.status_code == 422
    good = insurer.client.post(
        address, data={**data, "proof": (io.BytesIO(b"%PDF-1.7 x"), "vote.pdf", "application/pdf")}
    )
    assert good.status_code == 303, plain(good)
    pages.here.follow()
    assert "Justificatif joint : vote.pdf" in insurer.text(address)


def test_what_else_is_said_of_a_grid_is_kept(insurer: Browser) -> None:
    address = begun(insurer)
    said = {
        "decided_by": "Conseil",
        "decided_on": "02/03/2026",
        "reason": "Sinistres",
        "declared_rise": "2,9 %",
    }
    text = insurer.follow(sent(insurer, address, **said))
    for value in ('value="Conseil"', 'value="2026-03-02"', "Sinistres", 'value="2,9"'):
        assert value in text
    assert 'value="N1 : 2,5"' in insurer.follow(sent(insurer, address, declared_rise="N1 : 2,5"))
    refused = sent(insurer, address, declared_rise="N7 : 2,5")
    assert refused.status_code == 422
    assert "La hausse annoncée est un pourcentage" in plain(refused)


def test_drafts_are_listed_with_their_trial_and_given_up(insurer: Browser, pages: Pages) -> None:
    address = begun(insurer)
    sent(insurer, address, **{OLD: "49,74"})
    pages.here.follow()
    text = insurer.text("/tarifs")
    assert "1 grille en préparation" in text
    assert "1 prix au-dessus à Grenoble" in text
    exported = insurer.get("/tarifs.csv").get_data().decode("utf-8-sig")
    assert exported.split("\r\n")[1].startswith("2026-05;2;01/05/2026;Grenoble;")
    assert "elle quitte vos brouillons" in insurer.text(f"{address}/abandon")
    insurer.send(f"{address}/abandon")
    pages.here.follow()
    assert "Aucune grille en préparation" in insurer.text("/tarifs")
    assert insurer.get(address).status_code == 404


def test_an_exported_trial_is_read_again_as_a_grid(insurer: Browser) -> None:
    address = begun(insurer)
    exported = insurer.get(f"{address}/essai.xlsx?ville=38185").get_data()
    data = {**fields(insurer.get(address)), "name": "2026-05", "ville": "38185", "do": "read", **TYPED}
    answer = insurer.client.post(address, data={**data, "file": (io.BytesIO(exported), "essai.xlsx")})
    assert answer.status_code == 303, plain(answer)
    assert "N1, 50 ans et plus" in insurer.follow(answer)


def test_nobody_else_sees_a_draft(insurer: Browser, pages: Pages) -> None:
    address = begun(insurer)
    pages.here.follow()
    for path in (address, f"{address}/notifier", f"{address}/communes", f"{address}/resultat"):
        assert pages.of("rival").get(path).status_code == 404
        assert pages.of("town").get(path).status_code == 404
    assert "2026-05" not in pages.of("rival").text("/tarifs")


def test_a_field_that_is_no_price_of_a_grid_is_left_out(insurer: Browser) -> None:
    address = begun(insurer)
    odd = {field_of(CellId("N1", "general", "king", 0, None)): "1", 'prix ["N1"]': "2", "prix [": "3"}
    saved = insurer.follow(sent(insurer, address, **odd))
    assert saved.count("Nouveau prix, N1") == 2


def test_a_trial_can_be_checked_with_its_scenario_file(insurer: Browser) -> None:
    address = begun(insurer)
    sent(insurer, address, **{OLD: "49,74"})
    assert f"{address}/essai.json?ville=38185" in insurer.text(address)
    scenario = read_scenario(insurer.get(f"{address}/essai.json?ville=38185").json)
    broken = [
        one for one in VERSIONS[ASSESS_VERSION](scenario) if one.grid == "2026-05" and one.verdict in BROKEN
    ]
    assert [one.excess for one in broken] == [51]
    assert (
        insurer.get(f"{address}/essai.json?ville=94016").status_code == 200
    )  # its own town, as none answers
