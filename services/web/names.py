"""Names that people give to what they record, and that an address can hold."""

from domain.tenancy import is_key
from services.web.forms import WrongValueError

_LONGEST = 50


def grid_name(value: str) -> str:
    """A name of a grid or headcount: letters without accents, digits, dots and hyphens."""
    if not is_key(value) or len(value) > _LONGEST:
        msg = f"Écrivez au plus {_LONGEST} lettres sans accent, chiffres, points ou tirets, comme 2027-02."
        raise WrongValueError(msg)
    return value
