"""`beffroi assess`: whether the tariffs in a file keep the convention's commitments, for people or as JSON.

It needs no database and no network; whoever has the file and this command can check what a town was told.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from domain.tariffs.assess import Finding, ScenarioError

_WRONG_FILE = 2
_BROKEN = 1


@click.command()
@click.argument("file", metavar="SCENARIO", required=False)
@click.option("--json", "as_json", is_flag=True, help="Write the findings and their summary as JSON.")
@click.option("--all", "everything", is_flag=True, help="List every commitment kept, however many there are.")
@click.option("--schema", is_flag=True, help="Write the JSON Schema of a scenario and judge nothing.")
def assess(file: str | None, *, as_json: bool, everything: bool, schema: bool) -> None:
    """Check whether tariffs keep a convention's commitments.

    SCENARIO is a JSON file, or - for standard input. The exit code is 0 when all commitments are kept, 1 when one
    is not, 2 when the file is wrong.
    """
    if schema:
        from domain.tariffs.assess.schema import scenario_schema, schema_text

        with _output() as output:
            output.write(schema_text(scenario_schema()).encode())
        return
    if file is None:
        raise click.UsageError("name the scenario to check, or - for standard input")
    from domain.tariffs.assess import BROKEN, ScenarioError, read_scenario
    from domain.tariffs.assess import assess as judge

    try:
        scenario = read_scenario(_read(file))
        findings = judge(scenario)
    except ScenarioError as wrong:
        _refuse(file, wrong)
    broken = any(finding.verdict in BROKEN for finding in findings)
    with _output() as output:
        if as_json:
            _write_json(findings, output)
        else:
            from services.assess_table import table

            colour = output.isatty() and "NO_COLOR" not in os.environ
            for line in table(scenario, findings, everything=everything, colour=colour):
                output.write(f"{line}\n".encode())
    sys.exit(_BROKEN if broken else 0)


def _read(file: str) -> bytes:
    if file == "-" and not sys.stdin:
        _end("beffroi assess: standard input is closed")
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        _end(f"beffroi assess: {_name(file)} cannot be read: {error.strerror}")


def _name(file: str) -> str:
    return "standard input" if file == "-" else click.format_filename(file)


def _refuse(file: str, wrong: "ScenarioError") -> NoReturn:
    _end(
        f"beffroi assess: {_name(file)} is no scenario that can be judged\n"
        f"  at        {wrong.path}\n"
        f"  expected  {wrong.expected}\n"
        f"  found     {wrong.found}"
    )


def _end(message: str) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(_WRONG_FILE)


@contextmanager
def _output() -> Iterator[IO[bytes]]:
    """Standard output in UTF-8 whatever the terminal's setting; a reader who has seen enough may close it."""
    output = sys.stdout.buffer if sys.stdout else BytesIO()
    try:
        yield output
        output.flush()
    except BrokenPipeError:
        # What is still buffered goes nowhere, so that leaving is silent; the exit code is still the verdict's.
        os.dup2(os.open(os.devnull, os.O_WRONLY), output.fileno())
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), output.fileno())
        _end(f"beffroi assess: the result cannot be written: {error.strerror}")


def _write_json(findings: "tuple[Finding, ...]", output: IO[bytes]) -> None:
    """One finding a line."""
    import msgspec

    from domain.tariffs.assess import finding_to_json, summary

    encoder = msgspec.json.Encoder()
    output.write(b'{"findings": [')
    separator = b"\n"
    for finding in findings:
        output.write(separator + encoder.encode(finding_to_json(finding)))
        separator = b",\n"
    output.write(b'\n],\n"summary": ' + encoder.encode(summary(findings)) + b"}\n")
