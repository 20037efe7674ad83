"""An exemption as people say it: a tax that goes from one rate to another, or so many percent more; and what it allows.

What it would allow is found by trying it with the same check that judges the grids.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import msgspec

from domain.tariffs.assess import CellId
from domain.tariffs.exemptions import ExemptionTerms, KnownExemption
from domain.tariffs.grid import checked_cells
from domain.tenancy import Owner, Tenant
from infra.ledger import Ledger
from services.commands.dossier import Dossier, grid_in_force, load_dossier
from services.commands.limits import highest
from services.web.forms import Entry, Form, WrongValueError
from services.web.grids import cell_name

Factor = tuple[str, str]

RATES: Final = ("rate_before", "rate_after")
_PERCENT: Final = re.compile(r"(\d{1,3})(?:[.,](\d{1,4}))?", re.ASCII)
_TRIED: Final = "essai"


class Allowed(msgspec.Struct, frozen=True, kw_only=True):
    """A cell with its price and the highest that no commitment forbids, without the exemption and with it, in cents.

    None: nothing limits it.
    """

    name: str
    price: int
    without: int | None
    granted: int | None

    @property
    def passes(self) -> bool:
        """Whether the price is above its limit now, and would not be any more."""
        return (
            self.without is not None
            and self.price > self.without
            and (self.granted is None or self.price <= self.granted)
        )


def rate(value: str) -> Decimal:
    """A rate in percent as people write it: `13,27 %`. Raises WrongValueError."""
    match = _PERCENT.fullmatch(re.sub(r"[\s%+]", "", value))
    if match is None:
        raise WrongValueError
    return Decimal(f"{match[1]}.{match[2] or '0'}")


def read_factor(form: Form) -> Factor | None:
    """The factor that a form says, one way or the other; None with the reason beside the field."""
    wrong = "Écrivez un pourcentage comme 13,27 ou 1,5."
    values = form.read([Entry(name, rate, wrong=wrong) for name in (*RATES, "more")])
    before, after, more = values["rate_before"], values["rate_after"], values["more"]
    if any(name in form.errors for name in (*RATES, "more")):
        return None
    if more is not None and (before is not None or after is not None):
        form.errors["more"] = "Écrivez deux taux, ou un pourcentage : pas les deux."
        return None
    if more is not None:
        if not more:
            form.errors["more"] = "Écrivez de combien les plafonds doivent être relevés."
            return None
        return _written(1 + more / 100), "1"
    if before is None or after is None:
        missing = "rate_before" if before is None else "rate_after"
        form.errors[missing] = "Écrivez l’ancien et le nouveau taux, ou un seul pourcentage plus bas."
        return None
    if after <= before:
        form.errors["rate_after"] = "Le nouveau taux est plus élevé que l’ancien."
        return None
    return _written(1 + after / 100), _written(1 + before / 100)


def typed_factor(factor: Factor) -> dict[str, str]:
    """The field of a form that says a factor as one percentage, rounded up to four decimals."""
    exact = (Fraction(factor[0]) / Fraction(factor[1]) - 1) * 100
    tenths = -(-exact.numerator * 10_000 // exact.denominator)
    return {"more": f"{Decimal(tenths) / 10_000:f}".rstrip("0").rstrip(".").replace(".", ",")}


def allowed(
    ledger: Ledger, tenant: Tenant, owner: Owner, convention: str, terms: ExemptionTerms, now: datetime
) -> list[Allowed]:
    """What a grid may ask on the first day of an exemption, without it and with it; empty before the first grid."""
    dossier = load_dossier(ledger, tenant, owner, convention)
    draft = _draft(dossier, ledger, terms.valid_from, now)
    if draft is None:
        return []
    trial = KnownExemption(
        exemption=_TRIED, state="granted", granted=terms, decided_on=terms.valid_from, granted_at=now
    )
    tried = msgspec.structs.replace(dossier, exemptions=[*dossier.exemptions, trial])
    before = highest(dossier, ledger.documents, draft)
    after = highest(tried, ledger.documents, draft)
    found = []
    for cell in draft["cells"]:
        named = CellId(cell["formula"], cell["category"], cell["role"], cell["age_from"], cell["age_to"])
        found.append(
            Allowed(
                name=cell_name(named),
                price=int(Decimal(cell["monthly"]) * 100),
                without=before[named][0] if named in before else None,
                granted=after[named][0] if named in after else None,
            )
        )
    return found


def _draft(dossier: Dossier, ledger: Ledger, on: date, now: datetime) -> dict[str, Any] | None:
    """The grid in force on a day, tried in its own place where it is not older than that day, else as a new one."""
    grid = grid_in_force(dossier, on)
    if grid is None:
        return None
    own = grid.effective_on == on
    return {
        "id": grid.grid if own else _TRIED,
        "effective_on": on.isoformat(),
        "notified_on": (grid.notified_on if own else min(on, now.date())).isoformat(),
        "recorded_at": (grid.recorded_at if own else now).isoformat(),
        "corrects": grid.corrects if own else None,
        "justified": True,
        "declared_rise_percent": None,
        "cells": checked_cells(ledger.documents.get(grid.document)),
    }


def _written(value: Decimal) -> str:
    return f"{value.normalize():f}"


def broken(every: Sequence[Allowed]) -> int:
    """How many prices are above their limit with the exemption still."""
    return sum(each.granted is not None and each.price > each.granted for each in every)
