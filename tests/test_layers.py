"""The import directions hold, and the checker is proved: a violation planted in a copy of the tree is caught."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("domain", "projections", "services", "infra", "loadtests")
DOMAIN_MAY_IMPORT = {"domain", "eventsourcing", "msgspec", *sys.stdlib_module_names}


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache", "--config", tree / "pyproject.toml"],
        cwd=tree,
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for room in ROOMS:
        shutil.copytree(
            ROOT / room,
            tmp_path / room,
            ignore=lambda _, names: [name for name in names if name in {"static", "__pycache__"}],
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_room_keeps_its_direction() -> None:
    checked = lint(ROOT)
    assert checked.returncode == 0, checked.stdout
    assert "6 kept, 0 broken" in checked.stdout


@pytest.mark.parametrize(
    ("planted_in", "statement", "contract"),
    [
        ("domain", "import infra.settings", "domain imports none of ours"),
        ("domain", "from services import cli", "domain imports none of ours"),
        ("domain", "import projections", "domain imports none of ours"),
        ("domain", "import psycopg", "domain stands on eventsourcing and msgspec alone"),
        (
            "domain",
            "def late():\n    from flask import Flask",
            "domain stands on eventsourcing and msgspec alone",
        ),
        (
            "projections",
            "from infra.clock import Clock",
            "projections import domain, and neither infra nor services",
        ),
        ("infra", "import projections", "infra imports domain, and neither projections nor services"),
        ("infra", "import services.cli", "nobody imports services"),
        ("services", "import loadtests", "what is served imports no load test"),
    ],
)
def test_a_planted_violation_is_caught(copy: Path, planted_in: str, statement: str, contract: str) -> None:
    (copy / planted_in / "planted.py").write_text(statement + "\n")
    checked = lint(copy)
    assert checked.returncode == 1, checked.stdout
    assert f"{contract} BROKEN" in checked.stdout
    assert f"{planted_in}.planted" in checked.stdout


def test_the_unplanted_copy_is_clean(copy: Path) -> None:
    assert lint(copy).returncode == 0


def test_the_domain_imports_only_the_standard_library_eventsourcing_and_msgspec() -> None:
    foreign = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in (ROOT / "domain").rglob("*.py")
        for name in imported(path.read_text(encoding="utf-8"))
        if name not in DOMAIN_MAY_IMPORT
    }
    assert foreign == set()
    assert imported("import numpy.linalg\ndef f():\n    from pandas import x") == {"numpy", "pandas"}


def test_nobody_but_the_tests_imports_the_tests() -> None:
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            assert "tests" not in imported(path.read_text(encoding="utf-8")), path


def imported(source: str) -> set[str]:
    """The top-level packages that a module imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names
