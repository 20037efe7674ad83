"""What a town decides: exemptions, amendments; and the documents that it shares."""

import io

import pytest
from werkzeug.test import TestResponse

from tests.services.web.conftest import Browser, Pages, fields, plain, title
from tests.support import townscape
from tests.support.cast import RIVAL_SIREN, SIREN
from tests.support.townscape import PDF, Townscape

ASKED = "/ville/derogations/taxe-2027"
AMENDMENT = "/ville/avenants/a1"


@pytest.fixture
def town(pages: Pages) -> Townscape:
    return townscape.whole_town(pages.here)


def decide(browser: Browser, page: str, what: str, **typed: object) -> TestResponse:
    """Send one of the forms of a page."""
    return browser.client.post(f"{page}/{what}", data={**fields(browser.get(page)), **typed})


GRANT = {
    "decided_by": "Conseil municipal",
    "decided_on": "2026-11-25",
    "percent": "1,81",
    "valid_from": "2027-02-01",
}


def test_a_request_says_its_factor_in_words_and_what_it_would_let_pass(pages: Pages, town: Townscape) -> None:
    text = pages.of("town").text(ASKED)
    assert "les plafonds sont multipliés par 1,1532 ÷ 1,1327, soit +1,81 %, à partir du 01/02/2027" in text
    assert "La taxe sur les contrats augmente." in text
    assert "motif.pdf" in text
    for figure in ("49,23 €", "50,12 €", "49,74 €", "Passe", "sous le plafond sans elle"):
        assert figure in text


def test_what_is_granted_as_asked_keeps_the_exact_factor(pages: Pages, town: Townscape) -> None:
    browser = pages.of("town")
    answer = decide(browser, ASKED, "accord", **GRANT, council_reference="2026-99")
    town.here.follow()
    text = browser.follow(answer)
    assert "La dérogation est accordée" in text
    assert "1,1532 ÷ 1,1327" in text
    assert "2026-99" in text
    assert title(browser.get("/ville")).endswith("Aucun n'est rompu.")


def test_a_narrower_grant_leaves_what_it_does_not_reach_broken(pages: Pages, town: Townscape) -> None:
    browser = pages.of("town")
    answer = decide(browser, ASKED, "accord", **{**GRANT, "percent": "0,5", "valid_to": "2027-12-31"})
    town.here.follow()
    text = browser.follow(answer)
    assert "les plafonds sont multipliés par 1,005, soit +0,5 %, du 01/02/2027 au 31/12/2027" in text
    assert "<dt>Demandée</dt>" in text
    assert "Un est rompu." in browser.text("/ville")


def test_a_wrong_grant_is_told_beside_each_field_and_keeps_what_was_typed(
    pages: Pages, town: Townscape
) -> None:
    browser = pages.of("town")
    answer = decide(
        browser, ASKED, "accord", **{**GRANT, "percent": "beaucoup", "decided_by": "", "decided_on": "?"}
    )
    text = plain(answer)
    assert answer.status_code == 422
    assert "Écrivez un pourcentage, par exemple 1,81." in text
    assert "Écrivez qui a décidé" in text
    assert "Écrivez une date, par exemple 25/11/2026." in text
    assert 'value="beaucoup"' in text
    wider = decide(browser, ASKED, "accord", **{**GRANT, "percent": "5"})
    assert "Accordez ce qui est demandé, ou moins" in plain(wider)
    early = decide(browser, ASKED, "accord", **{**GRANT, "decided_on": "2027-01-01"})
    assert "La date de la décision est à venir." in plain(early)


def test_a_refusal_needs_its_reason_and_shows_it(pages: Pages, town: Townscape) -> None:
    browser = pages.of("town")
    assert "Écrivez pourquoi : l'organisme lit ce motif." in plain(decide(browser, ASKED, "refus"))
    answer = decide(browser, ASKED, "refus", reason="La taxe est déjà dans le prix.")
    town.here.follow()
    text = browser.follow(answer)
    assert "La dérogation est refusée" in text
    assert "La taxe est déjà dans le prix." in text
    assert "Votre décision" in text
    assert "/refus" not in text


def test_a_granted_exemption_is_revoked_from_a_day_on(pages: Pages, town: Townscape) -> None:
    browser, granted = pages.of("town"), "/ville/derogations/taxe-2025"
    assert "49,19 €" in browser.text(granted)
    past = decide(browser, granted, "revocation", revoked_on="2026-01-01", why="La taxe est supprimée.")
    assert "Une dérogation se révoque à partir d'aujourd'hui." in plain(past)
    answer = decide(browser, granted, "revocation", revoked_on="2026-12-01", why="La taxe est supprimée.")
    town.here.follow()
    assert "à partir du 01/12/2026 : La taxe est supprimée." in browser.follow(answer)


def test_an_amendment_is_read_clause_by_clause(pages: Pages, town: Townscape) -> None:
    text = pages.of("town").text(AMENDMENT)
    assert "ne peut excéder 3 %" in text
    assert "ne peut excéder 2,5 %" in text
    assert "Cette clause disparaît." in text
    assert "30/09/2030" in text
    assert "6 mois" in text
    assert "4 mois" in text
    assert "Renégociation à mi-parcours." in text


