"""What a mayor is told of a price and its limit: one French sentence a verdict.

Amounts are in cents; `basis` says how the limit comes about and follows « soit ».
"""

from fractions import Fraction

from domain.money import SPACE, french_euros, french_percent

FIRST_GRID = f"Première grille connue{SPACE}: il n’y a pas encore de prix antérieur auquel comparer."
NEW_CELL = f"Case nouvelle{SPACE}: elle n’a pas de prix antérieur auquel la comparer."


def kept(price: int, limit: int, basis: str) -> str:
    """A price within its limit."""
    return f"Le prix de {french_euros(price)} respecte le plafond de {french_euros(limit)}, soit {basis}."


def broken(price: int, limit: int, names: tuple[str, ...], basis: str) -> str:
    """A price above its limit, in which the exemptions of those names are included."""
    included = ""
    if names:
        plural = "s" if len(names) > 1 else ""
        included = f", dérogation{plural} {quoted(names)} comprise{plural}"
    return (
        f"Le prix de {french_euros(price)} dépasse de {french_euros(price - limit)} "
        f"le plafond de {french_euros(limit)}{included}, soit {basis}."
    )


def exempted(price: int, limit: int, allowed: int, names: tuple[str, ...]) -> str:
    """A price above its limit, and within what the exemptions of those names allow."""
    which = "des dérogations" if len(names) > 1 else "de la dérogation"
    return (
        f"Le prix de {french_euros(price)} dépasse le plafond de {french_euros(limit)}, mais reste dans la limite de "
        f"{french_euros(allowed)} compte tenu {which} {quoted(names)}."
    )


def quoted(names: tuple[str, ...]) -> str:
    """Names in guillemets, as a list that ends with « et »."""
    written = [f"«{SPACE}{name}{SPACE}»" for name in names]
    return " et ".join([", ".join(written[:-1]), written[-1]] if len(written) > 1 else written)


def change(percent: Fraction) -> str:
    """« plus 3 % » or « moins 1,5 % »."""
    return f"{'plus' if percent >= 0 else 'moins'} {french_percent(abs(percent))}"
