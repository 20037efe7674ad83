"""Who may sign in to the demo: one account for each insurer and each town, and one operator; all share a password.

Addresses end in `.example`, where nobody receives mail; names are invented, and nobody's.
"""

from typing import Final

import msgspec

from infra.identity import add_account, add_organisation, list_accounts
from infra.identity.accounts import PLATFORM_CODE, Kind
from services.demo.insurers import INSURERS
from services.demo.towns import TOWNS
from services.wiring import Parts

DEMO_PASSWORD: Final = "beffroi-demo"  # noqa: S105 (shown on the sign-in page: the demo hides nothing)


class DemoAccount(msgspec.Struct, frozen=True, kw_only=True):
    """One who may sign in. `who` is the organisation as the sign-in page names it; `code` a SIREN or INSEE code."""

    email: str
    who: str
    role: Kind
    code: str
    name: str
    fictitious: bool


_MANAGERS: Final = {
    "entrenous": "Maud Clochenvert",
    "entrain": "Idir Longuecorde",
    "just": "Solène Marteclair",
    "mutame": "Théophile Ormeveille",
    "trois-rivieres": "Apolline Brisecloche",
    "cimes": "Bastien Hautelanterne",
}
_OFFICIALS: Final = {
    "38185": ("grenoble", "Oriane Tourdauvent"),
    "94016": ("cachan", "Léopold Tintebronze"),
    "52121": ("chaumont", "Hermine Pavédoré"),
    "52448": ("saint-dizier", "Gaspard Minuitblanc"),
    "25056": ("besancon", "Faustine Petitbeffroi"),
    "14118": ("caen", "Anselme Voletclos"),
    "18279": ("vierzon", "Ombeline Sonnefort"),
    "18141": ("mehun-sur-yevre", "Firmin Quatreheures"),
}

DEMO_ACCOUNTS: Final = (
    *(
        DemoAccount(
            email=f"gestion@{insurer.key}.example",
            who=insurer.name,
            role="insurer",
            code=insurer.siren,
            name=_MANAGERS[insurer.key],
            fictitious=not insurer.real,
        )
        for insurer in INSURERS
    ),
    *(
        DemoAccount(
            email=f"elu@{_OFFICIALS[town.code][0]}.example",
            who=town.name,
            role="town",
            code=town.code,
            name=_OFFICIALS[town.code][1],
            fictitious=False,
        )
        for town in TOWNS
    ),
    DemoAccount(
        email="exploitation@beffroi.example",
        who="Beffroi",
        role="operator",
        code=PLATFORM_CODE,
        name="Sidonie Guetnocturne",
        fictitious=False,
    ),
)
"""In the order in which the sign-in page and the console show them."""


def open_accounts(parts: Parts) -> None:
    """Make the organisations and accounts that are not there yet; the others stay as they are."""
    with parts.owner_connection() as connection:
        known = {account.email for account in list_accounts(connection)}
        for account in DEMO_ACCOUNTS:
            if account.email in known:
                continue
            organisation = add_organisation(
                connection, account.role, account.code, account.who, fictitious=account.fictitious
            )
            add_account(
                connection,
                organisation,
                email=account.email,
                name=account.name,
                password=DEMO_PASSWORD,
                now=parts.clock.now(),
            )
