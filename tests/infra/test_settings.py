"""Settings are read once from the environment, and a value that cannot be used is named."""

from pathlib import Path

import pytest

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
        }
    )
    assert settings == Settings(
        data=Path("/srv/beffroi"),
        database_url="postgresql://owner@db/beffroi",
        master_key_file=Path("/run/key"),
        demo=True,
        port=9000,
        proxies=2,
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
