"""A broken commitment is told step by step, to whom it concerns: what, by how much, who acts, until when."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from services.commands import cases, documents, partnerships, tariffs
from tests.support import cast
from tests.support.api import Served, email_of, served
from tests.support.cast import ACCORD, GRENOBLE, RIVAL_ACCORD, ask
from tests.support.database import Database

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@pytest.fixture
def here(database: Database) -> Iterator[Served]:
    """A town with two insurers; the first has broken its cap."""
    with served(database) as made:
        ledger = made.parts.ledger
        for owner, name in ((ACCORD, "Mutuelle du Test"), (RIVAL_ACCORD, "Mutuelle Rivale")):
            partnerships.declare(
                ledger, GRENOBLE, owner, cast.declaration(insurer_name=name, fictitious=False), ask()
            )
            partnerships.confirm(ledger, GRENOBLE, owner, cast.confirmation(), ask())
            tariffs.notify(ledger, GRENOBLE, owner, cast.grid(), ask())
        rise = cast.grid("g2", old="49.74", effective_on=date(2026, 5, 1))
        tariffs.notify(ledger, GRENOBLE, ACCORD, rise, ask())
        made.follow()
        yield made


def case_of(here: Served) -> str:
    with here.parts.databases.project.connection() as connection:
        row = connection.execute("select stream from ledger.event where topic like 'case.opened%'").fetchone()
    assert row is not None
    return str(row[0]).rpartition("/")[2]


def mails(here: Served, kind: str) -> dict[str, tuple[str, str]]:
    """Subject and text of the mails of a kind, by address, with plain spaces."""
    with here.parts.databases.project.connection() as connection:
        rows = connection.execute(
            "select to_address, subject, text from outbox.mail where kind = %s order by position", (kind,)
        ).fetchall()
    return {address: (_plain(subject), _plain(text)) for address, subject, text in rows}


def _plain(text: str) -> str:
    joined = text.translate({0xA0: " ", 0x202F: " ", 0x2019: "'"})
    return " ".join(joined.split())


def told(here: Served) -> list[tuple[str, str]]:
    """Kind and who of every mail about the case, in order."""
    names = {email_of("town"): "town", email_of("insurer"): "insurer"}
    with here.parts.databases.project.connection() as connection:
        rows = connection.execute(
            "select kind, to_address from outbox.mail where kind like 'case.%' order by position, to_address"
        ).fetchall()
    return [(kind.removeprefix("case."), names[address]) for kind, address in rows]


def test_a_breach_is_told_to_both_with_its_amount_its_clause_and_who_acts_by_when(here: Served) -> None:
    found = mails(here, "case.opened")
    assert found.keys() == {email_of("town"), email_of("insurer")}
    subject, town = found[email_of("town")]
    assert subject == "Mutuelle du Test dépasse un plafond de 0,51 € par mois (1,04 %) à Grenoble"
    assert "« L'évolution annuelle ne peut excéder 3 %. » Art. 5" in town
    assert "N1, 50 ans et plus : 49,74 € au lieu de 49,23 € au plus, 0,51 € de trop" in town
    assert (
        "Mutuelle du Test doit s'expliquer ou corriger sa grille au plus tard le mardi 31 mars 2026" in town
    )
    _, insurer = found[email_of("insurer")]
    assert "Expliquez cet écart ou corrigez votre grille au plus tard le mardi 31 mars 2026" in insurer


def test_a_grid_and_the_case_that_it_opens_are_told_apart(here: Served) -> None:
    assert email_of("town") in mails(here, "grid.notified")
    assert email_of("town") in mails(here, "case.opened")


def test_what_one_insurer_does_is_said_to_no_other(here: Served) -> None:
    with here.parts.databases.project.connection() as connection:
        rows = connection.execute("select to_address, subject || text || html from outbox.mail").fetchall()
    for address, text in rows:
        if address == email_of("rival"):
            assert "Mutuelle du Test" not in text
        if address == email_of("insurer"):
            assert "Rivale" not in text
        assert not ("Mutuelle du Test" in text and "Mutuelle Rivale" in text)
    assert {address for address, _ in rows} == {email_of("town"), email_of("insurer"), email_of("rival")}


def test_every_step_of_a_case_is_told_to_who_has_to_know(here: Served) -> None:
    ledger, case = here.parts.ledger, case_of(here)

    def step(perform: Any, command: Any) -> None:
        perform(ledger, GRENOBLE, ACCORD, command, ask(now=here.clock.now()))
        here.follow()

    here.clock.advance(timedelta(days=20))
    here.follow()
    step(cases.explain, cases.ExplainCase(case=case, text="La sinistralité\n> augmente | /ailleurs"))
    step(cases.dispute, cases.DisputeCase(case=case, text="Aucune pièce ne le montre."))
    step(
        documents.file,
        documents.FileDocument(name="lettre.pdf", media_type="application/pdf", content=PDF, about=case),
    )
    letter = documents.FileDocument(name="", media_type="application/pdf", content=PDF).sha256
    sent = here.clock.today()
    step(
        cases.send_formal_notice,
        cases.SendFormalNotice(case=case, sent_on=sent, channel="registered_letter", document=letter),
    )
    here.clock.advance(timedelta(days=40))
    here.follow()
    step(cases.end_for_case, cases.EndForCase(case=case, detail="Hausse maintenue"))
    assert told(here) == [
        ("opened", "insurer"), ("opened", "town"),
        ("fell_due", "insurer"), ("fell_due", "town"),
        ("explained", "town"),
        ("disputed", "insurer"),
        ("formal_notice_sent", "insurer"),
        ("fell_due", "insurer"), ("fell_due", "town"),
        ("notice_given", "insurer"), ("notice_given", "town"),
    ]  # fmt: skip
    # The convention's own notice is the same news: it is not told twice.
    assert mails(here, "convention.notice_given") == {}
    _, explained = mails(here, "case.explained")[email_of("town")]
    assert "Son explication : La sinistralité > augmente | /ailleurs" in explained
    assert "répondre, au plus tard le" in explained
    subject, formal = mails(here, "case.formal_notice_sent")[email_of("insurer")]
    cure = sent + timedelta(days=30)
    assert subject == f"Grenoble vous met en demeure : corrigez au plus tard le {cure:%d/%m/%Y}"
    assert "par lettre recommandée" in formal
    _, due = mails(here, "case.fell_due")[email_of("town")]
    assert "Vous pouvez résilier la convention" in due


def test_a_corrected_grid_closes_the_case_for_both(here: Served) -> None:
    right = cast.grid("g3", old="49.23", effective_on=date(2026, 5, 1))
    from msgspec.structs import replace

    tariffs.notify(here.parts.ledger, GRENOBLE, ACCORD, replace(right, corrects="g2"), ask())
    here.follow()
    found = mails(here, "case.corrected")
    assert found.keys() == {email_of("town"), email_of("insurer")}
    assert "ni la ville ni l'organisme n'ont plus rien à faire" in found[email_of("town")][1]


def test_accepting_with_an_exemption_is_told_once_with_its_terms(here: Served) -> None:
    settling = cases.SettlingExemption(
        kind="LOSS_RATIO", valid_to=date(2026, 12, 31), decided_by="Conseil municipal"
    )
    command = cases.AcceptCase(case=case_of(here), text="Accord pour 2026.", exemption=settling)
    cases.accept(here.parts.ledger, GRENOBLE, ACCORD, command, ask())
    here.follow()
    (_, text), *others = mails(here, "case.accepted").values()
    assert others == []
    assert "accorde une dérogation" in text
    assert "au 31/12/2026" in text
    assert "Décidée par : Conseil municipal" in text
    assert mails(here, "exemption.granted") == {}


def test_every_link_of_a_mail_opens_for_whom_it_was_written(here: Served) -> None:
    site = here.parts.settings.site
    with here.parts.databases.project.connection() as connection:
        rows = connection.execute("select to_address, text from outbox.mail").fetchall()
    callers = {
        email_of("town"): here.town,
        email_of("insurer"): here.insurer,
        email_of("rival"): here.rival,
    }
    for address, text in rows:
        links = [word.removeprefix(site) for word in text.split() if word.startswith(site)]
        assert len(links) == 3
        for link in links:
            assert callers[address].page("GET", link).status_code == 200, (address, link)
