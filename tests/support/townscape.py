"""A town with something on every page: a broken cap, an exemption, an amendment, two insurers, both sides' promises.

Everything is recorded by the commands that people give, day by day, with the workers following.
"""

from datetime import UTC, date, datetime
from typing import Final

import msgspec

from domain.partnerships.terms import Clause, Commitment, CouncilVote, Parameter, Promise, Terms
from domain.tenancy import PUBLIC
from services.commands import (
    communes,
    documents,
    exemptions,
    membership,
    office_hours,
    partnerships,
    references,
    tariffs,
)
from services.commands.perform import Ask
from services.commands.tariffs import GivenCell
from tests.support import cast
from tests.support.api import Served
from tests.support.cast import ACCORD, GRENOBLE, INSURER, RIVAL_ACCORD

PDF: Final = b"%PDF-1.7\n% une piece\n"
TODAY: Final = "2026-11-25"

_CLAUSES: Final[tuple[tuple[str, str, str, str, dict[str, Parameter]], ...]] = (
    ("plafond", "Art. 5.2", "À âge et garanties inchangés, la hausse ne peut excéder 3 % par année de convention.",
     "ANNUAL_CAP_FIXED",
     {"max_rise_percent": "3", "period": "CONVENTION_YEAR"}),
    ("gel", "Art. 5.1", "Les prix des cotisations sont garantis jusqu’au 31 décembre 2026.", "PRICE_FREEZE",
     {"until": "2026-12-31"}),
    ("indice", "Art. 5.4", "La hausse reste sous l’inflation hors tabac plus deux points.", "ANNUAL_CAP_INDEXED",
     {"index": "IPC_HT_AVG", "margin_points": "2", "period": "CIVIL_YEAR"}),
    ("remise", "Art. 5.3", "Chaque cotisation est au moins 15 % sous le tarif individuel de référence.",
     "MIN_DISCOUNT", {"min_discount_percent": "15"}),
    ("preavis", "Art. 6.1", "Tout changement de prix est annoncé deux mois avant.", "NOTICE", {"months": 2}),
    ("frais", "Art. 4.2", "L’adhésion ne donne lieu à aucun frais.", "NO_FEE", {}),
)  # fmt: skip
_PROMISES: Final = (
    Promise(
        id="bilan",
        by="insurer",
        article="Art. 8.1",
        wording="La mutuelle remet un bilan avant le 31 octobre.",
    ),
    Promise(
        id="salle", by="town", article="Art. 10.1", wording="La ville prête une salle à chaque permanence."
    ),
    Promise(id="bulletin", by="town", article="Art. 10.2", wording="La ville publie deux articles par an."),
)


