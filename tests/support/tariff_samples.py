"""One event of every topic about what tariffs are judged on: exemptions, indices, references, headcounts, drafts."""

from datetime import date
from typing import Final

from domain.events import Event
from domain.tariffs.applied_index import IndexApplied
from domain.tariffs.exemptions import (
    ExemptionGranted,
    ExemptionRefused,
    ExemptionRequested,
    ExemptionRevoked,
    ExemptionWithdrawn,
)
from domain.tariffs.headcounts import HeadcountTaken
from domain.tariffs.indices import IndexContested, IndexPublished, IndexUpheld
from domain.tariffs.prepared import PreparedGridDiscarded, PreparedGridSaved, Target
from domain.tariffs.references import ReferenceGridDeposited

DOCUMENT: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
OTHER_DOCUMENT: Final = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"

PREPARED: Final = PreparedGridSaved(
    name="Grille 2027 — villes d’Isère",
    document=DOCUMENT,
    cells=2,
    effective_on=date(2027, 1, 1),
    decided_by="Conseil d’administration",
    decided_on=date(2026, 6, 12),
    justification=OTHER_DOCUMENT,
    declared_rise={"N1": "2.9", "Équilibre": "3"},
    corrects="2026",
    reason="Hausse de la taxe de solidarité additionnelle",
    towns=(Target(commune="2A004", convention="c2"), Target(commune="38185", convention="c1")),
)
DISCARDED: Final = PreparedGridDiscarded()
REQUESTED: Final = ExemptionRequested(
    exemption="tsa-2026",
    commitments=("cap", "gel"),
    kind="TAX",
    factor=("1.1532", "1.1327"),
    valid_from=date(2026, 1, 1),
    valid_to=date(2026, 12, 31),
    rebase=True,
    reason="Contribution de 2,05 % assise comme la taxe",
    documents=(DOCUMENT,),
)
GRANTED: Final = ExemptionGranted(
    exemption="tsa-2026",
    commitments=("cap",),
    kind="TAX",
    factor=("1.1532", "1.1327"),
    valid_from=date(2026, 1, 1),
    valid_to=date(2026, 12, 31),
    rebase=True,
    decided_on=date(2025, 11, 20),
    decided_by="Conseil municipal",
    council_reference="Délibération 2025-11-20/7",
    document=DOCUMENT,
    case="0b6a4e6f7d0f4a5d9d3c3b2a19080706",
)
EXEMPTION_REFUSED: Final = ExemptionRefused(
    exemption="pertes-2026", decided_on=date(2025, 11, 20), reason="Le résultat technique n’est pas justifié."
)
EXEMPTION_WITHDRAWN: Final = ExemptionWithdrawn(exemption="pertes-2027")
REVOKED: Final = ExemptionRevoked(
    exemption="tsa-2026", revoked_on=date(2026, 6, 1), reason="La contribution a été supprimée."
)
INDEX: Final = IndexPublished(
    index="IPC_HT_AVG",
    year=2025,
    value="0.9",
    published_on=date(2026, 1, 15),
    source="Insee, Informations rapides n° 10",
    address="https://www.insee.fr/fr/statistiques/8726461",
)
CONTESTED: Final = IndexContested(
    index="IPC_HT_AVG",
    year=2025,
    published_on=date(2026, 1, 15),
    reason="La moyenne annuelle publiée est de 1,0 %.",
    by_tenant="commune:38185",
    by_owner="town",
    organisation="Grenoble",
)
UPHELD: Final = IndexUpheld(
    index="IPC_HT_AVG",
    year=2025,
    published_on=date(2026, 1, 15),
    answer="1,0 % est l’indice y compris tabac.",
)
APPLIED: Final = IndexApplied(
    index="PMSS",
    year=2026,
    value="4005",
    published_on=date(2025, 12, 22),
    source="Arrêté du 22 décembre 2025",
    platform_position=12,
)
DEPOSITED: Final = ReferenceGridDeposited(
    reference="individuel-2026",
    document=DOCUMENT,
    cells=2,
    valid_from=date(2026, 1, 1),
    product="Santé Individuelle « Équilibre »",
    source="Tarif public au 1er janvier 2026",
)
COUNTED: Final = HeadcountTaken(headcount="2025-09", taken_on=date(2025, 9, 30), document=DOCUMENT, total=400)

TARIFF_SAMPLES: Final[tuple[Event, ...]] = (
    PREPARED, DISCARDED, REQUESTED, GRANTED, EXEMPTION_REFUSED, EXEMPTION_WITHDRAWN, REVOKED, INDEX, CONTESTED,
    UPHELD, APPLIED, DEPOSITED, COUNTED,
)  # fmt: skip
"""One of each."""
