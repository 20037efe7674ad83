"""One event of every topic, every optional field filled in: what golden files hold and what views are shown.

Nobody here exists; the names are of the kind that break programs.
"""

from datetime import date, time
from typing import Final

from msgspec.structs import replace

from domain.communes.citation import FigureCited
from domain.events import Event
from domain.membership.figures import FiguresPublished
from domain.membership.member import MemberJoined, MemberLeft
from domain.office_hours.office_hour import (
    OfficeHourCancelled,
    OfficeHourFellDue,
    OfficeHourHeld,
    OfficeHourPlanned,
)
from domain.partnerships.amendment import AmendmentConfirmed, AmendmentDeclared, AmendmentRefused
from domain.partnerships.declaration import (
    ConventionConfirmed,
    ConventionCorrected,
    ConventionDeclared,
    ConventionRefused,
)
from domain.partnerships.document import DocumentFiled
from domain.partnerships.notice import ConventionEnded, NoticeGiven, NoticeWithdrawn
from domain.partnerships.terms import (
    Clause,
    Clocks,
    Commitment,
    CouncilVote,
    OfficeHourPromise,
    Promise,
)
from domain.tariffs.breach import BreachDetected, BrokenCell
from domain.tariffs.grid import CellKey
from domain.tariffs.tariff import GridNotified
from tests.support.case_samples import CASE_SAMPLES
from tests.support.tariff_samples import TARIFF_SAMPLES

DOCUMENT: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
FINDINGS: Final = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"

