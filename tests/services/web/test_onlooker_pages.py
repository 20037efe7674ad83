"""Groupings and operators look at towns: their lists, the town's own pages without a form, and no link that fails."""

import re
from datetime import date, timedelta
from io import BytesIO
from typing import Final

import pytest

from services.commands import membership, partnerships, tariffs
from tests.services.web.conftest import Pages, plain, title
from tests.support import cast
from tests.support.api import DOCUMENTS, PDF, Who
from tests.support.cast import ACCORD, CACHAN, GRENOBLE, INSURER, RIVAL_ACCORD, SIREN, ask

BASES: Final[dict[Who, str]] = {"grouping": "/groupement", "operator": "/exploitation/communes"}
_HREF: Final = re.compile(r'href="(/[^"#]*)')
_FORM: Final = re.compile(r"<form[^>]*>")


@pytest.fixture
def world(pages: Pages) -> Pages:
    """Grenoble with a broken cap and a document; in Cachan, a rival's convention waits."""
    ledger = pages.here.parts.ledger
    partnerships.declare(ledger, GRENOBLE, ACCORD, cast.declaration(), ask())
    partnerships.confirm(ledger, GRENOBLE, ACCORD, cast.confirmation(), ask(now=cast.LONG_AGO))
    tariffs.notify(ledger, GRENOBLE, ACCORD, cast.grid(), ask())
    tariffs.notify(
        ledger, GRENOBLE, ACCORD, cast.grid("g2", old="55.00", effective_on=date(2026, 5, 1)), ask()
    )
    for number in range(12):
        membership.join(
            ledger, GRENOBLE, INSURER, cast.member(f"m{number}", joined_on=date(2026, 1, 3)), ask()
        )
    partnerships.declare(ledger, CACHAN, RIVAL_ACCORD, cast.declaration("c9", insurer_name="Rivale"), ask())
    assert pages.here.insurer.send(f"{DOCUMENTS}?name=acte.pdf", PDF, "application/pdf").status_code == 201
    pages.here.follow()
    return pages


def main(text: str) -> str:
    """What a page says below its head."""
    return text.partition("<main")[2]


def test_a_grouping_begins_with_its_communes(world: Pages) -> None:
    grouping = world.of("grouping")
    home = grouping.get("/")
    assert (home.status_code, home.headers["Location"]) == (303, "/groupement")
    page = grouping.get("/groupement")
    assert title(page) == "Un engagement est rompu dans une de vos 2 communes"
    text = main(plain(page))
    assert text.index("Grenoble") < text.index("Cachan")
    assert "Déclarée" in text
    assert "expliquer ou corriger" in text
    assert "/preferences" not in plain(page)


def test_members_are_those_published_at_a_months_end(world: Pages) -> None:
    clock, ledger = world.here.clock, world.here.parts.ledger
    assert "Non communiqué" in world.of("grouping").text("/groupement")
    clock.advance(timedelta(days=1))
    world.here.follow()
    assert '12<br><span class="small soft">au 28/02/2026' in world.of("grouping").text("/groupement")
    for number in range(2):
        leaving = membership.LeaveMember(id=f"m{number}", left_on=date(2026, 3, 20), reason="moved")
        membership.leave(ledger, GRENOBLE, INSURER, leaving, ask(now=clock.now()))
    clock.advance(timedelta(days=30))
    world.here.follow()
    text = main(world.of("grouping").text("/groupement"))
    assert "Non diffusé" in text
    assert "12<br>" not in text
    file = world.of("grouping").get("/groupement/communes.csv").get_data(as_text=True)
    assert "Non diffusé;31/03/2026" in file


def test_the_list_is_filtered_sorted_and_exported_as_shown(world: Pages) -> None:
    grouping = world.of("grouping")
    found = main(grouping.text("/groupement?q=riv"))
    assert "Cachan" in found
    assert "Grenoble" not in found
    assert "Aucune de vos communes ne répond" in grouping.text("/groupement?etat=kept")
    turned = main(grouping.text("/groupement?tri=commune"))
    assert turned.index("Cachan") < turned.index("Grenoble")
    file = grouping.get("/groupement/communes.csv?etape=current").get_data(as_text=True).splitlines()
    assert file[0].startswith("\ufeffCommune;Code INSEE;Organisme;Convention;Rompus;Contestés;Sans verdict;")
    assert [line.split(";")[:5] for line in file[1:]] == [
        ["Grenoble", "38185", "Mutuelle du Test", "En cours", "1"]
    ]
    assert grouping.get("/groupement/communes.xlsx").status_code == 200


