"""Settings are read once from the environment, and a value that cannot be used is named."""

import re
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from infra.mail_server import MailServer
from infra.settings import Settings, SettingsError


def test_nothing_set_is_an_embedded_database_in_var_on_port_8000() -> None:
    settings = Settings.from_environ({})
    assert settings == Settings(data=Path.cwd() / "var")
    assert settings.secrets == Path.cwd() / "var" / "secrets"
    assert settings.postgres == Path.cwd() / "var" / "postgres"
    assert (settings.port, settings.demo, settings.database_url) == (8000, False, None)


def test_each_variable_is_read() -> None:
    settings = Settings.from_environ(
        {
            "BEFFROI_DATA": "/srv/beffroi",
            "BEFFROI_DATABASE_URL": "postgresql://owner@db/beffroi",
            "BEFFROI_MASTER_KEY_FILE": "/run/key",
            "BEFFROI_DEMO": "1",
            "PORT": "9000",
            "BEFFROI_PROXIES": "2",
            "BEFFROI_WEB_PROCESSES": "4",
        }
    )
    assert settings == Settings(
        data=Path("/srv/beffroi"),
        database_url="postgresql://owner@db/beffroi",
        master_key_file=Path("/run/key"),
        demo=True,
        port=9000,
        proxies=2,
        web_processes=4,
    )


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"PORT": "http"}, "PORT"),
        ({"PORT": "0"}, "PORT"),
        ({"PORT": "65536"}, "PORT"),
        ({"PORT": "²"}, "PORT"),
        ({"BEFFROI_DEMO": "perhaps"}, "BEFFROI_DEMO"),
        ({"BEFFROI_PROXIES": "-1"}, "BEFFROI_PROXIES"),
        ({"BEFFROI_WEB_PROCESSES": "0"}, "BEFFROI_WEB_PROCESSES"),
        ({"BEFFROI_MASTER_KEY": "a", "BEFFROI_MASTER_KEY_FILE": "b"}, "BEFFROI_MASTER_KEY"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(environ: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        Settings.from_environ(environ)


def test_no_secret_is_shown() -> None:
    settings = Settings.from_environ(
        {"BEFFROI_MASTER_KEY": "s3cret", "BEFFROI_DATABASE_URL": "postgresql://o:s3cret@h/d"}
    )
    assert "s3cret" not in repr(settings)


MAILS = {
    "BEFFROI_SMTP": "smtp://beffroi:p%40ss@mail.example:587?starttls=1",
    "BEFFROI_MAIL_FROM": "Beffroi de Vierzon <beffroi@vierzon.example>",
    "BEFFROI_URL": "https://beffroi.vierzon.example/",
}


def test_the_settings_of_mails_are_read() -> None:
    settings = Settings.from_environ(MAILS)
    assert settings.smtp == MailServer("mail.example", 587, "starttls", "beffroi", "p@ss")
    assert settings.sender == "Beffroi de Vierzon <beffroi@vierzon.example>"
    assert settings.site == "https://beffroi.vierzon.example"
    assert "p@ss" not in repr(settings)


def test_without_them_nothing_is_sent_and_links_lead_to_this_machine() -> None:
    settings = Settings.from_environ({"PORT": "9000"})
    assert settings.smtp is None
    assert settings.site == "http://127.0.0.1:9000"


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtps://a:b@mail.example", MailServer("mail.example", 465, "tls", "a", "b")),
        ("smtp://mail.example", MailServer("mail.example", 25, "none")),
        ("smtp://a:b@127.0.0.1:1025", MailServer("127.0.0.1", 1025, "none", "a", "b")),
    ],
)
def test_a_server_of_mails_is_named_by_a_url(url: str, server: MailServer) -> None:
    assert MailServer.parse(url) == server


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"BEFFROI_SMTP": "mail.example:25"}, "BEFFROI_SMTP cannot be used: it must look like smtp://"),
        ({"BEFFROI_SMTP": "smtp://a:secret@mail.example"}, "a password is only sent over TLS"),
        ({"BEFFROI_SMTP": "smtp://a@mail.example?starttls=1"}, "both a user and a password"),
        ({"BEFFROI_SMTP": "smtp://mail.example?tls=1"}, "the only option is starttls=1"),
        ({"BEFFROI_SMTP": "smtps://mail.example?starttls=1"}, "leave starttls out"),
        ({"BEFFROI_SMTP": "smtp://mail.example:x"}, "it must look like"),
        ({"BEFFROI_MAIL_FROM": "nobody"}, "BEFFROI_MAIL_FROM cannot be used: it must be one address"),
        ({"BEFFROI_MAIL_FROM": ""}, "set BEFFROI_MAIL_FROM too"),
        ({"BEFFROI_URL": ""}, "set BEFFROI_URL too"),
        ({"BEFFROI_URL": "vierzon.example"}, "BEFFROI_URL cannot be used"),
        ({"BEFFROI_URL": "https://vierzon.example/beffroi"}, "without a path"),
    ],
)
def test_a_setting_of_mails_that_cannot_be_used_is_named_without_its_password(
    changed: dict[str, str], said: str
) -> None:
    with pytest.raises(SettingsError, match=re.escape(said)) as wrong:
        Settings.from_environ({**MAILS, **changed})
    assert "secret" not in str(wrong.value)


