"""What the operator and an insurer do outside of any town: indices are published, a grid is being prepared.

Every value has its source. Where only the year of a publication is known, its source says so.
"""

from datetime import date, datetime
from typing import Final

import msgspec

from domain.tariffs.indices import IndexName
from domain.tenancy import PLATFORM, Owner, Tenant, insurer
from services.commands import indices, prepared
from services.demo.days import Days
from services.demo.history import Step, instant
from services.demo.towns.rivieres import draft

_FIRST: Final = date(2024, 1, 16)
"""The day on which the operator entered what was published before."""


class _Value(msgspec.Struct, frozen=True):
    index: IndexName
    year: int
    value: str
    published_on: date
    source: str
    address: str | None = None


_INSEE_2025: Final = (
    "Insee, indice des prix à la consommation hors tabac, moyenne annuelle 2025 (15 janvier 2026)"
)
_INSEE_2024: Final = (
    "Insee, moyenne annuelle 2024 hors tabac, citée par Boursorama ; le 15 janvier est retenu comme pour 2025,"
    " jour non vérifié"
)
_INSEE_2023: Final = (
    "Insee, moyenne annuelle 2023 hors tabac ; le 15 janvier est retenu comme pour 2025, jour non vérifié"
)
_PMSS: Final = (
    "Plafond mensuel de la sécurité sociale, paramètres d’OpenFisca-France ; jour d’effet, jour de publication"
    " non vérifié"
)
_OPENFISCA: Final = "https://github.com/openfisca/openfisca-france"
_ONDAM: Final = (
    "Projet de loi de financement de la sécurité sociale pour 2026, texte initial (daniel-lenoir.fr) ; la loi votée"
    " retient un autre taux, jour de publication non vérifié"
)

_VALUES: Final = (
    _Value("IPC_HT_AVG", 2023, "4.8", date(2024, 1, 15), _INSEE_2023),
    _Value("IPC_HT_AVG", 2024, "1.8", date(2025, 1, 15), _INSEE_2024),
    _Value(
        "IPC_HT_AVG",
        2025,
        "0.9",
        date(2026, 1, 15),
        _INSEE_2025,
        "https://www.insee.fr/fr/statistiques/8726461",
    ),
    _Value("PMSS", 2022, "3428", date(2022, 1, 1), _PMSS, _OPENFISCA),
    _Value("PMSS", 2023, "3666", date(2023, 1, 1), _PMSS, _OPENFISCA),
    _Value("PMSS", 2024, "3864", date(2024, 1, 1), _PMSS, _OPENFISCA),
    _Value("PMSS", 2025, "3925", date(2025, 1, 1), _PMSS, _OPENFISCA),
    _Value("PMSS", 2026, "4005", date(2026, 1, 1), _PMSS, _OPENFISCA),
    _Value("ONDAM", 2026, "1.6", date(2025, 10, 15), _ONDAM),
)


def platform(days: Days) -> list[Step]:
    """The steps outside of any town."""
    return [*map(_published, _VALUES), draft_step(days)]


def _published(value: _Value) -> Step:
    command = indices.PublishIndex(**msgspec.structs.asdict(value))
    return Step(
        at=_entered(value),
        identity=f"index:{value.index}:{value.year}",
        where="Indices",
        tenant=PLATFORM,
        owner=Owner(PLATFORM),
        use_case=indices.publish_index,
        command=command,
        stirs=True,
    )


def _entered(value: _Value) -> datetime:
    """On the day after, by the operator."""
    return instant(max(_FIRST, value.published_on), f"{value.index}-{value.year}")


def draft_step(days: Days) -> Step:
    """The grid that an insurer prepares."""
    siren, command = draft(days)
    home = insurer(siren)
    return Step(
        at=instant(days.ago(3), command.id),
        identity=f"draft:{command.id}",
        where="Atelier",
        tenant=Tenant(home),
        owner=home,
        use_case=prepared.save_prepared,
        command=command,
    )
