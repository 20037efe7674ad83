"""Tenants, owners and stream names: whose ledger an event lies in, and in which drawer.

Every command and query takes a tenant and an owner first; a stream is named `tenant/owner/kind/key`.
"""

import re
from typing import NamedTuple, NewType

Tenant = NewType("Tenant", str)
"""Whose ledger: `commune:38185`, `insurer:<siren>`, `grouping:<code>` or `platform`."""

Owner = NewType("Owner", str)
"""Which drawer of it: `insurer:<siren>`, `accord:<siren>`, `town`, `ccas`, `public`, or the tenant itself."""

PLATFORM = Tenant("platform")
TOWN = Owner("town")
CCAS = Owner("ccas")
PUBLIC = Owner("public")

# [0-9], because \d takes the digits of every script.
_COMMUNE = re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{3}")
_SIREN = re.compile(r"[0-9]{9}")
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}")


class StreamName(NamedTuple):
    """The four parts of a stream name."""

    tenant: Tenant
    owner: Owner
    kind: str
    key: str


def is_commune_code(text: str) -> bool:
    """Whether `text` has the shape of an INSEE code: five characters, `2A` and `2B` included."""
    return _COMMUNE.fullmatch(text) is not None


def is_siren(text: str) -> bool:
    """Whether `text` is nine digits whose Luhn sum is right, as INSEE numbers every organisation."""
    if _SIREN.fullmatch(text) is None:
        return False
    doubled = (int(digit) * (1 + index % 2) for index, digit in enumerate(reversed(text)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def commune(code: str) -> Tenant:
    """The tenant of a commune, from its INSEE code. Raises ValueError for another shape."""
    if not is_commune_code(code):
        msg = f"not an INSEE commune code: {code!r}"
        raise ValueError(msg)
    return Tenant(f"commune:{code}")


def insurer(siren: str) -> Owner:
    """The drawer that only this insurer reads. Raises ValueError when `siren` is not one."""
    return Owner(f"insurer:{_siren(siren)}")


def accord(siren: str) -> Owner:
    """The drawer of what binds a town and this insurer. Raises ValueError when `siren` is not one."""
    return Owner(f"accord:{_siren(siren)}")


def siren_of(owner: str) -> str:
    """The nine digits after `insurer:` or `accord:`."""
    return owner.partition(":")[2]


def code_of(tenant: str) -> str:
    """The INSEE code of a commune's tenant."""
    return tenant.partition(":")[2]


def is_key(text: str) -> bool:
    """Whether `text` may be the last part of a stream name."""
    return _KEY.fullmatch(text) is not None


def stream(tenant: Tenant, owner: Owner, kind: str, key: str) -> str:
    """The name of a stream. Raises ValueError when the key holds what a name may not."""
    if not is_key(key):
        msg = f"not a stream key: {key!r}"
        raise ValueError(msg)
    return f"{tenant}/{owner}/{kind}/{key}"


def split(name: str) -> StreamName:
    """The parts of a stream name. Raises ValueError when there are not four."""
    tenant, owner, kind, key = name.split("/")
    return StreamName(Tenant(tenant), Owner(owner), kind, key)


def _siren(text: str) -> str:
    if not is_siren(text):
        msg = f"not a SIREN: {text!r}"
        raise ValueError(msg)
    return text
