"""The editor of commitments: every rule is entered, a bad value is told beside its field, and nothing is lost."""

import hashlib
import io
import json
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from domain.partnerships.convention import Convention
from domain.tariffs.assess import RULES
from services.web import params
from services.web.rule_fields import fields_of, read_params, written
from tests.services.web.conftest import Browser, Pages, plain, title
from tests.support.cast import ACCORD, GRENOBLE
from tests.support.forms import said_by
from tests.support.townscape import Townscape

EXAMPLES: Final = Path(__file__).resolve().parents[3] / "docs" / "commitments" / "examples"
DECLARE: Final = "/conventions/nouvelle/38185"
AMEND: Final = "/communes/38185/avenants/nouveau"
DAYS: Final = {"signed_on": "2026-01-05", "starts_on": "2026-04-01", "ends_on": "2029-03-31"}
TIERS: Final[dict[str, Any]] = {
    "tiers": [
        {"from_month": 0, "max_rise_percent": "0"},
        {"from_month": 12, "max_rise_percent": "3"},
        {"from_month": 24, "max_rise_percent": "4.5"},
    ]
}


def example(rule: str) -> dict[str, Any]:
    """The parameters of the rule in its example."""
    text = (EXAMPLES / f"{rule.lower().replace('_', '-')}.json").read_text(encoding="utf-8")
    found = next(each for each in json.loads(text)["convention"]["commitments"] if each["rule"] == rule)
    return dict(found["params"])


def typed_of(rule: str, said: dict[str, Any]) -> dict[str, str]:
    """The same as people type them."""
    return {field.name: written(field, said.get(field.name)) for field in fields_of(rule)}


def started(browser: Browser, *rules: str) -> dict[str, str]:
    """The form with so many commitments added, one button after the other."""
    form = {**said_by(browser.get(DECLARE)), **DAYS}
    for rule in rules:
        answer = browser.client.post(DECLARE, data={**form, "edit": "add-commitment", "new_rule": rule})
        assert answer.status_code == 200, plain(answer)
        form = said_by(answer)
    return form


def keyed(form: dict[str, str]) -> list[str]:
    """Where the fields of each commitment begin."""
    return [f"commitments/{key}/" for key in form["commitments"].split()]


def declared(pages: Pages, browser: Browser, form: dict[str, str]) -> Convention:
    """The convention that the form declares."""
    answer = browser.client.post(DECLARE, data=form)
    assert answer.status_code == 303, plain(answer)
    pages.here.follow()
    with pages.here.parts.databases.project.connection() as connection:
        found = connection.execute(
            "select stream from ledger.event where topic like 'convention.declared%'"
        ).fetchone()
    assert found is not None
    convention = pages.here.parts.ledger.find(Convention, found[0])
    assert convention is not None
    return convention


@pytest.mark.parametrize(
    ("rule", "said"),
    [*((rule, example(rule)) for rule in RULES), ("CUMULATIVE_CAP", TIERS)],
    ids=[*RULES, "CUMULATIVE_CAP by tiers"],
)
def test_every_rule_is_entered_on_the_page_and_declared_as_such(
    pages: Pages, rule: str, said: dict[str, Any]
) -> None:
    browser = pages.of("insurer")
    form = started(browser, rule)
    (at,) = keyed(form)
    assert form[f"{at}wording"] == RULES[rule].prose.clause
    form |= {f"{at}{name}": value for name, value in typed_of(rule, said).items()}
    (commitment,) = declared(pages, browser, {**form, f"{at}article": "Article 5"}).commitments
    assert (commitment.rule, commitment.params) == (rule, said)
    assert commitment.wording == RULES[rule].prose.clause
    assert commitment.article == "Article 5"
    assert commitment.id == at.split("/")[1]


def test_what_people_write_becomes_what_the_check_reads() -> None:
    assert read_params("CUMULATIVE_CAP", {"tiers": "0:0,12:3 ; 24:4,50 %"}, {}) == (TIERS, {})
    assert read_params("CHANGE_WINDOW", {"allowed_days": "01-01, 1/7"}, {})[0] == {
        "allowed_days": ["01-01", "07-01"]
    }
    assert read_params("NOTICE", {"fixed_day": "31-10"}, {})[0] == {"fixed_day": "10-31"}
    assert read_params("PRICE_FREEZE", {"until": "31/12/2027"}, {})[0] == {"until": "2027-12-31"}
    said = {"max_rise_percent": " 03,50 % ", "carry_over": "oui"}
    assert read_params("ANNUAL_CAP_FIXED", said, {})[0] == {"max_rise_percent": "3.5", "carry_over": True}