def test_a_confirmed_amendment_counts_from_its_day(pages: Pages, town: Townscape) -> None:
    browser = pages.of("town")
    answer = decide(browser, AMENDMENT, "confirmation", council_reference="2026-77")
    town.here.follow()
    text = browser.follow(answer)
    assert "L'avenant est confirmé" in text
    assert "2026-77" in text
    assert "Pas plus de 3 %" in browser.text("/ville/engagements")
    assert "Pas plus de 2,5 %" in browser.text("/ville/engagements?au=2027-10-01")


def test_an_amendment_is_refused_with_its_reason(pages: Pages, town: Townscape) -> None:
    browser = pages.of("town")
    assert "Écrivez ce qui est inexact" in plain(decide(browser, AMENDMENT, "refus"))
    answer = decide(browser, AMENDMENT, "refus", reason="Le préavis reste de six mois.")
    town.here.follow()
    assert "Le préavis reste de six mois." in browser.follow(answer)
    assert "Avenant de la convention" not in browser.text("/ville")


def test_a_document_is_filed_listed_and_read_again(pages: Pages, town: Townscape) -> None:
    browser = pages.of("town")
    assert "Mutuelle du Test, demande de dérogation « taxe-2027 »" in browser.text("/ville/documents")
    content = b"%PDF-1.7\n% le bilan\n"
    data = {
        **browser.hidden("/ville/documents"), "siren": SIREN, "about": "Bilan 2026",
        "piece": (io.BytesIO(content), "bilan.pdf", "application/pdf"),
    }  # fmt: skip
    answer = browser.client.post("/ville/documents", data=data, content_type="multipart/form-data")
    town.here.follow()
    text = browser.follow(answer)
    assert "bilan.pdf" in text
    assert "Bilan 2026" in text
    href = text.partition("bilan.pdf</a>")[0].rpartition('href="')[2].partition('"')[0]
    got = browser.get(href)
    assert got.get_data() == content
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert pages.of("other_town").get(href).status_code == 404
    assert browser.get(href.replace(SIREN, RIVAL_SIREN)).status_code == 404
    csv = browser.get("/ville/documents.csv").get_data().decode("utf-8-sig")
    assert csv.count("\r\n") == 3


def test_a_file_that_cannot_be_kept_says_why(pages: Pages, town: Townscape) -> None:
    browser = pages.of("town")

    def send(siren: str, content: bytes, name: str) -> str:
        data = {
            **browser.hidden("/ville/documents"), "siren": siren,
            "piece": (io.BytesIO(content), name, "application/pdf"),
        }  # fmt: skip
        answer = browser.client.post("/ville/documents", data=data, content_type="multipart/form-data")
        assert answer.status_code == 422
        return plain(answer)

    assert "n'est pas du type annoncé" in send(SIREN, b"MZ", "programme.pdf")
    assert "Choisissez l'organisme qui lira ce document." in send("", PDF, "a.pdf")
    assert "Choisissez un fichier." in send(SIREN, b"", "")


def test_strangers_find_neither_exemption_nor_amendment(pages: Pages, town: Townscape) -> None:
    for path in (ASKED, AMENDMENT):
        assert pages.of("other_town").get(path).status_code == 404
        assert pages.of("insurer").get(path).status_code == 404
        assert title(pages.of("rival").get(path)) == "Cette page n'existe pas, ou pas pour vous"
    assert pages.of("town").get("/ville/derogations/inconnue").status_code == 404
    assert pages.of("town").get("/ville/avenants/inconnu").status_code == 404


def test_notice_states_its_last_day_before_it_is_given_and_may_be_taken_back(
    pages: Pages, town: Townscape
) -> None:
    browser, path = pages.of("town"), f"/ville/conventions/{SIREN}/c1/preavis"
    wrong = browser.send(path, reason="OTHER", given_on="2027-01-01", do="check")
    assert "Écrivez le motif : l'organisme le lit." in plain(wrong)
    assert "La date est à venir." in plain(wrong)
    stated = browser.send(path, reason="NEEDS_CHANGED", given_on="2026-11-25", do="check")
    assert title(stated).startswith("La convention avec Mutuelle du Test s'arrêtera le 25 mai 2027")
    kept = browser.send(path, reason="NOT_RENEWED", given_on="2026-11-25", do="check")
    assert "le 30 septembre 2029" in title(kept)
    form = {**fields(stated), "do": "record"}
    answer = browser.client.post(path, data=form)
    town.here.follow()
    assert "Résiliation notifiée par la ville : dernier jour le 25 mai 2027" in browser.follow(answer)
    assert "résiliée par la ville" in browser.text("/ville")
    silent = decide(browser, path, "retrait")
    assert "Écrivez pourquoi vous retirez la résiliation" in plain(silent)
    back = decide(browser, path, "retrait", why="Un accord est trouvé.")
    town.here.follow()
    assert "Résilier la convention avec Mutuelle du Test" in browser.follow(back)
    assert pages.of("other_town").get(path).status_code == 404
    assert pages.of("insurer").get(path).status_code == 404
