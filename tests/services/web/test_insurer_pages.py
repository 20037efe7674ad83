"""The insurer's portfolio, deadlines, cases and town, told from a town where something of everything happened."""

import io
import re
from collections.abc import Iterator
from typing import Any

import pytest

from domain.tenancy import commune
from services.commands import partnerships
from tests.services.web.conftest import Browser, Pages, plain, title
from tests.support import cast
from tests.support.api import served
from tests.support.cast import ACCORD
from tests.support.townscape import Townscape, broken_cap, whole_town

TOWN = "/communes/38185"


@pytest.fixture(scope="module")
def world(clusters: Any) -> Iterator[Pages]:
    """Only read by the tests that share it."""
    with clusters(18).database() as database, served(database) as here:
        town = whole_town(here)
        partnerships.declare(town.ledger, commune("94016"), ACCORD, cast.declaration("c5"), town.ask())
        here.follow()
        yield Pages(here)


def case_path(pages: Pages) -> str:
    """The address of the case of the annual cap."""
    text = pages.of("insurer").text("/dossiers")
    found = [re.search(rf'"({TOWN}/dossiers/\w+)"', row) for row in text.split("<tr ") if "Art. 5.2" in row]
    assert found[0] is not None
    return found[0][1]


def rows(text: str) -> list[str]:
    """The lines of a page's tables, without their tags."""
    lines = re.findall(r'<tr role="row"[^>]*>(.*?)</tr>', text, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", line).split()) for line in lines]


def line(text: str, beginning: str) -> str:
    """The line of a table that begins so."""
    return next(row for row in rows(text) if row.startswith(beginning))


def csv(browser: Browser, path: str) -> list[list[str]]:
    """A file's lines, the headers first."""
    text = browser.get(path).get_data().decode("utf-8-sig")
    return [line.split(";") for line in text.strip().split("\r\n")]


def test_the_portfolio_says_of_each_town_how_it_stands_and_what_is_due_next(world: Pages) -> None:
    page = world.of("insurer").get("/communes")
    assert title(page) == "2 communes, une rupture à traiter"
    grenoble = line(plain(page), "Grenoble")
    for said in ("En cours", "1 rompu", "3 sur 6", "23", "0,01 %", "09/12/2026, expliquer ou corriger"):
        assert said in grenoble
    assert "en attente de la ville" in line(plain(page), "Cachan")
    assert "Grenoble, agir avant le 09/12/2026" in plain(page)


def test_filters_and_orders_are_in_the_address_and_the_file_has_the_same_rows(world: Pages) -> None:
    browser = world.of("insurer")
    for asked, names in (
        ("etat=broken", ["Grenoble"]),
        ("etape=declared", ["Cachan"]),
        ("echeance=30", ["Grenoble"]),
        ("q=940", ["Cachan"]),
        ("tri=commune", ["Cachan", "Grenoble"]),
        ("tri=-adherents", ["Grenoble", "Cachan"]),
    ):
        shown = [row.split()[0] for row in rows(browser.text(f"/communes?{asked}"))[1:]]
        assert shown == names, asked
        assert [row[0] for row in csv(browser, f"/communes.csv?{asked}")[1:]] == names
    assert browser.get("/communes.xlsx").status_code == 200
    assert "Aucune de vos 2 communes" in browser.text("/communes?q=nulle")


def test_a_portfolio_without_conventions_says_what_to_do_first(pages: Pages) -> None:
    browser = pages.of("insurer")
    assert "Déclarez la première" in browser.text("/communes")
    assert "Aucune échéance." in browser.text("/echeances")
    assert "Aucun dossier n'est ouvert" in browser.text("/dossiers")
    assert browser.get(TOWN).status_code == 404


def test_a_rival_reads_its_own_towns_and_nothing_of_ours(world: Pages) -> None:
    browser = world.of("rival")
    assert "1 rompu" not in browser.text("/communes")
    assert "Aucun dossier n'est ouvert" in browser.text("/dossiers")
    assert "g2027" not in browser.text(TOWN)
    for path in (
        case_path(world), f"{case_path(world)}/explication", f"{TOWN}/derogations/taxe-2025", f"{TOWN}/avenants/a1",
        f"{TOWN}/conventions/c1/calcul.json", "/communes/94016", "/communes/94016/preavis",
        "/communes/94016/avenants/nouveau", "/communes/94016/derogations/nouvelle",
    ):  # fmt: skip
        assert browser.get(path).status_code == 404, path


def test_a_town_or_an_operator_is_told_that_none_of_it_is_there(world: Pages) -> None:
    for who in ("town", "other_town", "operator"):
        browser = world.of(who)
        for path in (
            "/communes", "/echeances", "/dossiers", TOWN, case_path(world), f"{TOWN}/derogations/nouvelle",
            f"{TOWN}/avenants/nouveau", f"{TOWN}/preavis", "/conventions/nouvelle/ensemble",
        ):  # fmt: skip
            assert browser.get(path).status_code == 404, f"{who} {path}"


def test_deadlines_come_by_day_with_who_acts(world: Pages) -> None:
    browser = world.of("insurer")
    text = browser.text("/echeances?jusque=30&qui=insurer")
    assert rows(text)[1:] == ["09/12/2026 dans 14 jours Grenoble 38185 expliquer ou corriger À vous"]
    every = csv(browser, "/echeances.csv?q=38185")
    assert {row[4] for row in every[1:]} >= {
        "dossier à traiter",
        "fin de convention",
        "tarif à notifier",
        "indice attendu",
    }
    assert "ne répond à ces filtres" in browser.text("/echeances?objet=exemption")


def test_open_cases_say_whose_turn_it_is_and_closed_ones_come_on_demand(world: Pages) -> None:
    browser = world.of("insurer")
    page = browser.get("/dossiers")
    assert title(page) == "Un dossier vous attend"
    assert "À vous 09/12/2026, dans 14 jours 0,51 € par mois (1,04 %)" in line(plain(page), "Grenoble")
    assert len(csv(browser, "/dossiers.csv")) == 2
    assert len(csv(browser, "/dossiers.csv?clos=1")) == 3
    assert "ne répond à ces filtres" in browser.text("/dossiers?etat=disputed")


def test_a_towns_page_shows_both_sides_the_history_and_what_can_be_done(world: Pages) -> None:
    browser = world.of("insurer")
    text = browser.text(TOWN)
    assert title(browser.get(TOWN)) == "Grenoble : un engagement est rompu"
    for said in (
        "La ville prête une salle", "La mutuelle remet un bilan", "Un avenant attend la ville", "rectifie g2026-erreur",
        "les plafonds sont multipliés par 1,1532 ÷ 1,1327, soit +1,81 %", "Accordée", "Demandée, la ville",
        "Annoncé 49,74 €", "/tarifs/nouveau?commune=38185&corrige=g2027", "plus de 400 adhérents",
    ):  # fmt: skip
        assert said in text, said
    assert csv(browser, f"{TOWN}/grilles.csv")[1][0] == "g2027"
    assert len(csv(browser, f"{TOWN}/derogations.csv")) == 3


def test_a_case_counts_the_insurers_own_members_by_price(world: Pages) -> None:
    text = world.of("insurer").text(case_path(world))
    assert "23 de vos adhérents sont concernés par ces prix aujourd'hui." in text
    assert line(text, "Niveau 1, 50 ans et plus 23") == "Niveau 1, 50 ans et plus 23 0,51 € 11,73 €"
    assert "Une dérogation est demandée" in text


def test_the_former_address_of_a_breach_leads_to_its_case(world: Pages) -> None:
    with world.here.parts.databases.project.connection() as connection:
        streams = connection.execute("select stream from ledger.event where topic like 'breach.%'").fetchall()
    browser = world.of("insurer")
    led = [browser.get(f"{TOWN}/alertes/{row[0].rpartition('/')[2]}") for row in streams]
    assert {answer.status_code for answer in led} <= {301, 303}
    assert case_path(world) in {answer.headers["Location"] for answer in led}
    assert browser.get(f"{TOWN}/alertes/unknown").status_code == 404


def test_what_a_verdict_rests_on_is_taken_away_as_a_file(world: Pages) -> None:
    answer = world.of("insurer").get(f"{TOWN}/conventions/c1/calcul.json")
    assert answer.json is not None
    assert {grid["id"] for grid in answer.json["grids"]} >= {"g2024", "g2027"}
    assert "attachment" in answer.headers["Content-Disposition"]
    assert world.of("insurer").get(f"{TOWN}/conventions/c1/calcul.json?termes=9").status_code == 404


def explained(pages: Pages) -> None:
    answer = pages.of("insurer").send(
        f"{case_path(pages)}/explication", text="La hausse suit nos dépenses.\n\nNous proposons de la lisser."
    )
    assert answer.status_code == 303, plain(answer)
    pages.here.follow()


def test_explaining_passes_the_turn_to_the_town(pages: Pages) -> None:
    broken_cap(pages.here)
    path = case_path(pages)
    empty = pages.of("insurer").send(f"{path}/explication", text="  ")
    assert empty.status_code == 422
    assert "Écrivez votre explication" in plain(empty)
    explained(pages)
    text = pages.of("insurer").text(path)
    assert "Expliqué, réponse de la ville attendue" in text
    assert "Nous proposons de la lisser." in text
    assert f'href="{path}/explication"' not in text
    assert "à la ville de répondre" in pages.of("insurer").text(f"{path}/explication")
    assert line(pages.of("insurer").text("/dossiers?qui=town"), "Grenoble").count("À la ville") == 1


def test_a_document_comes_with_the_explanation_and_a_wrong_one_is_refused_beside_the_field(
    pages: Pages,
) -> None:
    broken_cap(pages.here)
    browser, path = pages.of("insurer"), f"{case_path(pages)}/explication"
    hidden = browser.hidden(path)

    def send(content: bytes, name: str, token: str) -> Any:
        typed: dict[str, Any] = {**hidden, "token": token * 32, "text": "Voir la pièce."}
        typed["files"] = (io.BytesIO(content), name)
        return browser.client.post(path, data=typed, content_type="multipart/form-data")

    refused = send(b"MZ\x00", "motif.pdf", "a")
    assert refused.status_code == 422
    assert 'id="files-error"' in plain(refused)
    assert "Voir la pièce." in plain(refused)
    done = send(b"%PDF-1.7\nmotif", "motif.pdf", "b")
    assert done.status_code == 303, plain(done)
    pages.here.follow()
    found = re.search(rf'href="({TOWN}/documents/\w+)">motif.pdf', browser.text(case_path(pages)))
    assert found is not None
    assert browser.get(found[1]).get_data() == b"%PDF-1.7\nmotif"
    assert pages.of("rival").get(found[1]).status_code == 404


EXEMPTION = {
    "engagement-plafond": "1", "kind": "TAX", "rate_before": "13,27", "rate_after": "15,32", "valid_from": "2027-02-01",
    "reason": "La taxe augmente.",
}  # fmt: skip


def test_a_request_shows_what_it_would_allow_then_asks_the_town_and_may_be_withdrawn(pages: Pages) -> None:
    broken_cap(pages.here)
    browser, path = pages.of("insurer"), f"{TOWN}/derogations/nouvelle"
    shown = browser.send(path, **EXEMPTION, do="preview")
    assert shown.status_code == 200
    assert (
        line(plain(shown), "Niveau 1, 50")
        == "Niveau 1, 50 ans et plus 49,74 € 49,23 € 50,13 € Devient permis"
    )
    answer = browser.send(path, **EXEMPTION, do="send")
    assert answer.status_code == 303, plain(answer)
    pages.here.follow()
    told = browser.follow(answer)
    assert "les plafonds sont multipliés par 1,1532 ÷ 1,1327, soit +1,81 %" in told
    assert "Voir la demande" in browser.text(case_path(pages))
    withdrawn = browser.client.post(
        f"{answer.headers['Location']}/retrait", data=browser.hidden(answer.headers["Location"])
    )
    assert withdrawn.status_code == 303
    pages.here.follow()
    assert "Vous avez retiré cette demande" in browser.text(answer.headers["Location"])


def test_a_request_from_a_case_asks_for_no_more_than_the_case_needs(pages: Pages) -> None:
    broken_cap(pages.here)
    case = case_path(pages).rpartition("/")[2]
    text = pages.of("insurer").text(f"{TOWN}/derogations/nouvelle?dossier={case}")
    assert 'name="more" type="text" value="1,036"' in text
    assert 'value="2027-02-01"' in text
    assert re.search(r'id="engagement-plafond"[^>]* checked', text)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"engagement-plafond": ""}, "Choisissez au moins un engagement."),
        ({"rate_after": ""}, "Écrivez l'ancien et le nouveau taux"),
        ({"rate_after": "12"}, "Le nouveau taux est plus élevé"),
        ({"more": "2"}, "deux taux, ou un pourcentage"),
        ({"rate_before": "abc"}, "Écrivez un pourcentage comme"),
        ({"valid_to": "2026-01-01"}, "finit avant de commencer"),
        ({"reason": ""}, "Écrivez le motif de la demande"),
    ],
)
def test_a_request_that_is_not_one_says_what_to_do(pages: Pages, typed: dict[str, str], said: str) -> None:
    Townscape(pages.here).on("2026-03-02").agree()
    pages.here.follow()
    answer = pages.of("insurer").send(f"{TOWN}/derogations/nouvelle", **{**EXEMPTION, **typed}, do="send")
    assert answer.status_code == 422
    assert said in plain(answer)
