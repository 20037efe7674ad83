"""Secret files are closed from the start, made once, and refused when somebody else could read them."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from infra.secrets import InsecureSecretsError, SecretsFolder, random_password


def test_folder_and_file_are_closed_whatever_the_umask(tmp_path: Path) -> None:
    folder = SecretsFolder(tmp_path / "deep" / "secrets")
    assert folder.read("key") is None
    assert folder.read_or_create("key", lambda: b"one") == b"one"
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder.path / "key").stat().st_mode) == 0o600
    assert [path.name for path in folder.path.iterdir()] == ["key"]


def test_a_secret_is_made_once(tmp_path: Path) -> None:
    folder = SecretsFolder(tmp_path / "secrets")
    folder.read_or_create("key", lambda: b"one")
    assert folder.read_or_create("key", lambda: b"two") == b"one"
    assert folder.read("key") == b"one"


def test_of_many_that_make_it_at_once_all_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as threads:
        got = list(
            threads.map(
                lambda _: SecretsFolder(tmp_path / "secrets").read_or_create(
                    "key", lambda: random_password().encode()
                ),
                range(64),
            )
        )
    assert len(set(got)) == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    folder = SecretsFolder(tmp_path / "secrets")
    folder.read_or_create("key", lambda: b"one")
    (folder.path / "key").chmod(mode)
    with pytest.raises(InsecureSecretsError, match=f"chmod 600 {folder.path / 'key'}"):
        folder.read("key")


def test_a_folder_that_others_can_open_is_refused(tmp_path: Path) -> None:
    folder = SecretsFolder(tmp_path / "secrets")
    folder.path.mkdir()
    folder.path.chmod(0o755)
    with pytest.raises(InsecureSecretsError, match="chmod 700"):
        folder.read_or_create("key", lambda: b"one")


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    folder = SecretsFolder(tmp_path / "secrets")
    folder.read_or_create("key", lambda: b"one")
    (folder.path / "other").symlink_to(folder.path / "key")
    with pytest.raises(OSError, match="symbolic link"):
        folder.read("other")
