"""`beffroi kafka`: a broker for development, in the foreground.
It keeps its data under BEFFROI_DATA/kafka; a production has a cluster of its own (BEFFROI_KAFKA)."""

import os
import signal
import threading
from pathlib import Path

import click


@click.command()
@click.option(
    "--port", type=click.IntRange(1, 65535), default=9092, show_default=True, help="The port to listen on."
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Its data; BEFFROI_DATA/kafka by default.",
)
def kafka(port: int, folder: Path | None) -> None:
    """Run a broker for development on 127.0.0.1 until Ctrl-C; it asks nobody who they are."""
    from infra.kafka.broker import Broker, BrokerError
    from infra.settings import Settings

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with Broker(folder or Settings.from_environ(os.environ).broker, port=port) as broker:
        click.echo(f"Kafka answers, its data are in {broker.log.parent}. What shall use it needs:\n")
        click.echo(f"    export BEFFROI_KAFKA={','.join(broker.cluster.servers)}\n")
        click.echo("Ctrl-C stops it; its data stay.")
        while not stop.wait(0.5):
            if not broker.running():
                raise BrokerError(f"Kafka stopped; see {broker.log}.")
