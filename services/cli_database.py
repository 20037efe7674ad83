"""`beffroi db`: the embedded server, the roles and the migrations, for whoever runs the service.
With BEFFROI_DATABASE_URL the server is somebody else's: it is neither started nor stopped here."""

import os
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from infra.database.embedded import EmbeddedPostgres
    from infra.settings import Settings

ROLES = ("owner", "append", "request", "project")


@click.group("db")
def database() -> None:
    """The database: start, stop, status, url, roles-sql, migrate."""


@database.command()
def start() -> None:
    """Start the embedded server and leave it running."""
    embedded = _embedded()
    embedded.start(keep_running=True)
    click.echo("The embedded database is running. Stop it with: beffroi db stop")


@database.command()
@click.option("--force", is_flag=True, help="Stop it even if another process uses it.")
def stop(*, force: bool) -> None:
    """Stop the embedded server."""
    embedded = _embedded()
    if not embedded.running():
        click.echo("The embedded database is not running.")
    elif force or not embedded.in_use():
        embedded.stop()
        click.echo("The embedded database is stopped.")
    else:
        raise click.ClickException("Another process uses the database: stop that one, or add --force.")


@database.command()
def status() -> None:
    """Show where the database is, its version and the revision of its schema; exit code 1 when it is down."""
    import psycopg

    from infra.database.migrations import current, newest

    settings = _settings()
    if settings.database_url is None:
        embedded = _embedded()
        click.echo(f"server    embedded, {embedded.home()}")
        if not embedded.running():
            click.echo("state     stopped")
            raise SystemExit(1)
        owner_url = embedded.owner_url()
    else:
        owner_url = settings.database_url
        click.echo("server    BEFFROI_DATABASE_URL")
    try:
        with psycopg.connect(owner_url, connect_timeout=10) as connection:
            row = connection.execute(
                "select version(), pg_size_pretty(pg_database_size(current_database()))"
            ).fetchone()
            version, size = row or ("", "")
            click.echo(f"state     running, {version.split(' on ')[0]}, {size}")
            click.echo(f"revision  {current(connection) or 'none'} (this version knows {newest()})")
    except psycopg.OperationalError as down:
        click.echo(f"state     unreachable: {str(down).splitlines()[0]}")
        raise SystemExit(1) from down


@database.command()
@click.argument("role", type=click.Choice(ROLES), default="owner")
def url(role: str) -> None:
    """Print the connection URL of a role, password included."""
    from infra.database.roles import Passwords, Urls
    from infra.secrets import SecretsFolder

    settings = _settings()
    owner = settings.database_url or _embedded().owner_url()
    urls = Urls.derive(owner, Passwords.load(SecretsFolder(settings.secrets)))
    click.echo(urls.owner if role == "owner" else getattr(urls, role))


@database.command("roles-sql")
def roles_sql_command() -> None:
    """Print the SQL that makes the roles, for an administrator where the owner may not make them."""
    from infra.database.roles import Passwords, roles_sql
    from infra.secrets import SecretsFolder

    click.echo(roles_sql(Passwords.load(SecretsFolder(_settings().secrets))), nl=False)


@database.command()
def migrate() -> None:
    """Make the roles and bring the schema to the newest revision, as every start does."""
    from infra.database import open_database
    from infra.database.migrations import newest

    with open_database(_settings(), lambda sentence: click.echo(sentence, err=True)):
        click.echo(f"The schema is at revision {newest()}.")


def _settings() -> "Settings":
    from infra.settings import Settings

    return Settings.from_environ(os.environ)


def _embedded() -> "EmbeddedPostgres":
    from infra.database.embedded import EmbeddedPostgres

    settings = _settings()
    if settings.database_url is not None:
        raise click.ClickException("BEFFROI_DATABASE_URL is set: that server is not ours to start or stop.")
    return EmbeddedPostgres.from_settings(settings, lambda sentence: click.echo(sentence, err=True))
