"""The situations of the demo, as the views tell them after seeding: nothing of it was written beside the ledger."""

from collections import Counter
from datetime import date, timedelta

import pytest
from psycopg.errors import InsufficientPrivilege

from domain.tariffs.assess.rules import RULES
from domain.tenancy import insurer
from projections.oversight import agreements
from projections.tariffs import queries as tariffs
from services.commands.dossier import findings_of, load_dossier
from services.demo import DEMO_ACCOUNTS
from services.reading import Audience
from services.wiring import Parts
from tests.support import demo as seen
from tests.support.demo import TODAY, place, places


def test_one_convention_keeps_its_word_in_many_commitments_and_says_since_when(demo: Parts) -> None:
    kept = seen.standings(demo, place("grenoble-entrenous"))
    assert len(kept) == 10
    assert {row.verdict for row in kept.values()} == {"COMPLIANT"}
    assert all(row.from_on is not None and row.known_since.date() <= TODAY for row in kept.values())
    assert (kept["remise"].rule, kept["etudiants"].rule) == ("MIN_DISCOUNT", "CATEGORY_DISCOUNT")
    assert kept["remise"].from_on == date(2025, 1, 1)


def test_the_discount_of_grenoble_lies_between_15_and_20_percent_as_published(demo: Parts) -> None:
    at = place("grenoble-entrenous")
    dossier = load_dossier(demo.ledger, at.tenant, at.owner, at.of.key)
    shares = [
        1 - finding.observed / finding.anchor
        for finding in findings_of(dossier, demo.ledger.documents)
        if finding.commitment == "remise"
        and finding.cell is not None
        and finding.cell.category == "general"
        and isinstance(finding.observed, int)
        and isinstance(finding.anchor, int)
    ]
    assert len(shares) == 48
    assert min(shares) >= 0.15
    assert max(shares) <= 0.20


def test_one_breaks_its_cap_at_the_second_rise_of_a_convention_year(demo: Parts) -> None:
    at = place("vierzon-trois-rivieres")
    (case,) = seen.cases(demo, at)
    assert (case.commitment, case.state, case.turn, case.clock) == (
        "plafond", "detected", "insurer", "explanation",
    )  # fmt: skip
    assert case.due_on is not None
    assert timedelta(0) < case.due_on - TODAY <= timedelta(days=10)
    assert case.cell_count == 12
    assert {cell["cell"]["age_from"] for cell in case.cells} == {50, 60, 70, 80}
    year = at.of.starts_on.replace(year=at.of.starts_on.year + 2)
    rises = [grid.effective_on for grid in at.of.grids if grid.effective_on > year]
    assert len(rises) == 2
    assert rises[1] < year.replace(year=year.year + 1)
    assert seen.standings(demo, at)["plafond"].verdict == "VIOLATION"
    assert {row.verdict for name, row in seen.standings(demo, at).items() if name != "plafond"} == {
        "COMPLIANT"
    }


def test_one_has_an_exemption_that_the_town_granted_until_a_day(demo: Parts) -> None:
    at = place("18205")
    assert seen.standings(demo, at)["plafond"].verdict == "EXEMPTED"
    assert seen.cases(demo, at) == []
    (granted,) = seen.exemptions(demo, at)
    assert granted.state == "granted"
    assert granted.granted is not None
    assert granted.granted.factor == ("1.1532", "1.1327")
    assert granted.granted.valid_to == date(2026, 12, 31)


def test_one_cannot_be_decided_before_its_index_is_published(demo: Parts) -> None:
    at = place("18015")
    row = seen.standings(demo, at)["plafond-indexe"]
    assert (row.verdict, row.undecidable) == ("INDETERMINATE", 24)
    assert "2026" in row.reason
    assert "hors tabac" in row.reason
    assert seen.cases(demo, at) == []


def test_one_is_being_disputed(demo: Parts) -> None:
    at = place("18141")
    (case,) = seen.cases(demo, at)
    assert (case.state, case.turn) == ("disputed", "insurer")
    assert case.due_on is not None
    assert case.due_on > TODAY
    assert [(step, side) for step, side, _ in seen.steps(demo, at, case.id)] == [
        ("opened", "judge"), ("explained", "insurer"), ("disputed", "town"),
    ]  # fmt: skip


