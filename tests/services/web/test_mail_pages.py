"""What somebody wants to receive is chosen on a page or by a mail's own link; the demo shows its mails."""

import dataclasses
import re
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from services.commands import partnerships
from tests.support import cast
from tests.support.api import Served, email_of
from tests.support.cast import ACCORD, GRENOBLE, ask


@pytest.fixture
def declared(here: Served) -> int:
    """A convention that waits for the town: one mail; the position of its event."""
    receipt = partnerships.declare(here.parts.ledger, GRENOBLE, ACCORD, cast.declaration(), ask())
    here.follow()
    assert receipt is not None
    return receipt.last


def account(here: Served) -> str:
    assert here.town.token
    return here.town.token.principal.account


def test_a_category_is_chosen_by_ticking_its_box(here: Served, pages: Any) -> None:
    town = pages.of("town")
    text = town.text("/preferences")
    assert text.count("checked") == 4
    assert email_of("town") in text
    said = town.send("/preferences", alertes="1", echeances="1")
    assert "Votre choix est enregistré" in said.get_data(as_text=True)
    assert here.parts.mailbox.preferences(account(here)) == {
        "alertes": True, "tarifs": False, "conventions": False, "echeances": True,
    }  # fmt: skip
    assert town.text("/preferences").count("checked") == 2
    town.send("/preferences")
    assert "Vous ne recevez aucun message" in town.text("/preferences")


def test_preferences_are_each_account_s_own(here: Served, pages: Any) -> None:
    pages.of("town").send("/preferences")
    assert pages.of("insurer").text("/preferences").count("checked") == 4


def test_preferences_are_not_changed_by_another_site_s_form(here: Served, pages: Any) -> None:
    town = pages.of("town")
    assert town.client.post("/preferences", data={}).status_code == 400
    assert all(here.parts.mailbox.preferences(account(here)).values())


def test_looking_at_a_mail_s_link_changes_nothing_and_pressing_ends_the_category(
    here: Served, pages: Any, declared: int
) -> None:
    mail = here.parts.mailbox.mail(account(here), declared)
    assert mail is not None
    found = re.search(rf"{re.escape(here.parts.settings.site)}(/desabonnement/\S+)", mail.text)
    assert found is not None
    nobody = pages.of(None)
    assert "Ne plus recevoir les messages « Conventions » ?" in nobody.text(found[1])
    assert here.parts.mailbox.preferences(account(here))["conventions"]
    # As a mail program does it (RFC 8058): without cookie, without a page of ours before.
    done = nobody.client.post(found[1], data={"List-Unsubscribe": "One-Click"})
    assert done.status_code == 200
    assert here.parts.mailbox.preferences(account(here)) == {
        "alertes": True, "tarifs": True, "conventions": False, "echeances": True,
    }  # fmt: skip
    assert "Vous ne recevez plus" in nobody.text(found[1])
    assert nobody.client.post(found[1]).status_code == 200


# Not the last letter: some of its bits are no part of the signature.
@pytest.mark.parametrize(
    "change",
    [
        lambda token: f"{token[:-5]}{'y' if token[-5] == 'x' else 'x'}{token[-4:]}",
        lambda _: "x",
        lambda token: token + "é",
    ],
)
def test_a_link_that_was_altered_ends_nothing(here: Served, pages: Any, change: Any) -> None:
    token = here.parts.unsubscribing.token(account(here), "alertes")
    nobody = pages.of(None)
    for call in (nobody.client.get, nobody.client.post):
        assert call(f"/desabonnement/{change(token)}").status_code == 404
    assert all(here.parts.mailbox.preferences(account(here)).values())


def test_the_demo_s_mailbox_lists_the_mails_of_who_is_signed_in(
    here: Served, pages: Any, declared: int
) -> None:
    text = pages.of("town").text("/courrier")
    assert "Mutuelle du Test déclare une convention avec Grenoble : est-ce exact ?" in text
    assert "rien ne part" in text
    assert "Aucun message" in pages.of("insurer").text("/courrier")


def test_a_mail_is_shown_as_it_would_be_read_and_may_run_nothing(
    here: Served, pages: Any, declared: int
) -> None:
    shown = pages.of("town").get(f"/courrier/{declared}")
    assert "Lisez-la, puis confirmez-la" in shown.get_data(as_text=True)
    policy = shown.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy
    for who in ("insurer", "other_town", "operator"):
        assert pages.of(who).get(f"/courrier/{declared}").status_code == 404


def test_a_mail_is_downloaded_as_it_travels(here: Served, pages: Any, declared: int) -> None:
    answer = pages.of("town").get(f"/courrier/{declared}.eml")
    assert answer.mimetype == "message/rfc822"
    message = message_from_bytes(answer.get_data(), policy=default)
    assert message["To"] == email_of("town")
    assert message["Message-ID"] == f"<{declared}.{account(here)}@127.0.0.1>"
    assert message.get_body(("plain",)) is not None


def test_outside_of_the_demo_there_is_no_mailbox(here: Served, pages: Any, declared: int) -> None:
    here.parts.settings = dataclasses.replace(here.parts.settings, demo=False)
    town = pages.of("town")
    for path in ("/courrier", f"/courrier/{declared}", f"/courrier/{declared}.eml"):
        assert town.get(path).status_code == 404
    assert "Courrier" not in town.text("/preferences")


def test_outside_of_the_demo_and_without_a_server_no_mail_is_written(here: Served) -> None:
    here.parts.settings = dataclasses.replace(here.parts.settings, demo=False)
    vars(here.parts).pop("mail")
    partnerships.declare(here.parts.ledger, GRENOBLE, ACCORD, cast.declaration(), ask())
    here.follow()
    assert here.parts.mailbox.mails(account(here)) == []
