"""The `beffroi` command: one group per part of the service, each in its own cli_*.py.
A command imports what it needs when it runs, so that --help answers at once."""

from typing import Any

import click

from infra.errors import OperatorError
from services.cli_accounts import accounts
from services.cli_assess import assess
from services.cli_communes import communes
from services.cli_database import database
from services.cli_docs import docs
from services.cli_kafka import kafka
from services.cli_run import demo, web, work
from services.cli_seed import seed
from services.cli_views import rebuild, status


class Program(click.Group):
    """Prints an OperatorError as one sentence, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for; its exit code is 1 when the installation must be put right."""
        try:
            return super().invoke(ctx)
        except OperatorError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Beffroi: what a mutuelle communale promised, and what happened, commune by commune."""


for command in (accounts, assess, communes, database, demo, docs, kafka, rebuild, seed, status, web, work):
    main.add_command(command)

if __name__ == "__main__":
    main()