def test_one_was_corrected_by_a_corrected_grid_and_both_stay_in_its_history(demo: Parts) -> None:
    at = place("18207")
    (case,) = seen.cases(demo, at)
    assert (case.state, case.turn) == ("corrected", None)
    assert case.corrected_by == f"{case.grid}-corrigee"
    assert [step for step, _, _ in seen.steps(demo, at, case.id)] == ["opened", "explained", "corrected"]
    grids = demo.views.read(
        seen.as_town(at.town), lambda r: tariffs.grids(r, at.tenant, [at.owner], at.of.key)
    )
    assert {grid.corrects for grid in grids} == {None, case.grid}
    assert seen.standings(demo, at)["plafond"].verdict == "COMPLIANT"


def test_one_has_a_formal_notice_whose_days_run_after_a_silence(demo: Parts) -> None:
    at = place("18033")
    (case,) = seen.cases(demo, at)
    assert (case.state, case.turn, case.clock) == ("formal_notice", "insurer", "cure")
    assert case.due_on is not None
    assert case.due_on > TODAY
    assert [(step, side) for step, side, _ in seen.steps(demo, at, case.id)] == [
        ("opened", "judge"), ("fell_due", "calendar"), ("formal_notice_sent", "town"),
    ]  # fmt: skip
    assert case.formal_notice_document is not None
    assert demo.ledger.documents.get(case.formal_notice_document).startswith(b"%PDF-")


def test_one_convention_was_ended_by_its_town_and_its_notice_runs(demo: Parts) -> None:
    at = place("18197")
    (case,) = seen.cases(demo, at)
    assert case.state == "notice_given"
    agreed = seen.convention(demo, at)
    assert agreed.notice is not None
    assert (agreed.notice.by, agreed.notice.reason, agreed.notice.case) == (
        "town",
        "COMMITMENT_BROKEN",
        case.id,
    )
    assert TODAY < agreed.notice.takes_effect_on < at.of.ends_on


def test_one_convention_is_over_and_its_grids_are_judged_as_before(demo: Parts) -> None:
    at = place("18087")
    agreed = seen.convention(demo, at)
    assert (agreed.ended_on, agreed.ended_cause) == (at.of.ends_on, "term")
    kept = seen.standings(demo, at)["plafond"]
    assert (kept.verdict, kept.kept) == ("COMPLIANT", 48)


def test_one_waits_for_its_town_one_was_refused_and_one_has_an_amendment_to_confirm(demo: Parts) -> None:
    assert seen.convention(demo, place("25056")).state == "declared"
    refused = seen.convention(demo, place("18267"))
    assert (refused.state, bool(refused.refusal)) == ("refused", True)
    amended = seen.convention(demo, place("18109"))
    (amendment,) = amended.amendments
    assert (amended.state, amendment.state) == ("confirmed", "pending")
    assert amendment.effective_on > TODAY


def test_one_convention_binds_three_towns_of_which_one_has_not_confirmed(demo: Parts) -> None:
    found = [seen.convention(demo, place(code)) for code in ("18096", "18140", "18148")]
    assert {row.id for row in found} == {"foecy-massay-mereau-trois-rivieres"}
    assert {tuple(row.communes) for row in found} == {("18096", "18140", "18148")}
    assert [row.state for row in found] == ["confirmed", "confirmed", "declared"]


def test_one_town_is_asked_for_an_exemption_with_an_explanation(demo: Parts) -> None:
    at = place("18003")
    (case,) = seen.cases(demo, at)
    assert (case.state, case.turn) == ("explained", "town")
    (asked,) = seen.exemptions(demo, at)
    assert (asked.state, asked.granted) == ("requested", None)
    (document,) = asked.documents
    assert document in demo.views.read(
        seen.as_town(at.town),
        lambda r: agreements.documents(r, at.tenant, at.owner, limit=10)[0].sha256,
    )


def test_one_average_is_weighted_by_a_headcount_that_the_town_cannot_read(demo: Parts) -> None:
    at = place("18050")
    assert seen.standings(demo, at)["plafond-moyen"].verdict == "COMPLIANT"
    own = insurer(at.of.insurer.siren)
    counted = demo.views.read(
        seen.as_insurer(at.of), lambda r: tariffs.headcounts(r, at.tenant, own, at.of.key)
    )
    assert [row.total for row in counted] == [pytest.approx(50, abs=10)]
    with pytest.raises(InsufficientPrivilege):
        demo.views.read(seen.as_town(at.town), lambda r: tariffs.headcounts(r, at.tenant, own, at.of.key))


