"""Published figures in French: what each index is called, its value with its unit, and where it stands."""

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from domain.money import parse_decimal, round_ratio
from projections.tariffs.queries import IndexRow
from services.web.forms import WrongValueError, text
from services.web.typography import eur, percent

INDEX_NAMES: Final[Mapping[str, str]] = {
    "IPC_HT_AVG": "Inflation hors tabac",
    "PMSS": "Plafond de la Sécurité sociale",
    "ONDAM": "Objectif de dépenses (Ondam)",
}
EUROS: Final = frozenset({"PMSS"})
"""The indices that are amounts in euros a month; the others are percentages."""

IN_FORCE: Final = "En vigueur"
CONTESTED: Final = "Contestée, réponse attendue"
UPHELD: Final = "En vigueur, maintenue après contestation"
REVISED: Final = "Révisée depuis"


def value_words(name: str, value: str) -> str:
    """`3,1 %` or `3 925,00 € par mois`."""
    if name not in EUROS:
        return percent(value)
    exact = Fraction(value)
    return f"{eur(round_ratio(exact.numerator * 100, exact.denominator))} par mois"


def href(row: IndexRow) -> str | None:
    """Where the publication can be read; None for an address that no browser should follow."""
    return row.address if row.address and row.address.startswith(("https://", "http://")) else None


def web_address(typed: str) -> str:
    """An address as browsers know it."""
    found = text(typed)
    if not found.startswith(("https://", "http://")):
        raise WrongValueError("Écrivez l’adresse entière, par exemple https://www.insee.fr/fr/statistiques/…")
    return found


def state_words(row: IndexRow) -> str:
    """Whether a publication counts, and whether somebody contests it."""
    if row.revised:
        return REVISED
    if row.contested:
        return CONTESTED
    return UPHELD if row.answer is not None else IN_FORCE


def decimal(typed: str) -> str:
    """A number as people write it, as the API takes it: `3,10 %` and `3 925 €` become `3.10` and `3925`."""
    text = re.sub(r"[\s€%]", "", typed).replace(",", ".")
    try:
        parse_decimal(text)
    except ValueError:
        raise WrongValueError from None
    return text
