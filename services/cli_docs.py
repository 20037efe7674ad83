"""`beffroi docs`: pages of documentation that are generated from the code, so that they cannot drift from it.

A test compares each with what would be generated now.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from flask import Flask

    from services.access import Access

FOLDER = Path(__file__).parent.parent / "docs"


@click.group()
def docs() -> None:
    """Documentation that is generated from the code."""


@docs.command("access")
@click.option("--check", is_flag=True, help="Change nothing; exit code 1 when the page is not up to date.")
def access_command(*, check: bool) -> None:
    """Write docs/access.md: who may call what."""
    _write(FOLDER / "access.md", access_page(bare_app()), check=check)


@docs.command("assess")
@click.option("--check", is_flag=True, help="Change nothing; exit code 1 when a page is not up to date.")
def assess_command(*, check: bool) -> None:
    """Write docs/commitments and docs/schemas: what a convention may promise, and how a scenario is written."""
    from services.docs_assess import documents

    for path, text in documents().items():
        _write(FOLDER.parent / path, text, check=check, command="assess")


@docs.command("event-schemas")
@click.option("--check", is_flag=True, help="Change nothing; exit code 1 when a schema is not up to date.")
def event_schemas_command(*, check: bool) -> None:
    """Write docs/schemas/events: a JSON Schema of each event in its present version, and of the topic's records.

    Schemas of older versions stay as they are; a published one is never given another shape.
    """
    from services.docs_event_schemas import ChangedShapeError, documents

    try:
        made = documents(FOLDER.parent)
    except ChangedShapeError as error:
        raise click.ClickException(str(error)) from None
    for path, text in made.items():
        _write(FOLDER.parent / path, text, check=check, command="event-schemas")


@docs.command("events")
@click.option("--check", is_flag=True, help="Change nothing; exit code 1 when the page is not up to date.")
def events_command(*, check: bool) -> None:
    """Write docs/events.md: what can happen."""
    from services.docs_events import PAGE, events_page

    _write(FOLDER.parent / PAGE, events_page(), check=check)


def _write(path: Path, text: str, *, check: bool, command: str = "") -> None:
    if check and (not path.exists() or path.read_text(encoding="utf-8") != text):
        shown = path.relative_to(FOLDER.parent)
        raise click.ClickException(f"{shown} is not up to date: run `beffroi docs {command or path.stem}`.")
    if not check:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        click.echo(f"Written: {path}")


def bare_app() -> "Flask":
    """The application without a database, to look at its routes."""
    from tempfile import TemporaryDirectory

    from infra.clock import SystemClock
    from infra.database.pools import Databases
    from infra.database.roles import Urls
    from infra.settings import Settings
    from services.app import create_app
    from services.wiring import Parts

    urls = Urls("", "", "", "")
    with TemporaryDirectory() as folder:
        return create_app(Parts(Settings(data=Path(folder)), urls, Databases(urls), SystemClock()))


def access_page(app: "Flask") -> str:
    """The page as Markdown: a row for each method of each route."""
    from services.access import routes

    rows = [(method, rule.rule, *_who(rule.arguments, said)) for rule, method, said in routes(app)]
    lines = [
        "# Who may call what",
        "",
        "Generated from the routes by `beffroi docs access`; a test compares it with them.",
        "",
        "Whoever may not is told that nothing is there (404). Nobody signed in: the API answers 401, a page leads to",
        "the sign-in page. An insurer reads and writes its own drawers alone and a town its own commune, whatever the",
        "address names; a grouping reads its communes. *own* is what is compared with the address before anything",
        "is read. Groupings and operators who look at a commune read what binds it and its insurers, and no drawer of",
        "either's own. In the database, row-level security is the second lock.",
        "",
        "| method | address | who | own |",
        "|---|---|---|---|",
        *(f"| {method} | `{path}` | {who} | {own} |" for method, path, who, own in rows),
    ]
    return "\n".join(lines) + "\n"


def _who(named: set[str], said: "Access | None") -> tuple[str, str]:
    if said is None:
        return "nobody: it does not say", ""
    if said.public:
        return "everybody", ""
    own = []
    if "insurer" in said.roles and "siren" in named:
        own.append("insurer: its SIREN")
    if "town" in said.roles and "code" in named and not said.anywhere:
        own.append("town: its commune")
    if "grouping" in said.roles and "code" in named and not said.anywhere:
        own.append("grouping: its communes")
    return ", ".join(said.roles), "; ".join(own)
