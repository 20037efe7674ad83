"""The set-up: noticed when done, made again when a lock file changes, and clear about what is missing."""

import hashlib
import json
import os
import re
import runpy
import shutil
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements/runtime.txt", "requirements/dev.txt", "package-lock.json")


def setup(checkout: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [checkout / "scripts" / "setup", *arguments],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The files that the set-up reads, and what it would have made, with programs that only tell they were called."""
    for name in (*LOCKS, "package.json", ".npmrc", "pyproject.toml", "scripts/setup", "scripts/assets.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    program(tmp_path / ".venv/bin/python", 'echo "python $*"')
    (tmp_path / ".venv/bin/pip").write_text(f"#!{tmp_path}/.venv/bin/python\n")
    program(tmp_path / "bin/npm", 'echo "npm $*"')
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "services/web/static/vendor").mkdir(parents=True)
    return tmp_path


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def only(folder: Path, *names: str) -> str:
    """A PATH on which nothing else is found than these programs of the machine and those of the folder."""
    folder.mkdir(exist_ok=True)
    for name in ("dirname", "cat", "cut", "sha256sum", "grep", "rm", "mkdir", *names):
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    return str(folder)


def test_a_done_set_up_is_noticed_in_well_under_two_seconds(checkout: Path) -> None:
    path = f"{checkout}/bin:{os.environ['PATH']}"
    first = setup(checkout, PATH=path)
    assert first.returncode == 0, first.stderr
    assert "python -m pip install" in first.stdout
    assert "npm ci" in first.stdout
    assert "python scripts/assets.py" in first.stdout
    started = time.monotonic()
    again = setup(checkout, PATH=path)
    assert time.monotonic() - started < 1
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("changed", "called"),
    [
        ("requirements/runtime.txt", {"pip"}),
        ("requirements/dev.txt", {"pip"}),
        ("package-lock.json", {"npm", "assets"}),
        ("scripts/assets.py", {"assets"}),
    ],
)
def test_a_changed_lock_file_is_installed_and_nothing_else(
    checkout: Path, changed: str, called: set[str]
) -> None:
    path = f"{checkout}/bin:{os.environ['PATH']}"
    setup(checkout, PATH=path)
    with (checkout / changed).open("a") as file:
        file.write("\n")
    said = setup(checkout, PATH=path).stdout
    assert {name for name in ("pip", "npm", "assets") if name in said} == called


def test_an_install_that_failed_is_tried_again(checkout: Path) -> None:
    program(checkout / "bin/npm", "exit 1")
    path = f"{checkout}/bin:{os.environ['PATH']}"
    assert setup(checkout, PATH=path).returncode != 0
    program(checkout / "bin/npm", 'echo "npm $*"')
    assert "npm ci" in setup(checkout, PATH=path).stdout


def test_what_a_machine_points_pip_to_is_not_asked(checkout: Path) -> None:
    program(checkout / ".venv/bin/python", 'echo "links=$PIP_FIND_LINKS"')
    said = setup(checkout, PATH=f"{checkout}/bin:{os.environ['PATH']}", PIP_FIND_LINKS="/wheels").stdout
    assert "links=\n" in said
    assert "/wheels" not in said


@pytest.mark.parametrize(
    ("present", "said"),
    [
        ((), "Python 3.11 or later is missing: install it (Debian: apt-get install python3 python3-venv)"),
        (("python3",), "Node.js 18.18 or later is missing: install it (Debian: apt-get install nodejs npm)"),
        (("python3", "node"), "npm is missing: install it (Debian: apt-get install npm)"),
    ],
)
def test_a_missing_tool_is_named_in_one_line(
    checkout: Path, tmp_path: Path, present: tuple[str, ...], said: str
) -> None:
    path = only(tmp_path / "path", *(name for name in present if name != "python3"), "id")
    if "python3" in present:
        (tmp_path / "path" / "python3").symlink_to(sys.executable)
    done = setup(checkout, PATH=path, PYTHON="")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"setup: {said}"


@pytest.mark.parametrize(
    ("option", "said"),
    [("--tests", "the tests need chromium.*"), ("--kafka", "Kafka needs default-jre-headless")],
)
def test_what_an_option_needs_is_named_in_one_line_to_who_is_not_root(
    checkout: Path, tmp_path: Path, option: str, said: str
) -> None:
    path = only(tmp_path / "path", "node")
    program(tmp_path / "path/npm", "true")
    program(tmp_path / "path/id", "echo 1000")
    (tmp_path / "path" / "python3").symlink_to(sys.executable)
    done = setup(checkout, option, PATH=path)
    assert done.returncode == 1
    assert re.search(rf"^setup: {said}: install them as root", done.stderr, re.MULTILINE)


def test_only_the_very_files_that_are_listed_are_brought_and_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring = runpy.run_path(str(ROOT / "scripts" / "jars.py"))["bring"]
    listing, target = tmp_path / "tool.sha256", tmp_path / "cache" / "tool"
    listing.write_text(f"{hashlib.sha256(b'right').hexdigest()}  org.example:tool:1.0\n")
    monkeypatch.setenv("PATH", f"{tmp_path}/bin", prepend=":")
    copies = 'for each; do case $each in -Dout*) printf %s {} >"${{each#*=}}/tool-1.0.jar" ;; esac; done'
    program(tmp_path / "bin/mvn", copies.format("wrong"))
    with pytest.raises(SystemExit, match=r"not the files that tool.sha256 lists: tool-1.0.jar"):
        bring(listing, target)
    assert not target.exists()
    program(tmp_path / "bin/mvn", copies.format("right"))
    bring(listing, target)
    (target / "tool-0.9.jar").write_text("of another version")
    program(tmp_path / "bin/mvn", "exit 1")
    bring(listing, target)
    assert [each.name for each in target.iterdir()] == ["tool-1.0.jar"]


def test_lock_files_hold_hashes_and_no_address_or_path() -> None:
    for name in LOCKS[:2]:
        text = (ROOT / name).read_text()
        assert not re.search(r"://|file:|(?:^|[\s=])/\w|^\s*-[^-]", text, re.MULTILINE), name
        pinned = re.findall(r"^[a-z0-9][^\n]*== ?[^\n]*\\$", text, re.MULTILINE)
        assert len(pinned) > 20
        assert len(re.findall(r"^[a-z0-9]", text, re.MULTILINE)) == len(pinned)
    packages = json.loads((ROOT / LOCKS[2]).read_text())["packages"]
    installed = {name: each for name, each in packages.items() if name}
    assert all("integrity" in each and "resolved" not in each for each in installed.values())


def test_every_vendored_asset_is_there() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "assets.py"))
    target: Path = script["TARGET"]
    made = {str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()} - {".setup-stamp"}
    assert made == set(script["FILES"])
    assert (target / "source-sans-3.woff2").read_bytes()[:4] == b"wOF2"


def test_programs_may_be_run() -> None:
    for name in ("scripts/setup", "scripts/lock", ".ci/run"):
        assert (ROOT / name).stat().st_mode & stat.S_IXUSR, name


class Advisories(BaseHTTPRequestHandler):
    """Answers like an advisory service: everything is clean but the package named in `bad`."""

    bad = ""

    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.endswith("/query"):
            vulnerable = json.loads(asked)["package"]["name"] == self.bad
            answer: object = {"vulns": [OSV_RECORD]} if vulnerable else {}
        else:
            answer = {self.bad: [NPM_RECORD]} if self.bad else {}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass


OSV_RECORD = {
    "id": "PYSEC-2026-1",
    "summary": "a hole",
    "published": "2026-01-01T00:00:00Z",
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "flask"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.0"}]}],
        }
    ],
}
NPM_RECORD = {
    "id": 1,
    "url": "http://127.0.0.1/1",
    "title": "a hole",
    "severity": "high",
    "vulnerable_versions": "<99",
    "cwe": [],
    "cvss": {"score": 7, "vectorString": None},
}


@pytest.fixture
def advisories() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Advisories)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def audit(address: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PIP_AUDIT_OSV_URL": f"{address}/v1/query",
        "npm_config_registry": address,
        "npm_config_fetch_retries": "0",
    }
    return subprocess.run(
        [sys.executable, ROOT / "scripts" / "audit.py"],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )


def test_an_audit_that_finds_nothing_says_so(advisories: str) -> None:
    done = audit(advisories)
    assert done.stdout.splitlines() == [
        "audit: Python: no known vulnerability",
        "audit: JavaScript: no known vulnerability",
    ]
    assert done.returncode == 0


@pytest.mark.parametrize(("package", "language"), [("flask", "Python"), ("htmx.org", "JavaScript")])
def test_a_vulnerability_that_is_found_fails_the_audit(
    advisories: str, package: str, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Advisories, "bad", package)
    done = audit(advisories)
    assert re.search(rf"^audit: {language}: {package}.*", done.stdout, re.MULTILINE), (
        done.stdout + done.stderr
    )
    assert done.returncode == 1


def test_an_audit_service_that_cannot_be_reached_is_said_and_fails_nothing() -> None:
    done = audit("http://127.0.0.1:9")
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.split("(")[0] for line in done.stdout.splitlines()] == [
        "audit: Python NOT audited, its advisory service cannot be reached ",
        "audit: JavaScript NOT audited, its advisory service cannot be reached ",
    ]
