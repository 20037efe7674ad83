"""Everything that bears on the tariff of one convention, and what the check finds in it.

Notifying, trying, judging and every page that shows a verdict go through `findings_of`; the scenario files that a
person can check offline come from the same `scenarios`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, Protocol

import msgspec

from domain.money import format_euros
from domain.partnerships.convention import Convention
from domain.partnerships.terms import Terms, TermsVersion, checked, in_order
from domain.tariffs.applied_index import AppliedIndex, AppliedValue
from domain.tariffs.assess import ASSESS_VERSION, VERSIONS, CellId, Finding, read_scenario
from domain.tariffs.exemptions import Exemptions, KnownExemption
from domain.tariffs.grid import checked_cells
from domain.tariffs.headcounts import Headcounts, TakenHeadcount
from domain.tariffs.references import DepositedReference, References
from domain.tariffs.tariff import NotifiedGrid, Tariff, standing_grids
from domain.tenancy import Owner, Tenant, insurer, siren_of, stream
from infra.ledger import Ledger, Loaded
from services.commands.amended_caps import Period, apart
from services.commands.perform import NotFoundError

RISE_RULES: Final = frozenset(
    {
        "PRICE_FREEZE",
        "ANNUAL_CAP_FIXED",
        "ANNUAL_CAP_INDEXED",
        "CUMULATIVE_CAP",
        "WEIGHTED_AVERAGE_CAP",
        "NOTICE",
        "CHANGE_WINDOW",
        "UNIFORM_INCREASE",
        "STATUTORY_FREEZE",
    }
)
"""Rules that judge a grid by the terms of the day on which it takes effect, for as long as it is in force."""

Json = dict[str, Any]

__all__ = [
    "RISE_RULES",
    "Documents",
    "Dossier",
    "Json",
    "Period",
    "dossier_of",
    "findings_of",
    "grid_in_force",
    "indices_followed",
    "load_dossier",
    "recorded_by",
    "scenarios",
]


class Documents(Protocol):
    """What reads documents by their SHA-256."""

    def get(self, digest: str) -> bytes:
        """The document. Raises KeyError when there is none."""


class Dossier(msgspec.Struct, frozen=True, kw_only=True):
    """What is recorded about one convention's tariff; `terms` are the declared ones and confirmed amendments."""

    convention: str
    terms: Sequence[TermsVersion]
    grids: Sequence[NotifiedGrid] = ()
    references: Sequence[DepositedReference] = ()
    indices: Sequence[AppliedValue] = ()
    exemptions: Sequence[KnownExemption] = ()
    headcounts: Sequence[TakenHeadcount] = ()


def load_dossier(ledger: Ledger, tenant: Tenant, owner: Owner, convention: str) -> Dossier:
    """Everything recorded about a convention's tariff. `owner` is the accord's drawer. Raises NotFoundError."""
    name = stream(tenant, owner, Convention.kind, convention)
    loaded = ledger.load_together([name, *_parts(tenant, owner, convention)])
    found = loaded.find(Convention, name)
    if found is None:
        raise NotFoundError(name)
    indices = _indices(tenant, owner, found)
    return _dossier(tenant, owner, found, loaded, ledger.load_together(indices))


def dossier_of(ledger: Ledger, tenant: Tenant, owner: Owner, convention: Convention) -> Dossier:
    """The same, for a convention that is loaded already."""
    key = convention.id.rpartition("/")[2]
    loaded = ledger.load_together([*_parts(tenant, owner, key), *_indices(tenant, owner, convention)])
    return _dossier(tenant, owner, convention, loaded, loaded)


def _parts(tenant: Tenant, owner: Owner, key: str) -> tuple[str, str, str, str]:
    """The streams of a convention's tariff, references, exemptions and headcounts."""
    return (
        stream(tenant, owner, Tariff.kind, key),
        stream(tenant, owner, References.kind, key),
        stream(tenant, owner, Exemptions.kind, key),
        stream(tenant, insurer(siren_of(owner)), Headcounts.kind, key),
    )


def _indices(tenant: Tenant, owner: Owner, convention: Convention) -> list[str]:
    followed = indices_followed(version.terms for version in convention.terms)
    return [stream(tenant, owner, AppliedIndex.kind, index) for index in sorted(followed)]


def _dossier(
    tenant: Tenant, owner: Owner, convention: Convention, loaded: Loaded, loaded_indices: Loaded
) -> Dossier:
    key = convention.id.rpartition("/")[2]
    tariff_name, references_name, exemptions_name, headcounts_name = _parts(tenant, owner, key)
    tariff = loaded.find(Tariff, tariff_name)
    references = loaded.find(References, references_name)
    exemptions = loaded.find(Exemptions, exemptions_name)
    headcounts = loaded.find(Headcounts, headcounts_name)
    followed = [loaded_indices.find(AppliedIndex, name) for name in _indices(tenant, owner, convention)]
    return Dossier(
        convention=key,
        terms=tuple(convention.terms),
        grids=tuple(tariff.grids) if tariff else (),
        references=tuple(references.deposited) if references else (),
        indices=tuple(value for index in followed if index for value in index.values),
        exemptions=tuple(exemptions.known.values()) if exemptions else (),
        headcounts=tuple(headcounts.taken) if headcounts else (),
    )


