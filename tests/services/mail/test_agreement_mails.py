"""Conventions, amendments and exemptions: who is asked is told, and who asked is told the answer."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from services.commands import exemptions, partnerships
from services.mail.notices import KINDS, TELLINGS
from services.mail.writing import write
from services.workers.mail import mail
from tests.support import cast
from tests.support.api import Served, email_of, served
from tests.support.cast import ACCORD, GRENOBLE, NOW, ask
from tests.support.database import Database

TODAY = NOW.date()


@pytest.fixture
def here(database: Database) -> Iterator[Served]:
    with served(database) as made:
        yield made


def perform(here: Served, *steps: tuple[Any, Any]) -> None:
    for do, command in steps:
        do(here.parts.ledger, GRENOBLE, ACCORD, command, ask(now=here.clock.now()))
    here.follow()


def sign(here: Served) -> None:
    perform(
        here,
        (partnerships.declare, cast.declaration()),
        (partnerships.confirm, cast.confirmation()),
    )


def mails(here: Served, prefix: str) -> list[tuple[str, str, str]]:
    """Kind, who and text of the mails whose kind begins so, with plain spaces."""
    names = {email_of("town"): "town", email_of("insurer"): "insurer"}
    with here.parts.databases.project.connection() as connection:
        rows = connection.execute(
            "select kind, to_address, subject || ' | ' || text from outbox.mail where kind like %s"
            " order by position, to_address",
            (f"{prefix}%",),
        ).fetchall()
    plain = {0xA0: " ", 0x202F: " ", 0x2019: "'"}
    return [(kind, names[who], " ".join(text.translate(plain).split())) for kind, who, text in rows]


def test_everything_that_is_told_has_its_words() -> None:
    from services.mail import teller

    assert teller is not None
    assert TELLINGS.keys() == KINDS.keys()


def test_every_event_that_is_told_exists() -> None:
    from infra.feed import StoreFeed

    pool: Any = None
    assert mail(None, pool, StoreFeed()).name == "mail"  # raises for a topic that nobody registered


def test_a_refused_declaration_is_told_with_its_reason(here: Served) -> None:
    refusal = partnerships.RefuseConvention(id="c1", reason="Les frais sont faux.")
    perform(here, (partnerships.declare, cast.declaration()), (partnerships.decline, refusal))
    (kind, who, text) = mails(here, "convention.refused")[0]
    assert (kind, who) == ("convention.refused", "insurer")
    assert "- Motif : Les frais sont faux." in text


def test_an_amendment_is_told_to_the_town_and_its_answer_to_the_insurer(here: Served) -> None:
    sign(here)
    terms = partnerships.terms_of(replace(cast.declaration(), fees=0, notice_months=3))
    amendment = partnerships.DeclareAmendment(
        convention="c1",
        id="a1",
        signed_on=TODAY,
        effective_on=date(2027, 1, 1),
        reason="Préavis",
        terms=terms,
    )
    confirmed = partnerships.ConfirmAmendment(convention="c1", id="a1", by="town")
    perform(here, (partnerships.declare_amendment, amendment), (partnerships.confirm_amendment, confirmed))
    declared, answered = mails(here, "amendment.")
    assert declared[:2] == ("amendment.declared", "town")
    assert "déclare un avenant à Grenoble : est-ce exact ?" in declared[2]
    assert "- Effet le : 01/01/2027" in declared[2]
    assert answered[:2] == ("amendment.confirmed", "insurer")
    assert "Les nouveaux termes valent à partir du vendredi 1er janvier 2027" in answered[2]


def test_a_notice_is_told_to_both_with_the_last_day(here: Served) -> None:
    sign(here)
    notice = partnerships.GiveNotice(id="c1", by="insurer", reason="OTHER", detail="Retrait du marché")
    perform(here, (partnerships.give_notice, notice))
    found = mails(here, "convention.notice_given")
    assert [who for _, who, _ in found] == ["insurer", "town"]
    assert "Vous avez résilié la convention le lundi 16 mars 2026" in found[0][2]
    assert "Mutuelle du Test résilie la convention signée avec vous" in found[1][2]
    assert all("- Fin de la convention : 16/09/2026" in text for _, _, text in found)


def test_the_end_of_a_convention_is_told_to_both(here: Served) -> None:
    sign(here)
    here.clock.advance(timedelta(days=4 * 366))
    here.follow()
    found = mails(here, "convention.ended")
    assert [who for _, who, _ in found] == ["insurer", "town"]
    assert "à son terme" in found[1][2]


def test_an_exemption_is_told_to_the_town_and_its_answer_to_the_insurer(here: Served) -> None:
    sign(here)
    asked = exemptions.RequestExemption(
        convention="c1", id="e1", commitments=("cap",), kind="LOSS_RATIO", factor=("1.025", "1"),
        valid_from=date(2027, 1, 1), valid_to=date(2027, 12, 31), reason="Sinistralité",
    )  # fmt: skip
    granted = exemptions.GrantExemption(
        convention="c1", id="e1", decided_on=TODAY, decided_by="Conseil municipal", council_reference="2026-7"
    )
    revoked = exemptions.RevokeExemption(
        convention="c1", id="e1", revoked_on=date(2027, 6, 1), reason="Comptes non fournis"
    )
    perform(
        here,
        (exemptions.request_exemption, asked),
        (exemptions.grant_exemption, granted),
        (exemptions.revoke_exemption, revoked),
    )
    found = mails(here, "exemption.")
    assert [(kind, who) for kind, who, _ in found] == [
        ("exemption.requested", "town"),
        ("exemption.granted", "insurer"),
        ("exemption.revoked", "insurer"),
    ]
    request, grant, revocation = (text for _, _, text in found)
    assert "- Art. 5 : L'évolution annuelle ne peut excéder 3 %." in request
    assert "- Effet : plafonds relevés de 2,5 %" in request
    assert "- Période : du 01/01/2027 au 31/12/2027" in request
    assert "- Motif : Sinistralité" in request
    assert "Conseil municipal, le 16/03/2026 (2026-7)" in grant
    assert "À partir du mardi 1er juin 2027" in revocation


def test_a_refused_exemption_is_told_with_what_was_asked(here: Served) -> None:
    sign(here)
    asked = exemptions.RequestExemption(
        convention="c1", id="e1", commitments=("cap",), kind="LAW", factor=("1.1", "1"),
        valid_from=date(2027, 1, 1), reason="Loi",
    )  # fmt: skip
    refused = exemptions.RefuseExemption(convention="c1", id="e1", decided_on=TODAY, reason="Aucune pièce")
    perform(here, (exemptions.request_exemption, asked), (exemptions.refuse_exemption, refused))
    _, (kind, who, text) = mails(here, "exemption.")
    assert (kind, who) == ("exemption.refused", "insurer")
    assert "du 01/01/2027, sans terme" in text
    assert "- Motif : Aucune pièce" in text


def test_what_somebody_wrote_is_text_in_html_too(here: Served) -> None:
    refusal = partnerships.RefuseConvention(id="c1", reason="<script>alert(1)</script> & plus")
    perform(here, (partnerships.declare, cast.declaration()), (partnerships.decline, refusal))
    with here.parts.databases.project.connection() as connection:
        row = connection.execute(
            "select html, text from outbox.mail where kind = 'convention.refused'"
        ).fetchone()
    assert row is not None
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; plus" in row[0]
    assert "<script" not in row[0]
    assert "<script>alert(1)</script> & plus" in row[1]


def test_a_line_of_the_plain_text_is_short_and_breaks_no_figure() -> None:
    class Grid:
        effective_on = date(2027, 1, 1)
        grid, corrects, cells, decided_by, justification, justified = "g", None, 90, None, None, False
        reason = None

    written = write(
        "grid_notified", "https://exemple.example", [], event=Grid(), changes=("+1 %", "+3 %"), path="/ville",
        place=type("Place", (), {"insurer": "Mutuelle " * 12, "town": "Grenoble"}), to="town", today=TODAY,
    )  # fmt: skip
    for line in written.text.splitlines():
        assert len(line) <= 80
    assert "1er\u00a0janvier 2027" in " ".join(written.text.split("\n"))
