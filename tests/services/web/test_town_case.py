"""A case as the town reads and moves it: every step is a form that states its effect, and the page shows it after."""

import io
from typing import Any

import pytest
from werkzeug.test import TestResponse

from projections.compliance import case_queries
from services.commands import cases as moves
from tests.services.web.conftest import Browser, Pages, plain, title
from tests.support import townscape
from tests.support.cast import ACCORD, GRENOBLE, RIVAL_ACCORD, SIREN
from tests.support.judging import TOWN
from tests.support.townscape import PDF, Townscape


@pytest.fixture
def town(pages: Pages) -> Townscape:
    return townscape.broken_cap(pages.here)


@pytest.fixture
def case(town: Townscape) -> str:
    rows = town.here.parts.views.read(
        TOWN, lambda r: case_queries.cases(r, GRENOBLE, [ACCORD, RIVAL_ACCORD], open_only=True)
    )
    return f"/ville/dossiers/{next(row.id for row in rows if row.commitment == 'plafond')}"


def attach(browser: Browser, path: str, **typed: Any) -> TestResponse:
    """Send the form of a page with a file."""
    data = {**browser.hidden(path), **typed, "piece": (io.BytesIO(PDF), "avis.pdf", "application/pdf")}
    return browser.client.post(path, data=data, content_type="multipart/form-data")


def explain(town: Townscape, case: str) -> None:
    command = moves.ExplainCase(case=case.rpartition("/")[2], text="La taxe a augmenté.")
    moves.explain(town.ledger, GRENOBLE, ACCORD, command, town.ask())
    town.here.follow()


def test_the_case_says_what_was_promised_what_happened_and_who_must_act(pages: Pages, case: str) -> None:
    answer = pages.of("town").get(case)
    text = plain(answer)
    assert title(answer) == "Le plafond de 3 % par année de convention est dépassé de 0,51 € par mois"
    assert (
        "Deux hausses en une année de convention : 2,01 % en octobre 2026, puis 2,01 % en février 2027."
        in text
    )
    assert "Chacune est sous 3 %, mais ensemble elles font 4,06 %." in text
    assert "47,80 € × 1,03 = 49,234 €, arrondi au centime : 49,23 €. 49,74 € − 49,23 € = 0,51 €" in text
    assert "Mutuelle du Test doit expliquer ou corriger" in text
    assert "09/12/2026, dans 14 jours" in text
    assert "(+1,04 %)" in text
    assert "beffroi assess calcul.json" in text
    assert f"/ville/engagements/{SIREN}/c1/calcul.json" in text
    assert "Résilier la convention : possible à partir du 09/12/2026" in text


def test_disputing_gives_the_insurer_its_days_again(pages: Pages, town: Townscape, case: str) -> None:
    browser = pages.of("town")
    path = f"{case}/contestation"
    assert "Un nouveau délai de 15 jours commence" in browser.text(path)
    empty = browser.send(path, text=" ")
    assert empty.status_code == 422
    assert "Écrivez vos raisons : l'organisme les lit." in plain(empty)
    answer = attach(browser, path, text="L'article 5.2 ne dit pas cela.")
    town.here.follow()
    text = browser.follow(answer)
    assert "L'article 5.2 ne dit pas cela." in text
    assert "avis.pdf" in text
    assert "Contesté" in text
    assert title(browser.get("/ville")) == "Deux engagements sur six sont tenus. Un est contesté."
    assert browser.get(path).status_code == 404
    assert "contestation" not in text.partition("Ce que vous pouvez faire")[2].partition("</section>")[0]


