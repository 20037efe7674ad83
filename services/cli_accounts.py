"""`beffroi accounts`: who may sign in. Passwords come from a prompt or are made here; never from the command line.

A line of command is kept in histories and shown to every user of the machine.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, cast

import click

if TYPE_CHECKING:
    from psycopg import Connection

ROLES = ("insurer", "town", "grouping", "operator")


@click.group()
def accounts() -> None:
    """People who may sign in: list, add, password, disable, enable, communes of a grouping."""


@accounts.command("list")
def list_command() -> None:
    """List every account."""
    from infra.identity import list_accounts

    with _owner() as connection:
        found = list_accounts(connection)
    for each in found:
        state = f"disabled {each.disabled_at:%Y-%m-%d}" if each.disabled_at else "open"
        click.echo(f"{each.email:<40} {each.role:<8} {each.code:<9} {state:<19} {each.organisation}")
    if not found:
        click.echo("No account yet: add one with `beffroi accounts add`.")


@accounts.command()
@click.argument("email")
@click.option("--name", required=True, help="The person's name.")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option(
    "--code",
    help="The insurer's SIREN, the town's INSEE code, the agglomeration's SIREN or the department.",
)
@click.option(
    "--organisation", help="The organisation's name. A town is called as in the directory of communes."
)
@click.option("--fictitious", is_flag=True, help="The organisation is invented; screens say so.")
@click.option("--generate", is_flag=True, help="Make a password and print it once.")
def add(
    email: str,
    name: str,
    role: str,
    code: str | None,
    organisation: str | None,
    *,
    fictitious: bool,
    generate: bool,
) -> None:
    """Add the account of EMAIL, and its organisation if that is new."""
    from infra.clock import SystemClock
    from infra.identity import add_account, add_organisation

    kind = cast('Literal["insurer", "town", "grouping", "operator"]', role)
    code = "platform" if kind == "operator" else code
    if code is None:
        raise click.UsageError("--code is missing: a SIREN, an INSEE code, or a department's code.")
    with _owner() as connection:
        called = organisation or _name(connection, kind, code)
        password = _password(generate=generate)
        with connection.transaction():
            identity = add_organisation(connection, kind, code, called, fictitious=fictitious)
            add_account(
                connection, identity, email=email, name=name, password=password, now=SystemClock().now()
            )
    click.echo(f"{email} may sign in for {called}.")
    _say(password, generate=generate)


@accounts.command()
@click.argument("email")
@click.option("--generate", is_flag=True, help="Make a password and print it once.")
def password(email: str, *, generate: bool) -> None:
    """Give the account of EMAIL another password; it is signed out everywhere."""
    from infra.clock import SystemClock
    from infra.identity import set_password

    chosen = _password(generate=generate)
    with _owner() as connection:
        set_password(connection, email, chosen, SystemClock().now())
    click.echo(f"The password of {email} is changed.")
    _say(chosen, generate=generate)


@accounts.command()
@click.argument("email")
def disable(email: str) -> None:
    """Close the account of EMAIL; it is signed out everywhere at once."""
    from infra.clock import SystemClock
    from infra.identity import disable_account

    with _owner() as connection:
        disable_account(connection, email, SystemClock().now())
    click.echo(f"{email} may no longer sign in.")


@accounts.command()
@click.argument("email")
def enable(email: str) -> None:
    """Open the account of EMAIL again."""
    from infra.clock import SystemClock
    from infra.identity import enable_account

    with _owner() as connection:
        enable_account(connection, email, SystemClock().now())
    click.echo(f"{email} may sign in again.")


@accounts.command()
@click.argument("code")
@click.argument("communes", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All communes that it has in the directory today.")
def communes(code: str, communes: tuple[str, ...], *, every: bool) -> None:
    """Say which COMMUNES (INSEE codes) the grouping CODE reads, instead of those it read."""
    from infra.directory.search import of_area
    from infra.errors import OperatorError
    from infra.identity import set_communes

    if every == bool(communes):
        raise click.UsageError("Name the communes, or say --all.")
    with _owner() as connection:
        chosen = of_area(connection, code) if every else list(communes)
        if not chosen:
            raise OperatorError(f"The directory knows no agglomeration or department {code}.")
        set_communes(connection, f"grouping:{code}", chosen)
    click.echo(f"The grouping {code} reads {len(set(chosen))} commune{'s' if len(set(chosen)) > 1 else ''}.")


@contextmanager
def _owner() -> "Iterator[Connection[Any]]":
    import psycopg

    from infra.database import open_database
    from infra.settings import Settings

    settings = Settings.from_environ(os.environ)
    with (
        open_database(settings, click.echo) as urls,
        psycopg.connect(urls.owner, autocommit=True) as connection,
    ):
        yield connection


def _name(connection: "Connection[Any]", kind: str, code: str) -> str:
    from infra.directory.search import area_name, get
    from infra.errors import OperatorError

    row = connection.execute(
        "select name from identity.organisation where id = %s", (f"{kind}:{code}",)
    ).fetchone()
    if row is not None:
        return str(row[0])
    if kind == "operator":
        return "Beffroi"
    found = get(connection, code) if kind == "town" else None
    called = area_name(connection, code) if kind == "grouping" else found.name if found else None
    if called is None:
        raise OperatorError(f"What is the {kind} {code} called? Say it with --organisation.")
    return called


def _password(*, generate: bool) -> str:
    from infra.identity import SHORTEST_PASSWORD, generated_password

    if generate:
        return generated_password()
    prompt = f"Password (at least {SHORTEST_PASSWORD} characters)"
    return str(click.prompt(prompt, hide_input=True, confirmation_prompt=True))


def _say(password: str, *, generate: bool) -> None:
    if generate:
        click.echo(f"Its password, shown this once: {password}")
