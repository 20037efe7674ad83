"""A mail as it travels: headers that mail programs expect of a machine, plain text, and the same in HTML."""

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final
from urllib.parse import urlsplit

from services.mail.notices import KINDS
from services.mail.outbox import Mail
from services.mail.tokens import Unsubscribing

PREFERENCES: Final = "/preferences"
STOP: Final = "/desabonnement"


class Envelope:
    """Makes messages. `site` is the address that people open, `sender` who the mails come from."""

    def __init__(self, site: str, sender: str, unsubscribing: Unsubscribing) -> None:
        self.site = site
        self.sender = sender
        self._unsubscribing = unsubscribing

    def identity(self, position: int, account: str) -> str:
        """The Message-ID of an event told to an account: the same each time, so that a second copy is known as one."""
        return f"<{position}.{account}@{urlsplit(self.site).hostname}>"

    def stop(self, account: str, kind: str) -> str:
        """The address where an account ends the category of a kind of mail."""
        return f"{self.site}{STOP}/{self._unsubscribing.token(account, KINDS[kind])}"

    def message(self, mail: Mail) -> EmailMessage:
        """The mail with its headers; the same bytes each time but for the boundary between its parts."""
        made = EmailMessage(policy=SMTP)
        made["From"] = self.sender
        made["To"] = mail.to_address
        made["Subject"] = mail.subject
        made["Date"] = format_datetime(mail.made_at)
        made["Message-ID"] = mail.message_id
        made["Auto-Submitted"] = "auto-generated"
        made["Content-Language"] = "fr"
        made["List-Unsubscribe"] = f"<{self.stop(mail.account, mail.kind)}>"
        made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        made["X-Auto-Response-Suppress"] = "All"
        made.set_content(mail.text, cte="quoted-printable")
        made.add_alternative(mail.html, subtype="html", cte="quoted-printable")
        return made
