"""What Docker would run: every command is one of ours, every variable one that the settings read, the image whole."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from services.cli import main

ROOT = Path(__file__).parents[1]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
IMPORTS = """
import sys, services.cli, services.server, services.web, services.workers.run
assert services.cli.__file__.startswith(sys.argv[1]), services.cli.__file__
"""
OURS = {name: each for name, each in SERVICES.items() if each["image"] == "beffroi"}


def arguments(service: dict[str, Any], environ: dict[str, str]) -> list[str]:
    """The command of a service as Docker would hand it over; of substitutions only ${NAME:+text} occurs."""
    command = service["command"]
    if isinstance(command, list):
        return [str(each) for each in command]
    return re.sub(
        r"\$\{(\w+):\+(\w*)\}", lambda found: found[2] if environ.get(found[1]) else "", command
    ).split()


def parse(command: click.Command, words: list[str], parent: click.Context | None = None) -> list[str]:
    """The names of the commands that words lead to; click raises UsageError for what it would refuse."""
    context = command.make_context(command.name or "beffroi", list(words), parent=parent)
    if isinstance(command, click.Group):
        name, found, rest = command.resolve_command(context, words)
        assert name is not None
        assert found is not None
        return [name, *parse(found, rest, context)]
    return []


@pytest.mark.parametrize("environ", [{}, {"BEFFROI_SMTP": "smtp://mail.example"}], ids=["no mails", "mails"])
def test_every_process_is_a_command_of_ours_and_every_worker_has_one(environ: dict[str, str]) -> None:
    asked = {name: arguments(each, environ) for name, each in OURS.items()}
    assert {name: parse(main, words)[0] for name, words in asked.items()} == {
        "prepare": "communes", "web": "web", "relay": "work", "projector": "work", "work": "work",
    }  # fmt: skip
    from services.workers import NAMES

    workers = [name for words in asked.values() if words[0] == "work" for name in words[1:]]
    assert sorted(workers) == sorted(set(NAMES) - (set() if environ else {"sender"}))


def test_every_variable_is_one_that_the_settings_read() -> None:
    read = set(re.findall(r'"(PORT|BEFFROI_\w+)"', (ROOT / "infra" / "settings.py").read_text()))
    for service in OURS.values():
        assert set(service["environment"]) <= read


def test_all_processes_share_secrets_and_wait_for_the_schema() -> None:
    for name, service in OURS.items():
        assert service["volumes"] == ["beffroi:/var/lib/beffroi"]
        assert set(service["secrets"]) <= set(COMPOSE["secrets"])
        awaited = service["depends_on"]
        if name == "prepare":
            assert awaited["postgres"]["condition"] == "service_healthy"
        else:
            assert awaited["prepare"]["condition"] == "service_completed_successfully"
    assert "BEFFROI_DATA=/var/lib/beffroi" in (ROOT / "Dockerfile").read_text()
    assert SERVICES["projector"]["deploy"]["replicas"] == 2


def test_only_the_web_server_is_reached_from_outside_and_from_this_machine_alone() -> None:
    assert {name: each["ports"] for name, each in SERVICES.items() if "ports" in each} == {
        "web": ["127.0.0.1:${PORT:-8000}:8000"]
    }


def test_the_broker_is_the_one_that_the_tests_run_on() -> None:
    _, version = SERVICES["kafka"]["image"].split(":")
    assert f"org.apache.kafka:kafka_2.13:{version}\n" in (ROOT / "scripts" / "kafka.sha256").read_text()


def test_the_image_holds_everything_that_its_processes_import(tmp_path: Path) -> None:
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if line.startswith("!"):
            source, target = ROOT / line[1:], tmp_path / line[1:]
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "vendor"))
            else:
                shutil.copy(source, target)
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    environ = {**os.environ, "PYTHONPATH": str(tmp_path)}
    for program in (
        ["scripts/assets.py"],
        ["-c", IMPORTS, str(tmp_path)],
    ):
        done = subprocess.run(
            [sys.executable, *program], cwd=tmp_path, env=environ, check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