def test_a_legal_alert_was_accepted_by_its_town(demo: Parts) -> None:
    at = place("18109")
    (case,) = seen.cases(demo, at)
    assert (case.rule, case.verdict, case.state) == ("STATUTORY_FREEZE", "LEGAL_ALERT", "accepted")


def test_a_grid_is_being_prepared_for_several_towns(demo: Parts) -> None:
    at = place("vierzon-trois-rivieres")
    own = insurer(at.of.insurer.siren)
    (draft,) = demo.views.read(seen.as_insurer(at.of), lambda r: tariffs.prepared_grids(r, own))
    known = {(each.town.code, each.of.key) for each in places()}
    assert len(draft.towns) == 3
    assert {(town.commune, town.convention) for town in draft.towns} <= known


def test_no_insurer_that_exists_is_shown_breaking_anything(demo: Parts) -> None:
    real = [at for at in places() if at.of.insurer.real]
    assert len(real) == 5
    for at in real:
        assert seen.cases(demo, at) == []
        verdicts = {row.verdict for row in seen.standings(demo, at).values()}
        assert verdicts <= {"COMPLIANT", "EXEMPTED", "INDETERMINATE", "NOT_APPLICABLE"}, at.of.key
        assert all(row.broken == 0 for row in seen.standings(demo, at).values())


def test_every_rule_is_promised_somewhere() -> None:
    promised = {commitment.rule for at in places() for commitment in at.of.commitments}
    assert promised == set(RULES)
    assert len(promised) == 16


def test_an_index_is_published_with_its_source_or_says_what_is_not_verified(demo: Parts) -> None:
    public = Audience("place", tenants=["platform"], owners=["public"])
    rows = demo.views.read(public, tariffs.indices)
    values = {(row.name, row.year): row.value for row in rows}
    assert values == {
        ("IPC_HT_AVG", 2023): "4.8", ("IPC_HT_AVG", 2024): "1.8", ("IPC_HT_AVG", 2025): "0.9",
        ("PMSS", 2022): "3428", ("PMSS", 2023): "3666", ("PMSS", 2024): "3864", ("PMSS", 2025): "3925",
        ("PMSS", 2026): "4005", ("ONDAM", 2026): "1.6",
    }  # fmt: skip
    for row in rows:
        justified = (row.name, row.year) == ("IPC_HT_AVG", 2025)
        assert justified != ("non vérifié" in row.source)


def test_the_invented_insurer_has_towns_in_every_state(demo: Parts) -> None:
    its = [at for at in places() if at.of.insurer.key == "trois-rivieres"]
    assert len(its) == 16
    (said,) = (account.sees for account in DEMO_ACCOUNTS if account.email == "gestion@trois-rivieres.example")
    assert said.startswith("Seize communes")
    states = Counter(case.state for at in its for case in seen.cases(demo, at))
    assert set(states) == {
        "detected", "explained", "disputed", "formal_notice", "accepted", "corrected", "notice_given",
    }  # fmt: skip
    due = {case.due_on for at in its for case in seen.cases(demo, at) if case.turn}
    assert len(due) == 4


def test_the_town_and_the_insurer_have_one_mail_of_each_step(demo: Parts) -> None:
    at = place("vierzon-trois-rivieres")
    (case,) = seen.cases(demo, at)
    for email in ("elu@vierzon.example", "gestion@trois-rivieres.example"):
        about = [
            mail
            for mail in seen.mails(demo, email)
            if mail.kind == "case.opened" and mail.position == case.position
        ]
        assert len(about) == 1
    disputed = place("18141")
    (dispute,) = seen.cases(demo, disputed)
    kinds = Counter(mail.kind for mail in seen.mails(demo, "elu@mehun-sur-yevre.example"))
    assert kinds["case.opened"] == kinds["case.explained"] == 1
    with demo.owner_connection() as connection:
        rows = connection.execute(
            "select position, account, count(*) from outbox.mail group by 1, 2 having count(*) > 1"
        ).fetchall()
        old = connection.execute(
            "select count(*) from outbox.mail where made_at < %s", (seen.NOW - timedelta(days=61),)
        ).fetchone()
    assert rows == []
    assert old == (0,)
    assert dispute.turn == "insurer"


def test_a_case_is_opened_on_the_day_on_which_its_grid_was_notified(demo: Parts) -> None:
    for at in places():
        notified = {grid.id: grid.notified_on for grid in at.of.grids}
        for case in seen.cases(demo, at):
            assert case.grid is not None
            assert case.opened_at.date() == notified[case.grid]
