"""`beffroi seed`: an invented portfolio on real communes, for load tests and for trying out how many towns look.
The command may be stopped and asked for again: it goes on where it was."""

import os
import sys
import threading

import click


@click.command()
@click.option("--communes", type=int, default=140, show_default=True, help="How many communes.")
@click.option("--members", type=int, default=225, show_default=True, help="How many join in each commune.")
@click.option(
    "--insurer",
    "insurers",
    multiple=True,
    help="The name of an invented insurer; say it again for several. Four are invented otherwise.",
)
@click.option(
    "--random-seed", type=int, default=1, show_default=True, help="Another one invents other people."
)
@click.option(
    "--password",
    envvar="BEFFROI_SEED_PASSWORD",
    help="Open accounts of each insurer and town, all with this password: for load tests and trials only.",
)
def seed(
    communes: int, members: int, insurers: tuple[str, ...], random_seed: int, password: str | None
) -> None:
    """Record an invented portfolio on real communes: conventions, grids, office hours and members.

    Everything goes through the real commands, is marked fictitious, and is the same for the same arguments. Asked for
    again it records nothing, after an interruption it goes on.
    """
    from infra.settings import Settings
    from services.portfolio import Portfolio
    from services.portfolio import seed as record
    from services.portfolio.houses import NAMES
    from services.wiring import opened

    portfolio = Portfolio(
        communes=communes,
        members=members,
        insurers=insurers or NAMES,
        random_seed=random_seed,
        password=password,
    )
    with opened(Settings.from_environ(os.environ), application="beffroi seed") as parts:
        seeded = record(parts, portfolio, _progress, threading.Event())
    click.echo(
        f"{communes:,} communes, {len(seeded.conventions):,} conventions of {len(seeded.houses)} insurers:"
        f" {seeded.recorded:,} commands"
        f" ({seeded.events:,} events) recorded in {seeded.seconds:.1f} s, {seeded.rate:,.0f} a second;"
        f" {seeded.known:,} were there already."
    )
    if password is not None:
        click.echo(f"{seeded.accounts:,} accounts opened; `beffroi accounts list` shows them.")


def _progress(done: int, total: int, what: str) -> None:
    if sys.stderr.isatty():
        part = done / total
        end = "\n" if done >= total else ""
        click.echo(f"\r{'█' * int(part * 30):<30} {part:4.0%} {what[:40]:<40}{end}", nl=False, err=True)
