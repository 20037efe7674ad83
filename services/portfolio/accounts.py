"""Who may sign in to a portfolio: three people of each insurer, one of each town; all with one password.

It serves load tests and trials: addresses end in `.example`, and names are nobody's.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from infra.identity import Passwords, add_account, add_organisation, list_accounts
from infra.identity.accounts import Kind, organisation_id
from services.portfolio.houses import House
from services.portfolio.places import Place
from services.wiring import Parts

AT_INSURERS: Final = (
    ("gestion", "Gestion (compte fictif)"),
    ("conseil", "Conseil (compte fictif)"),
    ("api", "Système d’information (compte fictif)"),
)
"""The portfolio's manager, the adviser, and the program of the back office: the address's first part and the name."""


class _Once(Passwords):
    """Hashes the one password once: it is known to everybody who seeds, so that no second salt protects anybody."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_kib=8_192)
        self._known: dict[str, str] = {}

    def hash(self, password: str) -> str:
        """The hash of a password, made when it is first asked for."""
        if password not in self._known:
            self._known[password] = super().hash(password)
        return self._known[password]


class Opened(msgspec.Struct, frozen=True):
    """An account to open."""

    email: str
    name: str
    role: Kind
    code: str
    organisation: str


def insurer_email(house: House, who: str) -> str:
    """The address of somebody at an insurer: `gestion`, `conseil` or `api`."""
    return f"{who}@{house.key}.example"


def town_email(code: str) -> str:
    """The address of the elected member of a commune."""
    return f"elu@commune-{code.lower()}.example"


def open_accounts(parts: Parts, every: Sequence[House], places: Sequence[Place], password: str) -> int:
    """Make the organisations and accounts that are not there yet; how many were made. Raises AccountError."""
    made, passwords = 0, _Once()
    with parts.owner_connection() as connection, connection.transaction():
        known = {account.email for account in list_accounts(connection)}
        for account in _accounts(every, places):
            if account.email in known:
                continue
            add_organisation(
                connection,
                account.role,
                account.code,
                account.organisation,
                fictitious=account.role == "insurer",
            )
            add_account(
                connection,
                organisation_id(account.role, account.code),
                email=account.email,
                name=account.name,
                password=password,
                now=parts.clock.now(),
                passwords=passwords,
            )
            made += 1
    return made


def _accounts(every: Sequence[House], places: Sequence[Place]) -> Iterable[Opened]:
    for house in every:
        for who, name in AT_INSURERS:
            yield Opened(insurer_email(house, who), name, "insurer", house.siren, house.name)
    for place in places:
        yield Opened(
            town_email(place.code), "Conseil municipal (compte fictif)", "town", place.code, place.name
        )