def test_what_is_typed_as_it_was_stays_exactly_as_it_was() -> None:
    held: dict[str, Any] = {"index": "PMSS", "margin_points": "2.00", "ceiling_percent": None}
    typed = typed_of("ANNUAL_CAP_INDEXED", held)
    assert read_params("ANNUAL_CAP_INDEXED", typed, held) == (held, {})
    found, _ = read_params("ANNUAL_CAP_INDEXED", {**typed, "index": "ONDAM"}, held)
    assert found == {**held, "index": "ONDAM"}


@pytest.mark.parametrize("rule", RULES)
def test_every_parameter_and_every_choice_has_french_words(rule: str) -> None:
    for field in fields_of(rule):
        assert params.label(field.name) != field.name
        for code, words in field.options:
            assert words.lower() != code.lower() or field.kind == "flag", code


@pytest.mark.parametrize(
    ("rule", "typed", "field", "told"),
    [
        ("ANNUAL_CAP_FIXED", {"max_rise_percent": "beaucoup"}, "max_rise_percent", "un pourcentage comme"),
        ("ANNUAL_CAP_FIXED", {"max_rise_percent": "-1"}, "max_rise_percent", "un pourcentage comme"),
        ("ANNUAL_CAP_FIXED", {}, "max_rise_percent", "un pourcentage comme"),
        ("ANNUAL_CAP_FIXED", {"max_rise_percent": "3", "period": "SOMEDAY"}, "period", "dans la liste"),
        ("ANNUAL_CAP_INDEXED", {"margin_points": "2"}, "index", "dans la liste"),
        ("ANNUAL_CAP_INDEXED", {"index": "PMSS", "floor_percent": "3", "ceiling_percent": "2"},
         "ceiling_percent", "sous le plancher"),
        ("MIN_DISCOUNT", {"min_discount_percent": "101"}, "min_discount_percent", "de 0 à 100"),
        ("CUMULATIVE_CAP", {}, "max_rise_percent", "ou des paliers"),
        ("CUMULATIVE_CAP", {"tiers": "0-0"}, "tiers", "comme 0:0, 12:3"),
        ("CUMULATIVE_CAP", {"tiers": "12:3, 0:0"}, "tiers", "du premier mois au dernier"),
        ("CUMULATIVE_CAP", {"tiers": "0:0", "max_rise_percent": "8"}, "tiers", "pas aussi une hausse"),
        ("AGE_STRUCTURE", {"max_ratio": "0"}, "max_ratio", "comme 2 ou 1,56"),
        ("CHANGE_WINDOW", {"allowed_days": "31-02"}, "allowed_days", "le jour puis le mois"),
        ("CHANGE_WINDOW", {"allowed_days": "en janvier"}, "allowed_days", "le jour puis le mois"),
        ("NOTICE", {"months": "2", "fixed_day": "31-10"}, "fixed_day", "l'un des deux"),
        ("NOTICE", {"months": "deux"}, "months", "de 0 à 1200"),
        ("NOTICE", {"months": "2", "requires_justification": "peut-être"}, "requires_justification",
         "dans la liste"),
        ("PRICE_FREEZE", {}, "until", "l'un des deux"),
        ("STATUTORY_FREEZE", {"reference_on": "2025-12-31", "from": "2026-02-01", "to": "2026-01-01"}, "to",
         "vient avant le premier"),
        ("STATUTORY_FREEZE", {"reference_on": "hier", "from": "2026-02-01", "to": "2026-03-01"},
         "reference_on", "une date comme"),
        ("CATEGORY_DISCOUNT", {"category": "general", "min_discount_percent": "5", "base_category": "general"},
         "base_category", "une autre catégorie"),
        ("UNIFORM_INCREASE", {"tolerance": "un peu"}, "tolerance", "un montant comme"),
        ("FAMILY_BENEFIT", {"free_from_rank": "0"}, "free_from_rank", "de 1 à 150"),
        ("NO_FEE", {"wording": ""}, "wording", "Recopiez la clause"),
        ("NO_FEE", {"article": ""}, "article", "Écrivez l'article"),
    ],
)  # fmt: skip
def test_a_bad_value_is_refused_beside_its_field_and_what_was_typed_is_kept(
    pages: Pages, rule: str, typed: dict[str, str], field: str, told: str
) -> None:
    browser = pages.of("insurer")
    form = started(browser, rule)
    (at,) = keyed(form)
    form[f"{at}article"] = "Article 5"
    form |= {f"{at}{name}": value for name, value in typed.items()}
    answer = browser.client.post(DECLARE, data=form)
    assert answer.status_code == 422
    text = plain(answer)
    _, found, beside = text.partition(f'id="{at}{field}-error"')
    assert found, text
    assert told in beside.partition("</span></span>")[0]
    assert f'href="#{at}{field}"' in text
    shown = said_by(answer)
    # No list offers what is not among its choices.
    lost = {f"{at}{name}" for name, value in typed.items() if value in {"SOMEDAY", "peut-être"}}
    assert {name: value for name, value in form.items() if name not in lost} == {
        name: value for name, value in shown.items() if name in form and name not in lost
    }


