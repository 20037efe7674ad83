"""Exemptions: one who asks never decides, a town grants what was asked or less, and revokes for days to come."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from domain.tariffs.exemptions import Exemptions, ExemptionTerms, demand_exemption
from tests.support.cases import STREAM, given
from tests.support.tariff_samples import (
    EXEMPTION_REFUSED,
    EXEMPTION_WITHDRAWN,
    GRANTED,
    REQUESTED,
    REVOKED,
)

TODAY = date(2025, 11, 20)
PROMISED = {"cap": "ANNUAL_CAP_FIXED", "gel": "PRICE_FREEZE", "notice": "NOTICE"}
TERMS = ExemptionTerms(
    commitments=("cap", "gel"),
    kind="TAX",
    factor=("1.1532", "1.1327"),
    valid_from=date(2026, 1, 1),
    valid_to=date(2026, 12, 31),
    rebase=True,
)
ALONE = replace(GRANTED, case=None)


def request(**other: Any) -> Callable[[Exemptions | None], Exemptions]:
    """The insurer asks."""

    def decide(known: Exemptions | None) -> Exemptions:
        exemptions = known or Exemptions(id=STREAM)
        exemptions.request_exemption(
            "tsa-2026",
            replace(TERMS, **other),
            reason=REQUESTED.reason,
            documents=REQUESTED.documents,
            promised=PROMISED,
        )
        return exemptions

    return decide


def grant(case: str | None = None, **other: Any) -> Callable[[Exemptions | None], Exemptions]:
    """The town grants for one commitment."""

    def decide(known: Exemptions | None) -> Exemptions:
        exemptions = known or Exemptions(id=STREAM)
        exemptions.grant_exemption(
            "tsa-2026",
            replace(TERMS, **{"commitments": ("cap",), **other}),
            decided_on=TODAY,
            decided_by=GRANTED.decided_by,
            council_reference=GRANTED.council_reference,
            document=GRANTED.document,
            case=case,
            promised=PROMISED,
            today=TODAY,
        )
        return exemptions

    return decide


def test_an_insurer_asks_once() -> None:
    given().when(request()).then(REQUESTED)
    given(REQUESTED).when(request()).then_nothing()
    given(REQUESTED).when(request(kind="LAW")).then_refused("exemption-known", "$.id")


@pytest.mark.parametrize(
    ("other", "code", "path"),
    [
        ({"commitments": ()}, "exemption-wrong", "$.commitments"),
        ({"commitments": ("cap", "cap")}, "exemption-wrong", "$.commitments"),
        ({"commitments": ("cap", "none")}, "commitment-not-promised", "$.commitments[1]"),
        ({"commitments": ("notice",)}, "exemption-wrong", "$.commitments[0]"),
        ({"factor": ("1", "1.02")}, "exemption-wrong", "$.factor"),
        ({"factor": ("11", "1")}, "exemption-wrong", "$.factor"),
        ({"factor": ("1.02", "0")}, "exemption-wrong", "$.factor"),
        ({"factor": ("1,02", "1")}, "exemption-wrong", "$.factor"),
        ({"valid_to": date(2025, 12, 31)}, "exemption-wrong", "$.valid_to"),
    ],
)
def test_what_exempts_from_nothing_is_not_asked_for(other: dict[str, Any], code: str, path: str) -> None:
    given().when(request(**other)).then_refused(code, path)


def test_a_factor_of_one_and_one_day_are_the_least() -> None:
    demand_exemption(replace(TERMS, factor=("1", "1"), valid_to=TERMS.valid_from), PROMISED)


def test_a_town_grants_what_was_asked_for_or_less() -> None:
    given(REQUESTED).when(grant()).then(ALONE)
    given(REQUESTED).when(grant(commitments=("cap", "gel"))).then(replace(ALONE, commitments=("cap", "gel")))
    shorter = date(2026, 6, 30)
    given(REQUESTED).when(grant(valid_to=shorter)).then(replace(ALONE, valid_to=shorter))


@pytest.mark.parametrize(
    "wider",
    [
        {"commitments": ("cap", "gel"), "factor": ("1.2", "1")},
        {"valid_from": date(2025, 12, 1)},
        {"valid_to": None},
    ],
    ids=["factor", "start", "end"],
)
def test_a_town_grants_no_more_than_was_asked_for(wider: dict[str, Any]) -> None:
    path = {"factor": "$.factor", "valid_from": "$.valid_from", "valid_to": "$.valid_to"}[list(wider)[-1]]
    given(REQUESTED).when(grant(**wider)).then_refused("exemption-wider", path)


def test_a_rebase_that_was_not_asked_for_is_not_granted() -> None:
    given(replace(REQUESTED, rebase=False)).when(grant()).then_refused("exemption-wider", "$.rebase")


def test_granting_again_in_the_same_terms_is_nothing() -> None:
    given(REQUESTED, ALONE).when(grant()).then_nothing()
    given(REQUESTED, ALONE).when(grant(valid_to=date(2026, 6, 30))).then_refused("exemption-decided")


def test_only_a_case_grants_what_nobody_asked_for() -> None:
    given().when(grant()).then_refused("exemption-unknown")
    given().when(grant(case=GRANTED.case)).then(GRANTED)


def test_a_decision_is_taken_today_or_was_before() -> None:
    def early(known: Exemptions) -> None:
        known.refuse_exemption("tsa-2026", decided_on=TODAY, reason="Non", today=date(2025, 11, 19))

    given(REQUESTED).when(early).then_refused("decided-later", "$.decided_on")


def test_a_refused_or_withdrawn_request_is_decided_no_more() -> None:
    refused = replace(EXEMPTION_REFUSED, exemption="tsa-2026")
    withdrawn = replace(EXEMPTION_WITHDRAWN, exemption="tsa-2026")

    def refuse(known: Exemptions) -> None:
        known.refuse_exemption("tsa-2026", decided_on=TODAY, reason=refused.reason, today=TODAY)

    given(REQUESTED).when(refuse).then(refused)
    given(REQUESTED, refused).when(refuse).then_nothing()
    given(REQUESTED, refused).when(grant()).then_refused("exemption-decided")
    given(REQUESTED).when(lambda known: known.withdraw_exemption("tsa-2026")).then(withdrawn)
    given(REQUESTED, withdrawn).when(lambda known: known.withdraw_exemption("tsa-2026")).then_nothing()
    given(REQUESTED, withdrawn).when(refuse).then_refused("exemption-decided")
    given(REQUESTED, ALONE).when(lambda known: known.withdraw_exemption("tsa-2026")).then_refused(
        "exemption-decided"
    )


def test_a_town_revokes_from_today_on_at_the_earliest() -> None:
    def revoke(today: date) -> Callable[[Exemptions], None]:
        return lambda known: known.revoke_exemption(
            "tsa-2026", revoked_on=REVOKED.revoked_on, reason=REVOKED.reason, today=today
        )

    given(REQUESTED, ALONE).when(revoke(REVOKED.revoked_on)).then(REVOKED)
    given(REQUESTED, ALONE).when(revoke(date(2026, 6, 2))).then_refused("revoked-earlier", "$.revoked_on")
    given(REQUESTED, ALONE, REVOKED).when(revoke(date(2026, 7, 1))).then_nothing()
    given(REQUESTED).when(revoke(TODAY)).then_refused("exemption-not-granted")
    given(replace(REQUESTED, exemption="other")).when(revoke(TODAY)).then_refused("exemption-unknown")
