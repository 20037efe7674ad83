"""The page that a mail leads to, for the town and for the insurer. No other module of mails knows an address."""

from collections.abc import Callable

from services.mail.notices import Side
from services.mail.readings import Place

Path = Callable[[Side], str]


def home(place: Place) -> Path:
    """Where the town, or the insurer for this town, begins."""
    return lambda side: "/ville" if side == "town" else f"/communes/{place.code}"


def convention(place: Place, key: str) -> Path:
    """A convention: for the town the page where it confirms."""

    def path(side: Side) -> str:
        if side == "town":
            return f"/ville/conventions/{place.siren}/{key}/confirmation"
        return f"/communes/{place.code}"

    return path


def grid(place: Place, key: str) -> Path:
    """A notified grid with what it changes and what it breaks."""

    def path(side: Side) -> str:
        if side == "town":
            return f"/ville/tarifs/{place.siren}/{key}"
        return f"/communes/{place.code}/grilles/{key}"

    return path


def case(place: Place, key: str) -> Path:
    """A broken commitment with its evidence, and what either side may do."""
    return lambda side: (
        f"/ville/dossiers/{key}" if side == "town" else f"/communes/{place.code}/dossiers/{key}"
    )