def indices_followed(terms: Iterable[Terms]) -> frozenset[str]:
    """The names of the indices that caps follow."""
    return frozenset(
        str(commitment.params["index"])
        for version in terms
        for commitment in version.commitments
        if commitment.rule == "ANNUAL_CAP_INDEXED"
    )


def scenarios(
    dossier: Dossier,
    documents: Documents,
    *,
    as_known_at: datetime | None = None,
    draft: Json | None = None,
    with_headcounts: bool = True,
    version: int = ASSESS_VERSION,
) -> list[Period]:
    """A scenario file for each version of the terms, in order of days; none when no terms were recorded by then.

    An annual cap that an amendment changes has files of its own. `draft` is a grid as a scenario has it, tried among
    the others in the place of one of its name.
    """
    known = recorded_by(dossier, as_known_at)
    said: Json = {
        "grids": _grids(known.grids, documents, draft),
        "reference_grids": [_reference(reference, documents) for reference in known.references],
        "indices": [_index(value) for value in known.indices],
        "headcounts": [_headcount(count, documents) for count in known.headcounts if with_headcounts],
    }
    if as_known_at is not None:
        said["as_known_at"] = as_known_at.isoformat()
    versions = in_order(known.terms)
    periods = []
    for place, terms in enumerate(versions):
        first = terms.effective_on if place else None
        last = versions[place + 1].effective_on - timedelta(days=1) if place + 1 < len(versions) else None
        if place and last is not None and last < terms.effective_on:
            continue  # another version begins on the same day
        promised = {commitment.id for commitment in terms.terms.commitments}
        period = Period(
            first,
            last,
            {
                "convention": _convention(dossier.convention, terms.terms),
                **said,
                "exemptions": list(_exemptions(known.exemptions, promised)),
            },
        )
        period.scenario["grids"] = [
            _announced(grid, period, terms.terms, drafted=grid is draft) for grid in said["grids"]
        ]
        periods.append(period)
    return apart(periods, lambda scenario: VERSIONS[version](read_scenario(scenario)))


def findings_of(
    dossier: Dossier,
    documents: Documents,
    *,
    as_known_at: datetime | None = None,
    draft: Json | None = None,
    version: int = ASSESS_VERSION,
) -> tuple[Finding, ...]:
    """What the check finds, in the order of the report. Raises ScenarioError for what cannot be judged.

    Rules on rises judge a grid by the terms of the day on which it takes effect; what the others find is cut at the
    day on which terms change, and stays one finding where both sides agree.
    """
    periods = scenarios(dossier, documents, as_known_at=as_known_at, draft=draft, version=version)
    judged = [VERSIONS[version](read_scenario(period.scenario)) for period in periods]
    if len(periods) == 1:
        return judged[0]
    effective = {
        grid["id"]: date.fromisoformat(grid["effective_on"])
        for period in periods[:1]
        for grid in period.scenario["grids"]
    }
    cut = [
        [part for finding in findings if (part := _within(finding, period, effective)) is not None]
        for period, findings in zip(periods, judged, strict=True)
    ]
    return tuple(_joined(sorted((one for part in cut for one in part), key=_order(dossier, effective))))


# Cutting and joining at the days on which terms change


def _within(finding: Finding, period: Period, effective: Mapping[str, date]) -> Finding | None:
    """The part of a finding that counts under the terms of a period, or None."""
    if finding.rule in RISE_RULES and finding.grid is not None:
        return finding if period.holds(effective[finding.grid]) else None
    if finding.subject is not None:
        return finding if period.holds(finding.from_on) else None
    first = max(finding.from_on, period.first or date.min)
    last = min(finding.to_on or date.max, period.last or date.max)
    if last < first:
        return None
    return msgspec.structs.replace(finding, from_on=first, to_on=None if last == date.max else last)


def _order(dossier: Dossier, effective: Mapping[str, date]) -> Callable[[Finding], tuple[Any, ...]]:
    commitments = dict.fromkeys(
        promise.id for version in in_order(dossier.terms) for promise in version.terms.commitments
    )
    places = {commitment: place for place, commitment in enumerate(commitments)}

    def key(finding: Finding) -> tuple[Any, ...]:
        cell = finding.cell
        named = cell.order if isinstance(cell, CellId) else tuple(part or "" for part in (cell or ())[:2])
        first = effective[finding.grid] if finding.grid else date.min
        return places[finding.commitment], first, named, finding.subject or "", finding.from_on

    return key


