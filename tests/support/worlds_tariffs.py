"""The part of the small world that tariffs are judged on: exemptions, references, headcounts, drafts, indices."""

from datetime import date
from typing import Final

from domain.partnerships.terms import Commitment
from domain.tariffs.prepared import Target
from domain.tenancy import PLATFORM, Owner, Tenant, code_of
from infra.ledger import Ledger
from services.commands import exemptions, headcounts, indices, prepared, references
from services.commands.given import GivenCell
from tests.support.cast import GRENOBLE, INSURER, RIVAL, ask

CELLS: Final = (
    GivenCell(formula="N1", age_from=0, age_to=49, monthly="31.86", before_tax="28.13"),
    GivenCell(formula="N1", age_from=50, age_to=None, monthly="47.80"),
)
FOLLOWED: Final = Commitment(
    id="indexed",
    article="Art. 6",
    wording="La hausse suit l’inflation.",
    rule="ANNUAL_CAP_INDEXED",
    params={"index": "IPC_HT_AVG"},
)
PLATFORM_OWNER: Final = Owner(PLATFORM)


def fill(ledger: Ledger, tenant: Tenant, owner: Owner, binding: Owner) -> None:
    """One of each between a town and an insurer; `owner` is the insurer's own drawer."""
    for name in ("x-granted", "x-refused", "x-withdrawn", "x-open"):
        asking = exemptions.RequestExemption(
            convention="c1",
            id=name,
            commitments=("cap",),
            kind="TAX",
            factor=("1.01", "1"),
            valid_from=date(2028, 1, 1),
            reason="Taxe nouvelle",
        )
        exemptions.request_exemption(ledger, tenant, binding, asking, ask())
    on = date(2026, 3, 10)
    granting = exemptions.GrantExemption(
        convention="c1", id="x-granted", decided_on=on, decided_by="Conseil municipal"
    )
    exemptions.grant_exemption(ledger, tenant, binding, granting, ask())
    revoking = exemptions.RevokeExemption(
        convention="c1", id="x-granted", revoked_on=date(2028, 6, 1), reason="La taxe a été supprimée."
    )
    exemptions.revoke_exemption(ledger, tenant, binding, revoking, ask())
    refusing = exemptions.RefuseExemption(
        convention="c1", id="x-refused", decided_on=on, reason="Rien ne la justifie."
    )
    exemptions.refuse_exemption(ledger, tenant, binding, refusing, ask())
    withdrawing = exemptions.WithdrawExemption(convention="c1", id="x-withdrawn")
    exemptions.withdraw_exemption(ledger, tenant, binding, withdrawing, ask())
    depositing = references.DepositReference(
        convention="c1",
        id="r1",
        valid_from=date(2024, 10, 1),
        product="Santé individuelle",
        source="Tarif public",
        cells=CELLS,
    )
    references.deposit_reference(ledger, tenant, binding, depositing, ask())
    counted = tuple(
        headcounts.CountedCell(formula="N1", age_from=cell.age_from, age_to=cell.age_to, count=7 + place)
        for place, cell in enumerate(CELLS)
    )
    taking = headcounts.TakeHeadcount(convention="c1", id="h1", taken_on=date(2026, 3, 1), cells=counted)
    headcounts.take_headcount(ledger, tenant, owner, taking, ask())


def fill_platform(ledger: Ledger) -> None:
    """Prepared grids of both insurers, one discarded; indices, one contested, answered and revised."""
    for owner in (INSURER, RIVAL):
        for name in ("p1", "p2"):
            saving = prepared.SavePreparedGrid(
                id=name,
                name=f"Grille de {owner}",
                cells=CELLS,
                declared_rise={"N1": "2.9"},
                towns=(Target(commune=code_of(GRENOBLE), convention="c1"),),
            )
            prepared.save_prepared(ledger, Tenant(owner), owner, saving, ask())
        discarding = prepared.DiscardPreparedGrid(id="p2")
        prepared.discard_prepared(ledger, Tenant(owner), owner, discarding, ask())
    for value, published_on in (("0.9", date(2026, 1, 15)), ("1.0", date(2026, 2, 15))):
        publishing = indices.PublishIndex(
            index="IPC_HT_AVG", year=2025, value=value, published_on=published_on, source="Insee"
        )
        indices.publish_index(ledger, PLATFORM, PLATFORM_OWNER, publishing, ask())
    contesting = indices.ContestIndex(
        index="IPC_HT_AVG",
        year=2025,
        published_on=date(2026, 2, 15),
        reason="La moyenne est de 0,9 %.",
        by_tenant=GRENOBLE,
        by_owner="town",
        organisation="Grenoble",
    )
    indices.contest_index(ledger, PLATFORM, PLATFORM_OWNER, contesting, ask())
    upholding = indices.UpholdIndex(
        index="IPC_HT_AVG", year=2025, published_on=date(2026, 2, 15), answer="Elle a été révisée."
    )
    indices.uphold_index(ledger, PLATFORM, PLATFORM_OWNER, upholding, ask())
