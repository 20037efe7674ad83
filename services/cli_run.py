"""`beffroi demo`, `web` and `work`: the demo, and the two processes that a production runs."""

import os
import sys

import click


@click.command()
@click.option("--reset", is_flag=True, help="Start over: the demo's data are deleted.")
def demo(*, reset: bool) -> None:
    """Start the demo: real communes, demo data, pages and API on http://127.0.0.1:8000 (PORT= to change)."""
    os.environ["BEFFROI_DEMO"] = "1"
    from infra.settings import Settings
    from services.demo import run

    settings = Settings.from_environ(os.environ)
    if reset:
        run.reset(settings)
    run.run(settings, click.echo, _progress, _announce)
    click.echo("\nBeffroi est arrêté. Les données restent : make demo les retrouve.")


@click.command()
@click.option("--port", type=int, help="The port to listen on; PORT or 8000 by default.")
def web(port: int | None) -> None:
    """Serve the pages and the API on loopback."""
    from infra.settings import Settings
    from services.server import serve
    from services.wiring import opened

    settings = Settings.from_environ(os.environ)
    with opened(settings, application="beffroi web") as parts:
        _ = parts.master_key, parts.session_key  # what is missing is said now, not at the first write
        serve(port or settings.port)


@click.command()
def work() -> None:
    """Run the workers: views, judgements, calendar."""
    from infra.settings import Settings
    from services.logs import log_to_stderr
    from services.wiring import opened
    from services.workers.run import run

    log_to_stderr()
    with opened(Settings.from_environ(os.environ), application="beffroi work") as parts:
        sound = run(parts)
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