def test_a_grouping_without_communes_is_told_why_its_list_is_empty(pages: Pages) -> None:
    with pages.here.parts.owner_connection() as owner:
        owner.execute("delete from identity.grouping_commune")
    page = pages.of("grouping").get("/groupement")
    assert title(page) == "Aucune commune ne vous est rattachée"
    assert "Demandez-le à l'exploitation" in plain(page)


@pytest.mark.parametrize("who", ["grouping", "operator"])
def test_every_page_of_a_town_is_there_and_every_link_on_it_opens(world: Pages, who: Who) -> None:
    browser = world.of(who)
    base = f"{BASES[who]}/38185"
    waiting, seen = [base], set()
    while waiting:
        path = waiting.pop()
        seen.add(path)
        answer = browser.get(path)
        assert answer.status_code == 200, path
        if answer.mimetype != "text/html" or not path.startswith(base):
            continue
        whole = answer.get_data(as_text=True)
        body = main(whole)
        assert not [form for form in _FORM.findall(body) if 'method="post"' in form], path
        assert "<button" not in re.sub(r"<form.*?</form>", "", body, flags=re.DOTALL), path
        linked = {href.replace("&amp;", "&") for href in _HREF.findall(whole.partition("<header")[2])}
        waiting += linked - seen - set(waiting)
    for part in ("/engagements", f"/engagements/{SIREN}/c1/cap", "/tarifs", "/dossiers", "/documents"):
        assert f"{base}{part}" in seen, part
    assert any(f"{base}/dossiers/" in path for path in seen)
    assert any(path.startswith(f"{base}/documents/{SIREN}/") for path in seen)


@pytest.mark.parametrize("who", ["grouping", "operator"])
def test_an_onlooker_sees_the_register_on_a_day_as_known_at_an_instant(world: Pages, who: Who) -> None:
    browser, path = world.of(who), f"{BASES[who]}/38185/engagements"
    assert "Rompu" in main(browser.text(path))
    past = main(browser.text(f"{path}?au=2025-01-01&connu_le=2026-03-01T10:00"))
    assert "Ce n'est pas l'état d'aujourd'hui" in past
    assert "Rompu" not in past


def test_pages_of_a_commune_that_a_grouping_does_not_read_are_not_there(world: Pages) -> None:
    browser = world.of("grouping_elsewhere")
    for part in ("", "/engagements", "/tarifs", "/dossiers", "/documents", f"/tarifs/{SIREN}/g2"):
        assert browser.get(f"/groupement/38185{part}").status_code == 404, part
    assert browser.get("/groupement/94016").status_code == 200
    assert world.of("operator").get("/exploitation/communes/99999").status_code == 404


def test_an_operator_finds_every_commune_with_a_convention(world: Pages) -> None:
    operator = world.of("operator")
    page = operator.get("/exploitation/communes")
    assert title(page) == "2 communes avec une convention"
    assert "Grenoble" not in main(operator.text("/exploitation/communes?q=cach"))
    assert "Cachan" in main(operator.text("/exploitation/communes?etat=declared"))
    file = operator.get("/exploitation/communes.csv?tri=-commune").get_data(as_text=True).splitlines()
    assert [line.split(";")[0] for line in file[1:]] == ["Grenoble", "Cachan"]


def test_an_operator_reads_what_it_confirms_and_the_signed_document_is_filed(world: Pages) -> None:
    operator = world.of("operator")
    path = "/exploitation/conventions/94016/999000029/c9/confirmation"
    text = operator.text(path)
    for said in (
        "L'évolution annuelle ne peut excéder 3 %",
        "du 01/10/2024 au 30/09/2029",
        "Deux permanences",
    ):
        assert said in text
    bare = operator.send(path, council_reference="2024-118")
    assert bare.status_code == 422
    assert "Choisissez le document signé" in plain(bare)
    typed = {**operator.hidden(path), "council_reference": "2024-118"}
    sent = operator.client.post(path, data={**typed, "file": (BytesIO(PDF), "signee.pdf", "application/pdf")})
    assert sent.status_code == 303, plain(sent)
    world.here.follow()
    assert "est confirmée" in title(operator.get(path))
    assert "signee.pdf" in operator.text("/exploitation/communes/94016/documents")
    assert "signee.pdf" in world.of("other_town").text("/ville/documents")