def test_a_second_click_disputes_once(pages: Pages, town: Townscape, case: str) -> None:
    browser = pages.of("town")
    form = {**browser.hidden(f"{case}/contestation"), "text": "Non."}
    answers = [browser.client.post(f"{case}/contestation", data=form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    town.here.follow()
    assert (
        browser.text(case).count("<strong>La ville conteste</strong>") == 2
    )  # its text, and its line of the procedure


def test_accepting_without_exemption_closes_the_case(pages: Pages, town: Townscape, case: str) -> None:
    explain(town, case)
    browser = pages.of("town")
    assert "accepter ou contester" in browser.text("/ville")
    assert "un attend votre réponse" in plain(
        browser.get("/ville/dossiers")
    ) or "et attend votre réponse" in plain(browser.get("/ville/dossiers"))
    answer = browser.send(f"{case}/acceptation", text="Vu l'écart.")
    town.here.follow()
    text = browser.follow(answer)
    assert "Accepté" in text
    assert "Ce dossier est clos" in text
    assert "dépassement accepté par la ville" in browser.text("/ville/engagements")


def test_accepting_with_an_exemption_grants_just_what_the_case_needs(
    pages: Pages, town: Townscape, case: str
) -> None:
    browser, path = pages.of("town"), f"{case}/acceptation"
    assert "les plafonds sont multipliés par 49,74 ÷ 49,23, soit +1,04 %" in browser.text(path)
    short = browser.send(path, text="Taxe.", with_exemption="1", kind="TAX", valid_to="2020-01-01")
    assert "Écrivez qui a décidé" in plain(short)
    assert "La dérogation finit un jour à venir." in plain(short)
    answer = attach(
        browser, path, text="Taxe.", with_exemption="1", kind="TAX", decided_by="Conseil municipal",
        council_reference="2026-88",
    )  # fmt: skip
    town.here.follow()
    assert "avec une dérogation" in browser.follow(answer)
    home = browser.text("/ville")
    assert "accordée le 25/11/2026 par : Conseil municipal (2026-88)" in home
    exemption = home.partition("/ville/derogations/")[2].partition('"')[0]
    text = browser.text(f"/ville/derogations/{exemption}")
    assert "La dérogation est accordée" in text
    assert "Passe" in text
    assert "49,23 €" in text
    assert "avis.pdf" in text


def test_the_convention_is_not_ended_while_the_insurer_may_explain(pages: Pages, case: str) -> None:
    answer = pages.of("town").send(f"{case}/resiliation", given_on="2026-11-25")
    assert answer.status_code == 422
    assert "Rien n'est encore enregistré" in plain(answer)


def test_giving_notice_says_its_date_and_article_first(pages: Pages, town: Townscape, case: str) -> None:
    town.on("2026-12-11")
    browser, path = pages.of("town"), f"{case}/resiliation"
    text = browser.text(path)
    assert "prend fin le <strong>11/06/2027</strong>" in text
    assert "Chaque partie peut résilier avec six mois de préavis." in text
    late = browser.send(path, given_on="2027-01-01")
    assert "La date est à venir." in plain(late)
    wrong = browser.send(path, given_on="hier")
    assert "Écrivez une date, par exemple 25/11/2026." in plain(wrong)
    answer = browser.send(path, given_on="2026-12-11", detail="La confiance est rompue.")
    town.here.follow()
    text = browser.follow(answer)
    assert "Résiliation notifiée" in text
    assert "Dernier jour de la convention avec Mutuelle du Test" in text
    assert "11/06/2027" in text
    assert "résiliée par la ville" in browser.text("/ville")


def test_a_silent_insurer_is_late_on_the_page(pages: Pages, town: Townscape, case: str) -> None:
    town.on("2026-12-12")
    text = pages.of("town").text(case)
    assert "Mutuelle du Test n'a rien expliqué à temps" in text
    assert "échu depuis 3 jours" in text


def test_a_correction_heals_the_case_and_both_grids_stay(pages: Pages, town: Townscape, case: str) -> None:
    town.notify("g2027bis", "2027-02-01", "33.20", "49.20", corrects="g2027")
    town.here.follow()
    browser = pages.of("town")
    assert "Corrigé" in browser.text(case)
    assert "corrigé le 25/11/2026" in browser.text("/ville")
    tariffs = browser.text("/ville/tarifs")
    assert "rectifiée par g2027bis" in tariffs
    assert "l'a remplacée ; celle-ci reste au registre" in browser.text(f"/ville/tarifs/{SIREN}/g2027")


def test_an_old_address_of_a_breach_leads_to_its_case(pages: Pages, town: Townscape, case: str) -> None:
    with town.here.parts.databases.project.connection() as connection:
        row = connection.execute(
            "select stream from ledger.event where topic like 'breach.detected.%'"
        ).fetchone()
    assert row is not None
    answer = pages.of("town").get(f"/ville/alertes/{row[0].rpartition('/')[2]}")
    assert answer.headers["Location"] == case
    assert pages.of("other_town").get(f"/ville/alertes/{row[0].rpartition('/')[2]}").status_code == 404


def test_a_stranger_finds_no_case(pages: Pages, case: str) -> None:
    for who in ("other_town", "rival", "insurer", "operator"):
        browser = pages.of(who)
        for path in (case, f"{case}/contestation", f"{case}/acceptation", f"{case}/resiliation"):
            assert browser.get(path).status_code == 404, (who, path)


def test_cases_are_filtered_and_exported_as_shown(pages: Pages, case: str) -> None:
    browser = pages.of("town")
    assert "Aucun dossier ne répond à ce filtre" in browser.text("/ville/dossiers?tour=town")
    assert case in browser.text("/ville/dossiers?etat=detected")
    csv = browser.get("/ville/dossiers.csv?etat=detected").get_data().decode("utf-8-sig")
    assert csv.count("\r\n") == 2
    assert "Le plafond de 3" in csv
    assert browser.get("/ville/dossiers.csv?etat=accepted").get_data().decode().count("\r\n") == 1
    assert "Aucun dossier n'a jamais été ouvert" in pages.of("other_town").text("/ville/dossiers")
