"""`beffroi communes`: loading the directory of the communes, and looking something up in it.
Both open the database as the service does."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from infra.directory.load import Loaded
    from infra.directory.search import Hit


@click.group()
def communes() -> None:
    """The directory of the communes of France."""


@communes.command("load")
@click.option(
    "--node-modules",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder that npm installed into. By default the checkout's.",
)
def load_command(node_modules: Path | None) -> None:
    """Load the installed vintage; nothing happens when it is in force already."""
    import psycopg

    from infra.database import open_database
    from infra.directory.load import load
    from infra.directory.source import NODE_MODULES, SourceInvalidError, SourceMissingError, open_source
    from infra.settings import Settings

    settings = Settings.from_environ(os.environ)
    try:
        source = open_source(node_modules or NODE_MODULES)
        with (
            open_database(settings, click.echo) as urls,
            psycopg.connect(urls.owner, autocommit=True) as owner,
        ):
            loaded = load(owner, source)
    except (SourceMissingError, SourceInvalidError) as fault:
        raise click.ClickException(str(fault)) from fault
    click.echo(summary(loaded))


@communes.command("search")
@click.argument("text")
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True)
def search_command(text: str, limit: int) -> None:
    """Find communes by name, INSEE code, postcode or arrondissement."""
    import psycopg

    from infra.database import open_database
    from infra.directory.load import in_force
    from infra.directory.search import search
    from infra.settings import Settings

    settings = Settings.from_environ(os.environ)
    with (
        open_database(settings, click.echo) as urls,
        psycopg.connect(urls.request, autocommit=True) as reader,
    ):
        if in_force(reader) is None:
            raise click.ClickException("No communes are loaded yet: run `beffroi communes load`.")
        result = search(reader, text, limit)
    for hit in result.hits:
        click.echo(line(hit))
    if result.more:
        click.echo("…")
    elif not result.hits:
        click.echo("No commune answers to this.")


def summary(loaded: "Loaded") -> str:
    """What a load did, in one to two lines."""
    vintage = loaded.vintage
    done = f"loaded in {loaded.seconds:.1f} s" if loaded.changed else "loaded already"
    text = (
        f"Communes {vintage.year or 'of an unknown year'} ({vintage.package} {vintage.version}): "
        f"{loaded.communes:,} communes, {loaded.parts:,} former communes and arrondissements, {done}"
    )
    if loaded.replaced and loaded.replaced.version != vintage.version:
        text += f", in place of {loaded.replaced.version}"
    text += "."
    if loaded.vanished:
        text += f"\nCodes that lead to no commune any more: {', '.join(loaded.vanished)}."
    return text


def line(hit: "Hit") -> str:
    """One commune of an answer, with why it is there when its name does not say it."""
    commune = hit.commune
    population = "–" if commune.population is None else f"{commune.population:,}"
    text = f"{commune.code}  {population:>9}  {commune.name} ({commune.department.name})"
    if hit.reason == "name":
        return text
    why = [hit.reason.replace("_", " "), hit.matched or "", (hit.part and hit.part.name) or ""]
    return f"{text}  [{', '.join(filter(None, why))}]"