def test_adding_and_removing_keeps_the_rest_and_no_key_comes_twice(pages: Pages) -> None:
    browser = pages.of("insurer")
    form = started(browser, "NO_FEE", "NOTICE", "ANNUAL_CAP_FIXED")
    fee, notice, cap = keyed(form)
    form |= {
        f"{notice}months": "2",
        f"{cap}max_rise_percent": "2,5",
        f"{notice}article": "Art. 6",
        "fees": "12",
    }

    def press(edit: str, **more: str) -> dict[str, str]:
        answer = browser.client.post(DECLARE, data={**form, **more, "edit": edit})
        assert answer.status_code == 200
        return said_by(answer)

    before = dict(form)
    form = press(f"remove-commitment:{notice.split('/')[1]}")
    assert keyed(form) == [fee, cap]
    assert not [name for name in form if name.startswith(notice)]
    assert {name: value for name, value in before.items() if name in form and name != "commitments"} == {
        name: value for name, value in form.items() if name in before and name != "commitments"
    }
    form = press("add-commitment", new_rule="NOTICE")
    assert keyed(form)[:2] == [fee, cap]
    assert keyed(form)[2] != notice
    form = press("add-promise")
    form = press("add-promise")
    first, second = form["promises"].split()
    form = {**form, f"promises/{second}/wording": "Une salle."}
    form = press(f"remove-promise:{first}")
    assert form["promises"] == second
    assert form[f"promises/{second}/wording"] == "Une salle."
    assert press("add-commitment", new_rule="NO_SUCH_RULE")["commitments"] == form["commitments"]


def test_names_that_begin_alike_are_not_removed_together(pages: Pages) -> None:
    browser = pages.of("insurer")
    form = {
        **started(browser), "commitments": "a a-b", "commitments/a/rule": "NO_FEE", "commitments/a-b/rule": "NOTICE",
        "commitments/a-b/months": "3",
    }  # fmt: skip
    left = said_by(browser.client.post(DECLARE, data={**form, "edit": "remove-commitment:a"}))
    assert (left["commitments"], left["commitments/a-b/months"]) == ("a-b", "3")


def test_promises_of_both_sides_are_declared_and_a_promise_without_a_side_is_told_so(pages: Pages) -> None:
    browser = pages.of("insurer")
    form = said_by(browser.client.post(DECLARE, data={**started(browser), "edit": "add-promise"}))
    at = f"promises/{form['promises']}/"
    form |= {f"{at}article": "Article 8", f"{at}wording": "La ville prête une salle.\nChaque mois."}
    bare = browser.client.post(DECLARE, data=form)
    assert bare.status_code == 422
    assert f'id="{at}by-error"' in plain(bare)
    (promise,) = declared(pages, browser, {**said_by(bare), f"{at}by": "town"}).promises
    assert (promise.by, promise.article) == ("town", "Article 8")
    assert promise.wording == "La ville prête une salle.\nChaque mois."


def test_the_file_that_came_before_a_commitment_was_added_is_not_lost(pages: Pages) -> None:
    browser = pages.of("insurer")
    sent = {**started(browser), "edit": "add-promise", "file": (io.BytesIO(b"signed"), "convention.pdf")}
    answer = browser.client.post(DECLARE, data=sent, content_type="multipart/form-data")
    assert "Fichier déjà reçu" in plain(answer)
    form = said_by(answer)
    (key,) = form["promises"].split()
    form = said_by(browser.client.post(DECLARE, data={**form, "edit": f"remove-promise:{key}"}))
    assert declared(pages, browser, form).terms[0].terms.document == hashlib.sha256(b"signed").hexdigest()


def test_an_amendment_changes_one_parameter_only(pages: Pages) -> None:
    Townscape(pages.here).on("2024-07-02").agree().on("2026-03-02")
    browser = pages.of("insurer")
    form = {**said_by(browser.get(AMEND)), "effective_on": "2027-10-01", "why": "Moins."}
    checked = browser.client.post(
        AMEND, data={**form, "commitments/plafond/max_rise_percent": "2,5", "do": "check"}
    )
    assert title(checked) == "Ce qui change : 1 point"
    answer = browser.client.post(AMEND, data={**said_by(checked), "do": "record"})
    assert answer.status_code == 303, plain(answer)
    pages.here.follow()
    convention = pages.here.parts.ledger.find(Convention, f"{GRENOBLE}/{ACCORD}/convention/c1")
    assert convention is not None
    before, after = convention.terms[0].terms, convention.amendments[0].terms
    lowered = {"max_rise_percent": "2.5", "period": "CONVENTION_YEAR"}
    assert after.commitments == tuple(
        msgspec.structs.replace(each, params=lowered) if each.id == "plafond" else each
        for each in before.commitments
    )
    assert msgspec.structs.replace(after, commitments=before.commitments) == before