class Townscape:
    """The application, its town and the days that go by."""

    def __init__(self, here: Served) -> None:
        self.here = here
        self.ledger = here.parts.ledger

    def on(self, day: str, hour: int = 8) -> "Townscape":
        """Let it be that day, with the workers following before."""
        self.here.follow()
        year, month, date_ = map(int, day.split("-"))
        self.here.clock.set(datetime(year, month, date_, hour, 42, tzinfo=UTC))
        self.here.follow()
        return self

    def ask(self, actor: str = "account:adviser") -> Ask:
        """Somebody asks now."""
        return Ask(actor=actor, now=self.here.clock.now())

    def agree(self, *without: str) -> "Townscape":
        """The convention, declared and confirmed, without some of its clauses."""
        commitments = tuple(
            Commitment(id=a, article=b, wording=c, rule=d, params=dict(e))
            for a, b, c, d, e in _CLAUSES
            if a not in without
        )
        command = cast.declaration(
            commitments=commitments,
            promises=_PROMISES,
            termination=Clause(
                article="Art. 9", wording="Chaque partie peut résilier avec six mois de préavis."
            ),
            council_vote=CouncilVote(number="délibération fictive n° 2024-118", voted_on=date(2024, 6, 24)),
        )
        partnerships.declare(self.ledger, GRENOBLE, ACCORD, command, self.ask())
        partnerships.confirm(self.ledger, GRENOBLE, ACCORD, cast.confirmation(), self.ask("account:town"))
        return self

    def notify(
        self, identity: str, effective_on: str, young: str, old: str, corrects: str | None = None
    ) -> "Townscape":
        """A grid of one formula and three cells; children pay a third of the first."""
        command = tariffs.NotifyGrid(
            convention="c1",
            id=identity,
            effective_on=date.fromisoformat(effective_on),
            corrects=corrects,
            decided_by="Conseil d’administration",
            decided_on=self.here.clock.today(),
            cells=(
                GivenCell(formula="Niveau 1", age_from=0, age_to=49, monthly=young),
                GivenCell(formula="Niveau 1", age_from=50, age_to=None, monthly=old),
            ),
        )
        tariffs.notify(self.ledger, GRENOBLE, ACCORD, command, self.ask())
        return self

    def deposit(self) -> None:
        """The insurer's own tariff, for the promised discount."""
        command = references.DepositReference(
            convention="c1", id="individuel-2024", valid_from=date(2024, 10, 1), product="Individuel",
            source="Barème public",
            cells=(
                GivenCell(formula="Niveau 1", age_from=0, age_to=49, monthly="45.00"),
                GivenCell(formula="Niveau 1", age_from=50, age_to=None, monthly="62.00"),
            ),
        )  # fmt: skip
        references.deposit_reference(self.ledger, GRENOBLE, ACCORD, command, self.ask())

    def request(self, identity: str, commitment: str, factor: tuple[str, str], valid_from: str) -> None:
        """The insurer asks for an exemption, with a document."""
        filed = documents.FileDocument(
            name="motif.pdf", media_type="application/pdf", content=PDF, about="Taxe"
        )
        documents.file(self.ledger, GRENOBLE, ACCORD, filed, self.ask())
        command = exemptions.RequestExemption(
            convention="c1", id=identity, commitments=(commitment,), kind="TAX", factor=factor,
            valid_from=date.fromisoformat(valid_from), reason="La taxe sur les contrats augmente.",
            documents=(filed.sha256,),
        )  # fmt: skip
        exemptions.request_exemption(self.ledger, GRENOBLE, ACCORD, command, self.ask())

    def grant(self, identity: str) -> None:
        """The council grants it."""
        command = exemptions.GrantExemption(
            convention="c1", id=identity, decided_on=self.here.clock.today(), decided_by="Conseil municipal",
            council_reference="2025-201",
        )  # fmt: skip
        exemptions.grant_exemption(self.ledger, GRENOBLE, ACCORD, command, self.ask("account:town"))

    def amend(self, identity: str = "a1", percent: str = "2.5") -> None:
        """The insurer declares an amendment that lowers the cap."""
        declared = cast.declaration()
        commitments = tuple(
            Commitment(id=a, article=b, wording=c.replace("3 %", f"{percent.replace('.', ',')} %"), rule=d,
                       params={**e, "max_rise_percent": percent} if a == "plafond" else dict(e))
            for a, b, c, d, e in _CLAUSES if a != "gel"
        )  # fmt: skip
        terms = msgspec.convert(
            {
                "signed_on": "2026-11-01", "starts_on": declared.starts_on.isoformat(), "ends_on": "2030-09-30",
                "notice_months": 4,
            },
            Terms,
        )  # fmt: skip
        terms = msgspec.structs.replace(
            terms, commitments=commitments, promises=_PROMISES, office_hours=declared.office_hours
        )
        command = partnerships.DeclareAmendment(
            convention="c1", id=identity, signed_on=date(2026, 11, 1), effective_on=date(2027, 10, 1),
            reason="Renégociation à mi-parcours.", terms=terms,
        )  # fmt: skip
        partnerships.declare_amendment(self.ledger, GRENOBLE, ACCORD, command, self.ask())

    def join(self, count: int, on: date) -> None:
        """So many people join."""
        for number in range(count):
            member = cast.member(
                f"m{on:%Y%m}{number}", joined_on=on, number=f"{on:%Y%m}-{number}", formula="Niveau 1"
            )
            membership.join(self.ledger, GRENOBLE, INSURER, member, self.ask())

    def hold(self, on: date, *, held: bool = True) -> None:
        """An office hour, held or left in silence."""
        identity = f"o{on:%Y%m%d}"
        office_hours.plan(self.ledger, GRENOBLE, ACCORD, cast.office_hour(identity, on), self.ask())
        if held:
            command = office_hours.HoldOfficeHour(id=identity, visitors=9, by_appointment=4)
            office_hours.hold(self.ledger, GRENOBLE, ACCORD, command, self.ask())

    def rival(self) -> None:
        """Another insurer with a convention that is kept."""
        command = cast.declaration("c9", insurer_name="Mutuelle Rivale", office_hours=None)
        partnerships.declare(self.ledger, GRENOBLE, RIVAL_ACCORD, command, self.ask("account:rival"))
        partnerships.confirm(
            self.ledger, GRENOBLE, RIVAL_ACCORD, cast.confirmation("c9"), self.ask("account:town")
        )
        first = cast.grid("r1", convention="c9")
        tariffs.notify(self.ledger, GRENOBLE, RIVAL_ACCORD, first, self.ask("account:rival"))
        second = cast.grid("r2", old="48.50", effective_on=date(2025, 10, 1), convention="c9")
        tariffs.notify(self.ledger, GRENOBLE, RIVAL_ACCORD, second, self.ask("account:rival"))


def broken_cap(here: Served) -> Townscape:
    """Two rises in one year of the convention, each below 3 %, together 4.06 %: the cap is broken, just announced."""
    town = Townscape(here).on("2024-07-02").agree("gel")
    town.notify("g2024", "2024-10-01", "31.86", "46.41")
    town.on("2025-06-20").notify("g2025", "2025-10-01", "32.50", "47.80")
    town.on("2026-06-22").notify("g2026", "2026-10-01", "33.10", "48.76")
    return town.on("2026-11-24", 9).notify("g2027", "2027-02-01", "33.20", "49.74").on(TODAY)


def whole_town(here: Served) -> Townscape:
    """All of it, on 25 November 2026."""
    town = Townscape(here).on("2024-07-02").agree()
    town.deposit()
    town.notify("g2024", "2024-10-01", "31.86", "46.41").on("2024-11-04")
    town.join(14, date(2024, 11, 4))
    communes.cite(
        town.ledger, GRENOBLE, PUBLIC,
        communes.CiteFigure(id="f1", about="members", statement="plus de 400 adhérents", source="La ville, 2026"),
        town.ask(),
    )  # fmt: skip
    town.on("2025-06-20").notify("g2025", "2025-10-01", "32.50", "47.80")
    town.request("taxe-2025", "gel", ("1.06", "1"), "2025-10-01")
    town.on("2025-07-10").grant("taxe-2025")
    town.rival()
    town.on("2026-03-02")
    town.join(9, date(2026, 3, 2))
    town.on("2026-06-22")
    for day in (10, 24):
        town.hold(date(2026, 3, day))
    town.notify("g2026-erreur", "2026-10-01", "33.10", "48.80")
    town.on("2026-06-24").notify("g2026", "2026-10-01", "33.10", "48.76", corrects="g2026-erreur")
    town.on("2026-11-20")
    town.amend()
    town.request("taxe-2027", "plafond", ("1.1532", "1.1327"), "2027-02-01")
    return town.on("2026-11-24", 9).notify("g2027", "2027-02-01", "33.20", "49.74").on(TODAY)
