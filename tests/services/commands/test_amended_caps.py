"""A changed annual cap is built on prices as the former one held them: an amendment reaches back to nothing."""

from datetime import UTC, date, datetime
from typing import Any

from domain.partnerships.terms import Commitment, TermsVersion
from domain.tariffs.assess import assess, read_scenario
from services.commands.dossier import Dossier, findings_of, scenarios
from tests.support.dossiers import SHELF, dossier, exemption, found, grid, promise, version

AMENDED_ON = date(2026, 1, 1)


def cap(percent: str, **params: Any) -> Commitment:
    """An annual cap."""
    return promise("ANNUAL_CAP_FIXED", max_rise_percent=percent, **params)


def amended(*commitments: Commitment, on: date = AMENDED_ON, number: int = 3) -> TermsVersion:
    """An amendment."""
    recorded_at = datetime(2025, 11, 1, tzinfo=UTC)
    return version(*commitments, effective_on=on, number=number, recorded_at=recorded_at)


def history(*prices: tuple[date, str], terms: tuple[TermsVersion, ...], **other: Any) -> Dossier:
    """Grids of one cell."""
    grids = [grid(f"g{n}", day, {"0-": monthly}) for n, (day, monthly) in enumerate(prices, 1)]
    return dossier(*terms, grids=grids, **other)


FIRST = (date(2024, 10, 1), "47.80")


def last(of: Dossier) -> tuple[str, str | None]:
    """Verdict and limit of the last finding."""
    verdict, limit = found(of)[-1][3:]
    return verdict, limit


def test_a_lower_cap_does_not_make_a_former_rise_too_high() -> None:
    terms = (version(cap("3")), amended(cap("2")))
    rises = (FIRST, (date(2025, 1, 1), "49.23"))
    assert last(history(*rises, (AMENDED_ON, "50.21"), terms=terms)) == ("COMPLIANT", "50.21")
    assert last(history(*rises, (AMENDED_ON, "50.22"), terms=terms)) == ("VIOLATION", "50.21")


def test_a_higher_cap_does_not_make_a_former_breach_a_base() -> None:
    terms = (version(cap("1")), amended(cap("3")))
    breach = (date(2025, 1, 1), "49.00")
    assert last(history(FIRST, breach, (AMENDED_ON, "49.73"), terms=terms)) == ("COMPLIANT", "49.73")
    assert last(history(FIRST, breach, (AMENDED_ON, "50.47"), terms=terms)) == ("VIOLATION", "49.73")


def test_within_a_year_the_changed_cap_counts_from_its_beginning_as_it_says() -> None:
    terms = (version(cap("1")), amended(cap("3"), on=date(2025, 7, 1)))
    rises = (FIRST, (date(2025, 3, 1), "48.28"))
    assert last(history(*rises, (date(2025, 10, 1), "49.23"), terms=terms)) == ("COMPLIANT", "49.23")
    assert last(history(*rises, (date(2025, 10, 1), "49.24"), terms=terms)) == ("VIOLATION", "49.23")


def test_three_versions_hand_on_what_each_held() -> None:
    terms = (
        version(cap("1")),
        amended(cap("3"), on=date(2025, 7, 1), number=3),
        amended(cap("2"), on=AMENDED_ON, number=5),
    )
    rises = (FIRST, (date(2025, 1, 1), "60.00"), (date(2025, 10, 1), "60.00"))
    assert found(history(*rises, terms=terms))[-1][3:] == ("VIOLATION", "49.23")
    assert last(history(*rises, (AMENDED_ON, "50.21"), terms=terms)) == ("COMPLIANT", "50.21")
    assert last(history(*rises, (AMENDED_ON, "50.22"), terms=terms)) == ("VIOLATION", "50.21")


def test_a_cap_that_is_added_is_built_on_the_prices_it_finds() -> None:
    terms = (version(promise("NO_FEE", "c2")), amended(promise("NO_FEE", "c2"), cap("2")))
    rises = (FIRST, (date(2025, 1, 1), "60.00"))
    assert last(history(*rises, (AMENDED_ON, "61.20"), terms=terms)) == ("COMPLIANT", "61.20")


def test_another_kind_of_cap_under_the_same_name_hands_on_too() -> None:
    indexed = promise("ANNUAL_CAP_INDEXED", index="PMSS", margin_points="0", floor_percent="2")
    terms = (version(cap("1")), amended(indexed))
    rises = (FIRST, (date(2025, 1, 1), "49.00"))
    assert last(history(*rises, (AMENDED_ON, "49.25"), terms=terms)) == ("COMPLIANT", "49.25")
    assert last(history(*rises, (AMENDED_ON, "49.26"), terms=terms)) == ("INDETERMINATE", None)


def test_a_cap_that_stays_as_it_is_needs_no_file_of_its_own() -> None:
    kept = history(FIRST, terms=(version(cap("3")), amended(cap("3"), promise("NO_FEE", "c2"))))
    assert [one.first for one in scenarios(kept, SHELF)] == [None, AMENDED_ON]
    both = history(FIRST, terms=(version(cap("3")), amended(cap("2"), promise("NO_FEE", "c2"))))
    files = scenarios(both, SHELF)
    assert [[one["id"] for one in file.scenario["convention"]["commitments"]] for file in files] == [
        ["c1"],
        ["c2"],
        ["c1"],
    ]


def test_an_exemption_that_prices_contain_already_multiplies_a_changed_cap_no_more() -> None:
    passed_on = (FIRST, (date(2025, 1, 1), "50.13"))
    for second in (cap("3"), cap("2")):
        terms = (version(cap("3")), amended(second))
        rebased = history(*passed_on, (AMENDED_ON, "51.13"), terms=terms, exemptions=[exemption(rebase=True)])
        percent = 102 if second != cap("3") else 103
        limit = (5013 * percent + 50) // 100
        assert last(rebased) == ("COMPLIANT", f"{limit // 100}.{limit % 100:02d}")
        dearer = history(*passed_on, (AMENDED_ON, "51.64"), terms=terms, exemptions=[exemption(rebase=True)])
        assert last(dearer)[0] == "VIOLATION"


def test_an_exemption_that_is_not_rebased_is_no_part_of_the_base_and_still_multiplies() -> None:
    terms = (version(cap("3")), amended(cap("2")))
    prices = (FIRST, (date(2025, 1, 1), "50.13"))
    # 49.23 × 1.02 × 1.1532 ÷ 1.1327 = 51.1234
    within = history(*prices, (AMENDED_ON, "51.12"), terms=terms, exemptions=[exemption(rebase=False)])
    assert last(within) == ("EXEMPTED", "51.12")
    above = history(*prices, (AMENDED_ON, "51.13"), terms=terms, exemptions=[exemption(rebase=False)])
    assert last(above) == ("VIOLATION", "51.12")


def test_anybody_finds_the_same_with_the_files() -> None:
    terms = (version(cap("1"), promise("NO_FEE", "c2")), amended(cap("3"), promise("NO_FEE", "c2")))
    whole = history(FIRST, (date(2025, 1, 1), "49.00"), (AMENDED_ON, "50.47"), terms=terms)
    said = findings_of(whole, SHELF)
    checked = [
        finding for file in scenarios(whole, SHELF) for finding in assess(read_scenario(file.scenario))
    ]
    broken = [finding for finding in said if finding.verdict == "VIOLATION"]
    assert len(broken) == 2
    assert all(finding in checked for finding in broken)
