"""The town writes its formal notice on a page: ready written, looked at as a PDF, kept as it was sent."""

import io
from datetime import date, timedelta
from typing import Any

import pytest
from pypdf import PdfReader

from services.commands import partnerships, tariffs
from tests.support import cast
from tests.support.api import Served
from tests.support.cast import ACCORD, GRENOBLE, ask

TYPED = {
    "sender": "Ville de Grenoble\n11 boulevard Jean-Pain\n38000 Grenoble",
    "recipient": "Mutuelle du Test\n1 rue de la Cloche\n38000 Grenoble",
    "sending": "Lettre recommandée avec avis de réception",
    "place": "Grenoble",
    "signatory": "Camille Martin\nMaire de Grenoble",
    "subject": "Mise en demeure",
    "opening": "Madame, Monsieur,\n\nVotre grille dépasse son plafond.",
    "demand": "Je vous mets en demeure de la corriger.",
    "closing": "Je vous prie d’agréer mes salutations.",
    "channel": "registered_letter",
}


@pytest.fixture
def case(here: Served) -> str:
    """A case of a broken cap."""
    ledger = here.parts.ledger
    partnerships.declare(ledger, GRENOBLE, ACCORD, cast.declaration(), ask())
    partnerships.confirm(ledger, GRENOBLE, ACCORD, cast.confirmation(), ask())
    tariffs.notify(ledger, GRENOBLE, ACCORD, cast.grid(), ask())
    rise = cast.grid("g2", old="49.74", effective_on=date(2026, 5, 1))
    tariffs.notify(ledger, GRENOBLE, ACCORD, rise, ask())
    here.follow()
    with here.parts.databases.project.connection() as connection:
        row = connection.execute("select stream from ledger.event where topic like 'case.opened%'").fetchone()
    assert row is not None
    return str(row[0]).rpartition("/")[2]


def path(case: str) -> str:
    return f"/ville/dossiers/{case}/mise-en-demeure"


def words(content: bytes) -> str:
    pages = PdfReader(io.BytesIO(content)).pages
    text = "\n".join(page.extract_text() for page in pages)
    return " ".join(text.replace("\u00a0", " ").replace("\u202f", " ").split())


def test_the_letter_is_ready_written_from_the_ledger(here: Served, pages: Any, case: str) -> None:
    text = pages.of("town").text(path(case))
    assert "Mettre Mutuelle du Test en demeure" in text
    assert "de rétablir, au plus tard le 15 avril 2026, des cotisations conformes à l'article 5" in text
    draft = words(pages.of("town").get(f"{path(case)}.pdf").get_data())
    assert "N1, 50 ans et plus 47,80 € 49,23 € 49,74 € 0,51 € 1,04 %" in draft
    assert "Rupture de l’engagement constatée" in draft


def test_looking_at_the_letter_records_nothing(here: Served, pages: Any, case: str) -> None:
    town = pages.of("town")
    hidden = town.hidden(path(case))
    shown = town.client.post(f"{path(case)}.pdf", data={**hidden, **TYPED, "sent_on": "2026-03-16"})
    assert shown.mimetype == "application/pdf"
    assert "11 boulevard Jean-Pain" in words(shown.get_data())
    here.follow()
    assert "Enregistrer comme envoyée" in town.text(path(case))


def test_a_letter_that_was_sent_is_kept_and_starts_the_clock_of_the_convention(
    here: Served, pages: Any, case: str
) -> None:
    town = pages.of("town")
    answer = town.send(path(case), **TYPED, sent_on="2026-03-14")
    assert answer.status_code == 303, answer.get_data(as_text=True)
    assert answer.headers["Location"] == f"/ville/dossiers/{case}"
    here.follow()
    text = town.text(path(case))
    cure = date(2026, 3, 14) + timedelta(days=30)
    assert "Mutuelle du Test est en demeure depuis le 14/03/2026" in text
    assert f"{cure.day} avril 2026" in text
    kept = town.get(f"{path(case)}.pdf").get_data()
    assert "Maire de Grenoble" in words(kept)
    with here.parts.databases.project.connection() as connection:
        (topics,) = connection.execute(
            "select array_agg(topic order by position) from ledger.event where actor = %s and topic ~ 'case|document'",
            (here.town.token.principal.account if here.town.token else "",),
        ).fetchone() or ((),)
    assert topics == ["document.filed.v1", "case.formal_notice_sent.v1"]


def test_sending_the_form_twice_is_one_letter(here: Served, pages: Any, case: str) -> None:
    town = pages.of("town")
    sent = {**town.hidden(path(case)), **TYPED, "sent_on": "2026-03-16"}
    first, second = (town.client.post(path(case), data=sent) for _ in range(2))
    assert (first.status_code, second.status_code) == (303, 303)
    with here.parts.databases.project.connection() as connection:
        row = connection.execute(
            "select count(*) from ledger.event where topic like 'case.formal_notice_sent%'"
        ).fetchone()
    assert row == (1,)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"sent_on": "2026-03-17"}, "Une lettre est envoyée aujourd'hui ou l'a été avant"),
        ({"sent_on": ""}, "Écrivez le jour de l'envoi"),
        ({"recipient": " "}, "Écrivez le nom et l'adresse de l'organisme"),
        ({"channel": "pigeon"}, "Choisissez comment la lettre part"),
        ({"opening": "2 84 05 75 116 001 32"}, "numéro de sécurité sociale"),
    ],
)
def test_a_letter_that_is_not_complete_is_told_what_lacks(
    here: Served, pages: Any, case: str, wrong: dict[str, str], said: str
) -> None:
    answer = pages.of("town").send(path(case), **{**TYPED, "sent_on": "2026-03-16", **wrong})
    assert answer.status_code == 422
    text = answer.get_data(as_text=True).replace("\u00a0", " ").replace("\u202f", " ").replace("’", "'")
    assert said in text.replace("&#39;", "'")
    assert "11 boulevard Jean-Pain" in text


def test_a_corrected_case_calls_for_no_letter(here: Served, pages: Any, case: str) -> None:
    from msgspec.structs import replace

    right = replace(cast.grid("g3", old="49.23", effective_on=date(2026, 5, 1)), corrects="g2")
    tariffs.notify(here.parts.ledger, GRENOBLE, ACCORD, right, ask())
    here.follow()
    assert "n'appelle pas de mise en demeure" in pages.of("town").text(path(case))


def test_another_town_and_an_insurer_find_no_letter(here: Served, pages: Any, case: str) -> None:
    for who in ("other_town", "insurer", "rival", "operator"):
        for address in (path(case), f"{path(case)}.pdf"):
            assert pages.of(who).get(address).status_code == 404