def _joined(findings: Iterable[Finding]) -> list[Finding]:
    joined: list[Finding] = []
    for finding in findings:
        before = joined[-1] if joined else None
        if (
            before is not None
            and before.to_on is not None
            and before.to_on + timedelta(days=1) == finding.from_on
            and msgspec.structs.replace(finding, from_on=before.from_on, to_on=before.to_on) == before
        ):
            joined[-1] = msgspec.structs.replace(before, to_on=finding.to_on)
        else:
            joined.append(finding)
    return joined


# The parts of a scenario file


def recorded_by(dossier: Dossier, instant: datetime | None) -> Dossier:
    """What of a dossier was recorded by an instant; None: all of it."""
    if instant is None:
        return dossier
    return Dossier(
        convention=dossier.convention,
        terms=in_order(dossier.terms, instant),
        grids=[grid for grid in dossier.grids if grid.recorded_at <= instant],
        references=[reference for reference in dossier.references if reference.recorded_at <= instant],
        indices=[value for value in dossier.indices if value.recorded_at <= instant],
        exemptions=[
            _exemption_known(one, instant) for one in dossier.exemptions if one.granted_at <= instant
        ],
        headcounts=[count for count in dossier.headcounts if count.recorded_at <= instant],
    )


def _exemption_known(exemption: KnownExemption, instant: datetime) -> KnownExemption:
    if exemption.revoked_on is not None and exemption.revoked_at > instant:
        return msgspec.structs.replace(exemption, revoked_on=None)
    return exemption


def _convention(convention: str, terms: Terms) -> Json:
    return {
        "id": convention,
        "signed_on": terms.signed_on.isoformat(),
        "starts_on": terms.starts_on.isoformat(),
        "ends_on": terms.ends_on.isoformat(),
        "fees": format_euros(terms.fees),
        "waiting_period_days": terms.waiting_period_days,
        "commitments": [checked(commitment) for commitment in terms.commitments],
    }


def _grids(grids: Sequence[NotifiedGrid], documents: Documents, draft: Json | None) -> list[Json]:
    found = [
        {
            "id": grid.grid,
            "effective_on": grid.effective_on.isoformat(),
            "notified_on": grid.notified_on.isoformat(),
            "recorded_at": grid.recorded_at.isoformat(),
            "corrects": grid.corrects,
            "justified": grid.justified,
            "declared_rise_percent": grid.declared_rise,
            "cells": checked_cells(documents.get(grid.document)),
        }
        for grid in grids
        if draft is None or grid.grid != draft["id"]
    ]
    return [*found, draft] if draft is not None else found


def _announced(grid: Json, period: Period, terms: Terms, *, drafted: bool) -> Json:
    """The grid; without a rise announced by formula where other terms judge it, which may not take one.

    Nor where it was notified before an amendment or a correction promised one rate for all.
    """
    if isinstance(grid["declared_rise_percent"], dict) and (
        not period.holds(date.fromisoformat(grid["effective_on"]))
        or (not drafted and any(one.params.get("scope") == "ALL" for one in terms.commitments))
    ):
        return {**grid, "declared_rise_percent": None}
    return grid


def _reference(reference: DepositedReference, documents: Documents) -> Json:
    return {
        "id": reference.reference,
        "valid_from": reference.valid_from.isoformat(),
        "recorded_at": reference.recorded_at.isoformat(),
        "cells": checked_cells(documents.get(reference.document)),
    }


def _index(value: AppliedValue) -> Json:
    return {
        "index": value.index,
        "year": value.year,
        "value": value.value,
        "published_on": value.published_on.isoformat(),
    }


def _headcount(count: TakenHeadcount, documents: Documents) -> Json:
    cells = msgspec.json.decode(documents.get(count.document))["cells"]
    return {"taken_on": count.taken_on.isoformat(), "cells": cells}


def _exemptions(exemptions: Sequence[KnownExemption], promised: set[str]) -> Iterable[Json]:
    for exemption in exemptions:
        granted = exemption.granted
        if granted is None or exemption.decided_on is None:
            continue
        commitments = [commitment for commitment in granted.commitments if commitment in promised]
        if commitments:  # an amendment may have dropped what it exempted from
            yield {
                "id": exemption.exemption,
                "commitments": commitments,
                "kind": granted.kind,
                "factor": list(granted.factor),
                "valid_from": granted.valid_from.isoformat(),
                "valid_to": granted.valid_to.isoformat() if granted.valid_to else None,
                "decided_on": exemption.decided_on.isoformat(),
                "revoked_on": exemption.revoked_on.isoformat() if exemption.revoked_on else None,
                "recorded_at": exemption.granted_at.isoformat(),
                "rebase": granted.rebase,
            }


def grid_in_force(dossier: Dossier, day: date) -> NotifiedGrid | None:
    """The grid in force on a day, corrections included; None before the first."""
    begun = [grid for grid in standing_grids(list(dossier.grids)) if grid.effective_on <= day]
    return begun[-1] if begun else None
