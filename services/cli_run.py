"""`beffroi demo`, `web` and `work`: the demo, and the two processes that a production runs."""

import os
import sys

import click

from services.workers import NAMES


@click.command()
@click.option("--reset", is_flag=True, help="Start over: the demo's data are deleted.")
@click.option(
    "--kafka", is_flag=True, help="Let views follow Kafka: BEFFROI_KAFKA, else a broker of its own."
)
def demo(*, reset: bool, kafka: bool) -> None:
    """Start the demo: real communes, demo data, pages and API on http://127.0.0.1:8000 (PORT= to change)."""
    os.environ["BEFFROI_DEMO"] = "1"
    from infra.settings import Settings
    from services.demo import run

    settings = Settings.from_environ(os.environ)
    if reset:
        run.reset(settings)
    run.run(settings, click.echo, _progress, _announce, kafka=kafka)
    click.echo("\nBeffroi est arrêté. Les données restent : make demo les retrouve.")


@click.command()
@click.option("--port", type=int, help="The port to listen on; PORT or 8000 by default.")
def web(port: int | None) -> None:
    """Serve the pages and the API, on loopback unless BEFFROI_BIND says otherwise."""
    from infra.settings import Settings
    from services.server import serve
    from services.wiring import opened

    settings = Settings.from_environ(os.environ)
    with opened(settings, application="beffroi web") as parts:
        _ = parts.master_key, parts.session_key  # what is missing is said now, not at the first write
        serve(settings.bind, port or settings.port, settings.web_processes)


@click.command()
@click.argument("workers", nargs=-1, metavar="[WORKER]...", type=click.Choice(NAMES))
def work(workers: tuple[str, ...]) -> None:
    """Run workers until told to stop: those named, else all that apply here.

    relay (ledger to Kafka; others stand by), projector (views; as many as there are processors), and judge, calendar,
    indices, mail, sender, each of which runs in one process at a time while the others wait for its turn.
    """
    from infra.settings import Settings
    from services.logs import log_to_stderr
    from services.wiring import opened
    from services.workers.run import run

    settings = Settings.from_environ(os.environ)
    log_to_stderr("work", settings)
    with opened(settings, application="beffroi work") as parts:
        sound = run(parts, names=workers)
    if not sound:
        raise click.ClickException("a worker died; see the messages above")


def _progress(done: int, total: int, what: str) -> None:
    if sys.stdout.isatty():
        part = done / total if total else 1.0
        end = "\n" if done >= total else ""
        click.echo(f"\r{'█' * int(part * 30):<30} {part:4.0%} {what[:40]:<40}{end}", nl=False)
    elif done >= total:
        click.echo(f"Données de démonstration : {total} écritures")


def _announce(address: str) -> None:
    from services.demo.accounts import DEMO_ACCOUNTS, DEMO_PASSWORD

    click.echo(f"\nBeffroi vous attend sur {address}\n")
    click.echo(f"Comptes de démonstration, mot de passe {DEMO_PASSWORD} :")
    for account in DEMO_ACCOUNTS:
        click.echo(f"  {account.email:<36} {account.who} : {account.sees}")
    click.echo("\nCtrl-C arrête tout proprement.")
