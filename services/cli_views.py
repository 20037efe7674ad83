"""`beffroi status` and `beffroi rebuild`: how views stand, and filling one again.

A rebuild shows its progress, may be interrupted and asked for again, and switches only to what was compared.
"""

import os
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from services.workers.rebuild import Difference, Outcome


@click.command()
def status() -> None:
    """Show how far the relay, views and workers have come; exit code 1 when a view or its relay stands still."""
    from infra.settings import Settings
    from services.mail import outbox
    from services.status import status as read
    from services.wiring import opened

    with (
        opened(Settings.from_environ(os.environ)) as parts,
        parts.databases.project.connection() as connection,
    ):
        found, mails = read(connection), outbox.counts(connection)
    click.echo(f"ledger     {found.head} events")
    if found.relay is not None:
        relay = found.relay
        works = f"in {relay.holder}" if relay.active else "nowhere at work"
        click.echo(
            f"relay      at {relay.position}, {relay.lag_events} events and {relay.lag_seconds:.1f} s behind, {works}"
        )
        if relay.error:
            click.echo(f"           error: {relay.error}")
    for view in found.views:
        click.echo(
            f"{view.view:<10} v{view.version} build {view.build} {view.state:<8} on {view.feed} at {view.position},"
            f" {view.lag_events} events and {view.lag_seconds:.1f} s behind"
        )
        if view.behind:
            numbers = ", ".join(str(each.partition) for each in view.behind)
            click.echo(f"           partitions behind: {numbers}")
        if view.error:
            click.echo(f"           stopped at event {view.poisoned_at}: {view.error}")
    for follower in found.followers:
        works = f"in {follower.holder}" if follower.holder else "nowhere at work"
        click.echo(
            f"{follower.name:<10} at {follower.position}, {follower.lag_events} events behind, {works}"
        )
        if follower.error:
            click.echo(f"           waits: {follower.error}")
    click.echo(f"mails      {mails.waiting} waiting, {mails.sent} sent, {mails.refused} refused")
    if not found.healthy:
        raise click.ClickException(
            "a view is missing, stopped, or at another version than this code, or the relay that it needs does not work"
        )


@click.command()
@click.argument("view")
@click.option("--commune", "code", help="Only the rows of this commune (INSEE code).")
@click.option(
    "--yes", is_flag=True, help="Switch even if rows differ, or to another version, without asking."
)
def rebuild(view: str, code: str | None, *, yes: bool) -> None:
    """Fill VIEW again beside the one in use, compare both, then switch to the new one."""
    from domain.tenancy import commune, is_commune_code
    from infra.settings import Settings
    from projections import VIEWS
    from services.wiring import opened
    from services.workers.rebuild import Rebuild

    if view not in VIEWS:
        raise click.UsageError(f"There is no view {view!r}: choose among {', '.join(VIEWS)}.")
    if code is not None and not is_commune_code(code):
        raise click.UsageError(f"{code!r} is not an INSEE code: five characters such as 38185 or 2A004.")
    with opened(Settings.from_environ(os.environ), application="beffroi rebuild") as parts:
        work = Rebuild(VIEWS[view], parts.databases.project, parts.feed, parts.opener, _progress)
        if code is not None:
            _say_differences(work.commune(commune(code)))
            click.echo(f"{view}: the rows of {code} are rebuilt.")
            return
        outcome = work.run(lambda found: yes or _ask(found))
    rate = outcome.events / outcome.seconds if outcome.seconds else 0
    click.echo(
        f"{view}: {outcome.events} events in {outcome.seconds:.1f} s ({rate:,.0f}/s), {outcome.schema}."
    )
    if not outcome.switched:
        raise click.ClickException(f"{outcome.schema} is ready and not switched to; ask again, or add --yes.")
    click.echo(f"{view}: readers use {outcome.schema}.")


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        part = done / total if total else 1.0
        end = "\n" if done >= total else ""
        click.echo(f"\r{'█' * int(part * 30):<30} {part:6.1%} event {done}", nl=False, err=True)
        click.echo(end, nl=False, err=True)


def _ask(outcome: "Outcome") -> bool:
    if outcome.same_version:
        click.echo("The rebuilt rows differ from those in use:")
        _say_differences(outcome.differences)
    else:
        click.echo(f"{outcome.schema} would replace {outcome.before}:")
        for table in sorted({*outcome.rows, *outcome.rows_before}):
            click.echo(f"  {table}: {outcome.rows_before.get(table, 0)} rows → {outcome.rows.get(table, 0)}")
    if not sys.stdin.isatty():
        return False
    return click.confirm("Switch to the new build?")


def _say_differences(differences: "list[Difference]") -> None:
    if not differences:
        click.echo("  every row is the same")
    for found in differences:
        click.echo(f"  {found.table}: {found.only_before} rows gone, {found.only_after} rows new")
        for line in found.sample:
            click.echo(f"    {line}")
