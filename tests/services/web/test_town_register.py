"""The register: where each commitment stands, on any day, as known at any instant, and the file to check it."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from services.cli_assess import assess
from tests.services.web.conftest import Pages, plain, title
from tests.support import townscape
from tests.support.cast import RIVAL_SIREN, SIREN
from tests.support.townscape import Townscape

CAP = f"/ville/engagements/{SIREN}/c1/plafond"


@pytest.fixture
def town(pages: Pages) -> Townscape:
    return townscape.whole_town(pages.here)


def bricks(text: str) -> list[str]:
    """The states of the first course of bricks, in order; what has no state is empty."""
    course = text.partition('<ol class="course"')[2].partition("</ol>")[0]
    return re.findall(r'<li(?: data-state="(\w+)")?>', course)


def test_the_first_page_answers_and_shows_the_worst_first(pages: Pages, town: Townscape) -> None:
    answer = pages.of("town").get("/ville")
    text = plain(answer)
    assert title(answer) == "Quatre engagements sur huit sont tenus. Un est rompu."
    assert bricks(text) == [
        "broken",
        "undecidable",
        "undecidable",
        "exempted",
        "kept",
        "kept",
        "kept",
        "",
        "",
        "",
    ]
    assert "Mutuelle du Test annonce 49,74 € par mois à partir du 01/02/2027" in text
    assert "Explication due le 09/12/2026, dans 14 jours" in text
    assert "Dérogation demandée par Mutuelle du Test" in text
    assert "Avenant de la convention avec Mutuelle du Test" in text
    assert "Ce que la ville a promis" in text
    assert "À constater ensemble" in text
    assert "plus de 400 adhérents" in text
    assert "Vos partenaires, côte à côte" in text
    assert "Adhérents</dt><dd>23</dd>" in text
    assert f"/ville/engagements/{SIREN}/c1/calcul.json" in text


def test_an_exemption_names_who_decided_it(pages: Pages, town: Townscape) -> None:
    assert "accordée le 10/07/2025 par : Conseil municipal (2025-201)" in pages.of("town").text(
        "/ville/engagements"
    )


def test_the_register_of_another_day_knows_what_was_known_then(pages: Pages, town: Townscape) -> None:
    browser = pages.of("town")
    before = browser.text("/ville/engagements?au=2025-12-01&connu_le=2025-06-25T10:00")
    assert "État au 01/12/2025, tel que connu le 25/06/2025 à 10 h" in before
    assert "Ce n'est pas l'état d'aujourd'hui" in before
    assert "Mutuelle Rivale" not in before  # it came later
    assert 'data-state="broken"' in before  # the exemption had not been granted
    after = browser.text("/ville/engagements?au=2025-12-01")
    assert 'data-state="broken"' not in after
    assert 'data-state="exempted"' in after
    assert "Ouvrir le dossier" not in after


def test_before_the_convention_there_is_nothing_to_keep(pages: Pages, town: Townscape) -> None:
    text = pages.of("town").text("/ville/engagements?connu_le=2024-01-01T10:00")
    assert "Aucune convention n'était confirmée à cette date" in text


def test_a_date_that_cannot_be_read_is_said_beside_its_field(pages: Pages, town: Townscape) -> None:
    answer = pages.of("town").get("/ville/engagements?au=demain")
    assert answer.status_code == 422
    text = plain(answer)
    assert "<title>Erreur : " in text
    assert '<a href="#au">Écrivez une date' in text
    assert 'value="demain"' in text


@pytest.mark.parametrize("dates", ["", "?au=2025-12-01&connu_le=2025-06-25T10:00"])
def test_the_file_has_the_lines_of_the_screen(pages: Pages, town: Townscape, dates: str) -> None:
    browser = pages.of("town")
    shown = browser.text(f"/ville/engagements{dates}")
    lines = browser.get(f"/ville/engagements.csv{dates}").get_data().decode("utf-8-sig").split("\r\n")[1:-1]
    assert f"Exporter ces {len(lines)} lignes" in shown
    assert len(lines) == shown.count('<span class="register-article">')
    assert {line.split(";")[1] for line in lines} == {"Organisme", "Ville"}


def test_a_commitment_says_its_clause_its_parameters_and_every_price(pages: Pages, town: Townscape) -> None:
    text = pages.of("town").text(CAP)
    assert "la hausse ne peut excéder 3 % par année de convention." in text
    assert "<dt>Hausse permise</dt><dd>3 %</dd>" in text
    assert "0,47 € de marge" in text
    assert "0,51 € de trop" in text
    assert "Ce qui vient ensuite" in text
    assert "Ouvrir le dossier" in text


def test_a_commitment_tells_what_was_said_of_it_and_why(pages: Pages, town: Townscape) -> None:
    text = pages.of("town").text(CAP).partition("Ce qui en a été dit")[2]
    assert text.index("<strong>Rompu</strong>") < text.index("<strong>Tenu</strong>")
    assert "Une grille est notifiée, écriture n°" in text
    known = pages.of("town").text(f"{CAP}?connu_le=2026-06-30T10:00")
    assert "<strong>Rompu</strong>" not in known
    assert "0,51 € de trop" not in known
    assert "Revenir à aujourd'hui" in known


def test_what_is_missing_for_a_verdict_is_named(pages: Pages, town: Townscape) -> None:
    text = pages.of("town").text(f"/ville/engagements/{SIREN}/c1/indice")
    assert "Sans verdict" in text
    assert "n'était pas publié" in text


def test_the_calculation_can_be_done_again_with_the_file_alone(
    pages: Pages, town: Townscape, tmp_path: Path
) -> None:
    answer = pages.of("town").get(f"/ville/engagements/{SIREN}/c1/calcul.json")
    assert answer.mimetype == "application/json"
    scenario = json.loads(answer.get_data())
    assert scenario["headcounts"] == []
    file = tmp_path / "calcul.json"
    file.write_bytes(answer.get_data())
    result = CliRunner().invoke(assess, ["--json", str(file)])
    assert result.exit_code == 1
    broken = [each for each in json.loads(result.output)["findings"] if each["verdict"] == "VIOLATION"]
    assert {each["commitment"] for each in broken if each["from"] > "2026-12-31"} == {"plafond"}


def test_strangers_find_no_commitment_and_an_unknown_one_is_not_there(pages: Pages, town: Townscape) -> None:
    calculation = f"/ville/engagements/{SIREN}/c1/calcul.json"
    assert pages.of("other_town").get(CAP).status_code == 404
    assert pages.of("other_town").get(calculation).status_code == 404
    assert pages.of("insurer").get(CAP).status_code == 404
    browser = pages.of("town")
    assert browser.get(f"/ville/engagements/{SIREN}/c1/rien").status_code == 404
    assert browser.get(f"/ville/engagements/{RIVAL_SIREN}/c1/plafond").status_code == 404


def test_a_town_without_a_convention_is_told_what_comes_first(pages: Pages) -> None:
    browser = pages.of("other_town")
    assert "le registre s'ouvre quand vous en confirmez une" in browser.text("/ville/engagements")
    assert title(browser.get("/ville")) == "Aucune mutuelle communale n'est encore déclarée ici."
    assert "il n'y a pas encore de tarif" in browser.text("/ville/tarifs")
    assert "il n'y a personne avec qui partager" in browser.text("/ville/documents")


def test_every_grid_says_who_decided_it_and_what_it_corrects(pages: Pages, town: Townscape) -> None:
    browser = pages.of("town")
    text = browser.text("/ville/tarifs")
    assert "Conseil d'administration" in text
    assert "rectifie g2026-erreur" in text
    assert "rectifiée par g2026" in text
    csv = browser.get("/ville/tarifs.csv").get_data().decode("utf-8-sig")
    assert csv.count("\r\n") == 1 + 5 + 2
    detail = browser.text(f"/ville/tarifs/{SIREN}/g2026")
    assert "Décidée" in detail
    assert "« g2026-erreur »" in detail


def test_the_history_of_a_price_is_that_of_the_cell_chosen(pages: Pages, town: Townscape) -> None:
    browser = pages.of("town")
    usual = browser.text("/ville/tarifs")
    assert "49,74 € annoncés pour février 2027" in usual
    assert "Dérogation 49,19 €" in usual
    young = browser.text(f"/ville/tarifs?organisme={SIREN}&prix=Niveau 1~general~adult~0~49")
    assert "33,20 € annoncés pour février 2027" in young
    assert "Le prix dépasse son plafond" not in young.partition("Mutuelle Rivale")[0]


def test_two_grids_are_compared_price_by_price(pages: Pages, town: Townscape) -> None:
    browser = pages.of("town")
    text = browser.text(f"/ville/tarifs/{SIREN}/comparaison?de=g2024&a=g2027")
    assert "de « g2024 » à « g2027 »" in text
    assert "+3,33 €" in text
    assert "+7,18 %" in text
    assert pages.of("other_town").get(f"/ville/tarifs/{SIREN}/comparaison").status_code == 404