CITED: Final = FigureCited(
    about="members",
    statement="« Plus de 5 000 habitants » couverts — chiffre de la commune",
    source="Bulletin municipal n° 12, p. 3",
    published_on=date(2025, 11, 4),
)
DECLARED: Final = ConventionDeclared(
    insurer_name="Mutuelle de l’Essai",
    communes=("38185", "94016"),
    signed_on=date(2024, 7, 1),
    starts_on=date(2024, 10, 1),
    ends_on=date(2029, 9, 30),
    notice_months=6,
    fees=1050,
    waiting_period_days=30,
    commitments=(
        Commitment(
            id="cap",
            article="Art. 5",
            wording="L’évolution annuelle ne peut excéder 3 %.",
            rule="ANNUAL_CAP_FIXED",
            params={"period": "CIVIL_YEAR", "max_rise_percent": "3", "carry_over": False},
        ),
    ),
    promises=(
        Promise(
            id="salle",
            by="town",
            article="Art. 8",
            wording="La ville prête une salle d’accueil à l’hôtel de ville.",
        ),
    ),
    office_hours=OfficeHourPromise(article="Art. 7", wording="Deux permanences par mois.", per_month=2),
    termination=Clause(
        article="Art. 11", wording="À défaut, la commune peut résilier avec un préavis de six mois."
    ),
    clocks=Clocks(explanation_days=15, answer_days=30, cure_days=45),
    council_vote=CouncilVote(
        number="Délibération 2024-06-17/12", voted_on=date(2024, 6, 17), document=DOCUMENT
    ),
    document=DOCUMENT,
    fictitious=True,
)
CONFIRMED: Final = ConventionConfirmed(
    by="operator", council_reference="Délibération 2024-06-17/12", document=DOCUMENT
)
REFUSED: Final = ConventionRefused(reason="L’article 5 voté par le conseil dit 2 %, pas 3 %.")
CORRECTED: Final = ConventionCorrected(
    corrects=1, reason="Plafond recopié de travers", terms=replace(DECLARED.terms, fees=0)
)
AMENDED: Final = AmendmentDeclared(
    amendment="avenant-1",
    nature="correction",
    corrects=1,
    signed_on=date(2026, 9, 14),
    effective_on=date(2024, 10, 1),
    reason="La convention signée court jusqu’en 2030",
    terms=replace(DECLARED.terms, ends_on=date(2030, 9, 30)),
)
AMENDMENT_CONFIRMED: Final = AmendmentConfirmed(
    amendment="avenant-1", by="operator", council_reference="Délibération 2026-09-14/3", document=DOCUMENT
)
AMENDMENT_REFUSED: Final = AmendmentRefused(amendment="avenant-2", reason="Le conseil ne l’a pas voté.")
NOTICE: Final = NoticeGiven(
    by="town",
    reason="COMMITMENT_BROKEN",
    detail="Plafond dépassé deux fois",
    given_on=date(2027, 8, 31),
    takes_effect_on=date(2028, 2, 29),
    case="5f0c1e9b2d3a4f5e6071829304a5b6c7",
    document=DOCUMENT,
)
WITHDRAWN: Final = NoticeWithdrawn(by="town", reason="La hausse est annulée.")
ENDED: Final = ConventionEnded(on=date(2030, 9, 30), cause="term")
FILED: Final = DocumentFiled(
    name="Convention signée — Hénin.pdf", media_type="application/pdf", size=48_213, about="convention:c1"
)
NOTIFIED: Final = GridNotified(
    grid="2026",
    document=DOCUMENT,
    cells=2,
    effective_on=date(2026, 1, 1),
    notified_on=date(2025, 10, 31),
    justified=True,
    corrects="2025",
    assess_version=1,
    findings=FINDINGS,
    decided_by="Conseil d’administration",
    decided_on=date(2025, 9, 30),
    justification=DOCUMENT,
    declared_rise={"N1": "2.90"},
    reason="Taxe de solidarité additionnelle relevée par la loi",
    prepared="hausse-2026",
)
DETECTED: Final = BreachDetected(
    convention="c1",
    commitment="cap",
    article="Art. 5",
    wording="L’évolution annuelle ne peut excéder 3 %.",
    rule="ANNUAL_CAP_FIXED",
    grid="2026",
    cell=BrokenCell(formula="N1", category="general", role="adult", age_from=50, age_to=64),
    verdict="VIOLATION",
    from_on=date(2026, 1, 1),
    to_on=date(2026, 12, 31),
    unit="euros",
    anchor="47.80",
    limit="49.23",
    observed="49.24",
    excess="0.01",
    reason="49,24 € au lieu de 49,23 € au plus",
    assess_version=1,
    grid_position=1234,
)
JOINED: Final = MemberJoined(
    person="0b6a4e6f7d0f4a5d9d3c3b2a19080706",
    number="AB-00042",
    convention="c1",
    joined_on=date(2026, 4, 1),
    formula="N1",
    category="general",
    role="adult",
    birth_year=1954,
    sex="F",
    price=4780,
    grid="2026",
    document=DOCUMENT,
    cell=CellKey(formula="N1", category="general", role="adult", age_from=50, age_to=64),
    family_name="Lefèvre-Hénaff",
    given_name="Œnone",
    birth_date=date(1954, 5, 2),
    email="oenone@exemple.example",
    phone="+33 1 99 00 12 34",
)
LEFT: Final = MemberLeft(left_on=date(2027, 3, 31), reason="moved")
PUBLISHED: Final = FiguresPublished(
    month="2026-10",
    on=date(2026, 10, 31),
    members=43,
    by_age={"under_30": None, "30_to_49": 25, "50_to_64": None, "65_and_over": None},
)
PLANNED: Final = OfficeHourPlanned(
    convention="c1",
    on=date(2026, 3, 10),
    starts_at=time(9, 0),
    ends_at=time(12, 30),
    place="Mairie, salle d’Hénin",
)
HELD: Final = OfficeHourHeld(visitors=9, by_appointment=4)
CANCELLED: Final = OfficeHourCancelled(cancelled_on=date(2026, 3, 9), reason="adviser_absent")
FELL_DUE: Final = OfficeHourFellDue(on=date(2026, 3, 10))

SAMPLES: Final[tuple[Event, ...]] = (
    CITED, DECLARED, CONFIRMED, REFUSED, CORRECTED, AMENDED, AMENDMENT_CONFIRMED, AMENDMENT_REFUSED, NOTICE, WITHDRAWN,
    ENDED, FILED, NOTIFIED, DETECTED, JOINED, LEFT, PUBLISHED, PLANNED, HELD, CANCELLED, FELL_DUE,
    *TARIFF_SAMPLES,
    *CASE_SAMPLES,
)  # fmt: skip
"""One of each."""
