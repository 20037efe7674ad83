"""Commands about communes: a published figure is kept with its source."""

from datetime import date

import msgspec

from domain.communes.citation import Citation
from domain.tenancy import Owner, Tenant, stream
from infra.ledger import Ledger, Receipt
from services.commands.perform import Ask, Decision, perform


class CiteFigure(msgspec.Struct, frozen=True, kw_only=True):
    """What was published about a commune's scheme, in its own words, and where."""

    id: str
    about: str
    statement: str
    source: str
    published_on: date | None = None


def cite(ledger: Ledger, tenant: Tenant, owner: Owner, command: CiteFigure, ask: Ask) -> Receipt | None:
    """Keep a published statement; `owner` is `public`. Raises as `perform`."""

    def decide() -> Decision:
        name = stream(tenant, owner, Citation.kind, command.id)
        return Decision(
            [
                Citation.cite(
                    name,
                    about=command.about,
                    statement=command.statement,
                    source=command.source,
                    published_on=command.published_on,
                )
            ]
        )

    return perform(ledger, tenant, owner, command, ask, decide)
