"""Mails leave once each, whatever the server says, and arrive as they were written."""

import datetime as dt
import ssl
import threading
from collections.abc import Iterator
from datetime import timedelta
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from infra.mail_server import MailServer
from services.commands import partnerships, tariffs
from services.mail import outbox
from services.mail.outbox import PATIENCE, Counts
from services.mail.sender import Sender
from tests.support import cast
from tests.support.api import Served, email_of, served
from tests.support.cast import ACCORD, GRENOBLE, NOW, ask
from tests.support.database import Database
from tests.support.post import PostOffice, demanding, listening


@pytest.fixture
def here(database: Database) -> Iterator[Served]:
    """A convention declared and confirmed, and a grid notified: three mails wait."""
    with served(database) as made:
        ledger = made.parts.ledger
        partnerships.declare(ledger, GRENOBLE, ACCORD, cast.declaration(), ask())
        partnerships.confirm(ledger, GRENOBLE, ACCORD, cast.confirmation(), ask())
        tariffs.notify(ledger, GRENOBLE, ACCORD, cast.grid(), ask())
        made.follow()
        yield made


@pytest.fixture
def office() -> PostOffice:
    return PostOffice()


def sender(here: Served, server: MailServer) -> Sender:
    return Sender(server, here.parts.envelope, here.clock, here.parts.databases.project)


def counts(here: Served) -> Counts:
    with here.parts.databases.project.connection() as connection:
        return outbox.counts(connection)


def test_every_mail_is_delivered_once(here: Served, office: PostOffice) -> None:
    with listening(office) as server:
        assert sender(here, server).round() == 3
        assert sender(here, server).round() == 0
    assert [(message["To"], message["Message-ID"]) for message in office.taken] == [
        (mail.to_address, mail.message_id) for mail in _all(here)
    ]
    assert (counts(here).sent, counts(here).waiting) == (3, 0)


def test_two_senders_at_once_deliver_every_mail_once(here: Served, office: PostOffice) -> None:
    with listening(office) as server:
        senders = [threading.Thread(target=sender(here, server).round) for _ in range(2)]
        for each in senders:
            each.start()
        for each in senders:
            each.join()
    assert sorted(message["Message-ID"] for message in office.taken) == sorted(
        mail.message_id for mail in _all(here)
    )


def test_a_server_that_is_down_gets_every_mail_once_it_is_up(here: Served, office: PostOffice) -> None:
    with listening(office) as server:
        pass
    assert sender(here, server).round() == 0
    found = counts(here)
    assert (found.waiting, found.sent, found.refused) == (3, 0, 0)
    assert "ConnectionRefusedError" in found.troubles[0].error
    with listening(office, port=server.port):
        assert sender(here, server).round() == 2  # the one that was tried waits a little longer
        here.clock.advance(timedelta(minutes=1))
        assert sender(here, server).round() == 1
    assert len(office.taken) == 3
    assert counts(here).troubles == []


def test_what_a_server_puts_off_is_tried_again_after_pauses_that_grow(
    here: Served, office: PostOffice
) -> None:
    office.refusals[email_of("insurer")] = "451 greylisted, come back"
    with listening(office) as server:
        assert sender(here, server).round() == 2
        waited = []
        for _ in range(4):
            (trouble,) = counts(here).troubles
            assert trouble.error == "451 greylisted, come back"
            assert trouble.next_try_at is not None
            waited.append(trouble.next_try_at - here.clock.now())
            assert sender(here, server).round() == 0
            here.clock.advance(waited[-1])
            sender(here, server).round()
        assert waited == sorted(waited)
        assert waited[0] < waited[-1]
        office.refusals.clear()
        here.clock.advance(timedelta(days=1))
        assert sender(here, server).round() == 1
    assert [message["To"] for message in office.taken].count(email_of("insurer")) == 1


def test_what_a_server_puts_off_for_days_is_given_up_and_kept(here: Served, office: PostOffice) -> None:
    office.refusals[email_of("insurer")] = "451 later"
    here.clock.advance(PATIENCE)
    with listening(office) as server:
        sender(here, server).round()
    assert (counts(here).refused, counts(here).waiting) == (1, 0)


def test_what_a_server_refuses_for_good_is_kept_with_its_answer_and_not_tried_again(
    here: Served, office: PostOffice
) -> None:
    office.answers = ["554 no such thing here"]
    with listening(office) as server:
        assert sender(here, server).round() == 2
        here.clock.advance(timedelta(days=30))
        assert sender(here, server).round() == 0
    found = counts(here)
    assert (found.refused, found.sent, found.waiting) == (1, 2, 0)
    assert (found.troubles[0].error, found.troubles[0].next_try_at) == ("554 no such thing here", None)
    status = here.operator.page("GET", "/exploitation/etat").get_data(as_text=True)
    assert "554 no such thing here" in status
    assert "1\u00a0refusé" in status


def test_a_mail_arrives_as_it_was_written(here: Served, office: PostOffice) -> None:
    with listening(office) as server:
        sender(here, server).round()
    message, mail = office.taken[0], _all(here)[0]
    assert message["Subject"] == mail.subject
    assert "Grenoble\u00a0: est-ce exact\u202f?" in mail.subject
    assert message["From"] == here.parts.settings.sender
    assert parsedate_to_datetime(message["Date"]) == NOW.replace(microsecond=0)
    assert message["Message-ID"] == f"<{mail.position}.{mail.account}@127.0.0.1>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Unsubscribe"].startswith(f"<{here.parts.settings.site}/desabonnement/")
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    plain, html = (part.get_content().replace("\r\n", "\n") for part in message.iter_parts())
    assert plain == mail.text
    assert html == mail.html
    raw = office.envelopes[0].content
    assert isinstance(raw, bytes)
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert office.envelopes[0].rcpt_tos == [email_of("town")]


def test_with_starttls_and_a_password_it_is_delivered(
    here: Served, office: PostOffice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, authority = _certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    with listening(office, **demanding("beffroi", "secret", context)) as server:
        secure = MailServer("127.0.0.1", server.port, "starttls", "beffroi", "secret")
        assert sender(here, secure).round() == 3
        wrong = MailServer("127.0.0.1", server.port, "starttls", "beffroi", "wrong")
        tariffs.notify(
            here.parts.ledger, GRENOBLE, ACCORD, cast.grid("g2", effective_on=dt.date(2026, 5, 1)), ask()
        )
        here.follow()
        assert sender(here, wrong).round() == 0
    trouble = counts(here).troubles[0]
    assert "SMTPAuthenticationError: 535" in trouble.error
    assert trouble.next_try_at is not None  # the settings are wrong, not the mail


def test_a_certificate_that_nobody_vouches_for_is_not_believed(
    here: Served, office: PostOffice, tmp_path: Path
) -> None:
    context, _ = _certificate(tmp_path)
    with listening(office, **demanding("beffroi", "secret", context)) as server:
        secure = MailServer("127.0.0.1", server.port, "starttls", "beffroi", "secret")
        assert sender(here, secure).round() == 0
    assert "CERTIFICATE_VERIFY_FAILED" in counts(here).troubles[0].error
    assert office.taken == []


def _all(here: Served) -> list[outbox.Mail]:
    with here.parts.databases.project.connection() as connection:
        rows = connection.execute(
            "select position, account, kind, to_address, subject, text, html, message_id, made_at"
            " from outbox.mail order by next_try_at, id"
        ).fetchall()
    return [outbox.Mail(**dict(zip(outbox.Mail.__struct_fields__, row, strict=True))) for row in rows]


def _certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's context with a certificate for loopback, and the file of its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private)
    return context, certificate