def test_the_settings_of_kafka_are_read(tmp_path: Path) -> None:
    options = tmp_path / "kafka.json"
    options.write_text('{"security_protocol": "SSL", "ssl_password": "s3cret"}')
    settings = Settings.from_environ(
        {
            "BEFFROI_KAFKA": "a.example:9093, [::1]:9094,b.example",
            "BEFFROI_KAFKA_PREFIX": "cher-",
            "BEFFROI_KAFKA_OPTIONS_FILE": str(options),
        }
    )
    assert settings.kafka is not None
    assert settings.kafka.servers == ("a.example:9093", "[::1]:9094", "b.example:9092")
    assert settings.kafka.topic == "cher-beffroi.ledger.v1"
    assert settings.kafka.client("test")["security_protocol"] == "SSL"
    assert "s3cret" not in repr(settings)


def test_without_kafka_its_other_settings_mean_nothing() -> None:
    settings = Settings.from_environ({"BEFFROI_KAFKA": " ", "BEFFROI_KAFKA_OPTIONS_FILE": "/nowhere"})
    assert settings.kafka is None
    assert settings.broker == settings.data / "kafka"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"BEFFROI_KAFKA": ","}, "at least one host:port is expected"),
        ({"BEFFROI_KAFKA": "kafka:high"}, "'kafka:high' is not host:port"),
        ({"BEFFROI_KAFKA": "kafka:0"}, "'kafka:0' is not host:port"),
        ({"BEFFROI_KAFKA": "kafka:65536"}, "'kafka:65536' is not host:port"),
        ({"BEFFROI_KAFKA": ":9092"}, "':9092' is not host:port"),
        ({"BEFFROI_KAFKA_OPTIONS_FILE": "/nowhere/kafka.json"}, "/nowhere/kafka.json cannot be read"),
        ({"BEFFROI_KAFKA_OPTIONS_FILE": __file__}, "is not a JSON object"),
    ],
)
def test_a_setting_of_kafka_that_cannot_be_used_is_named(changed: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(said)):
        Settings.from_environ({"BEFFROI_KAFKA": "127.0.0.1:9092", **changed})


def test_the_password_of_the_database_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("s3cret /'\n")
    settings = Settings.from_environ(
        {
            "BEFFROI_DATABASE_URL": "postgresql://beffroi_owner@db/beffroi",
            "BEFFROI_DATABASE_PASSWORD_FILE": str(tmp_path / "password"),
        }
    )
    assert settings.database_url is not None
    assert conninfo_to_dict(settings.database_url) == {
        "user": "beffroi_owner",
        "host": "db",
        "dbname": "beffroi",
        "password": "s3cret /'",
    }


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"BEFFROI_DATABASE_URL": "postgresql://o@h/d"}, "BEFFROI_DATABASE_PASSWORD_FILE cannot be read"),
        ({}, "set BEFFROI_DATABASE_URL too"),
    ],
)
def test_a_password_file_without_content_or_database_is_refused(environ: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        Settings.from_environ({"BEFFROI_DATABASE_PASSWORD_FILE": "/nowhere/password", **environ})


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.0.2.7"])  # noqa: S104 (what is being tested)
def test_pages_are_served_beyond_this_machine_only_when_asked_and_never_in_a_demo(address: str) -> None:
    assert Settings.from_environ({}).bind == "127.0.0.1"
    assert Settings.from_environ({"BEFFROI_BIND": address}).bind == address
    with pytest.raises(SettingsError, match="unset BEFFROI_BIND"):
        Settings.from_environ({"BEFFROI_BIND": address, "BEFFROI_DEMO": "1"})
    assert Settings.from_environ({"BEFFROI_BIND": "::1", "BEFFROI_DEMO": "1"}).bind == "::1"


def test_an_address_to_listen_on_is_a_number() -> None:
    with pytest.raises(SettingsError, match="BEFFROI_BIND must be an IP address, not 'localhost'"):
        Settings.from_environ({"BEFFROI_BIND": "localhost"})
