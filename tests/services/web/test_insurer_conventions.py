"""Amendments, corrections, notice and one convention for several towns, as an insurer declares them by form."""

import hashlib
import io
from typing import Any

import pytest
from werkzeug.test import TestResponse

from services.commands import partnerships
from tests.services.web.conftest import Browser, Pages, fields, plain, title
from tests.support.cast import ACCORD, GRENOBLE
from tests.support.forms import said_by
from tests.support.townscape import Townscape

TOWN = "/communes/38185"
AMEND = f"{TOWN}/avenants/nouveau"
NOTICE = f"{TOWN}/preavis"
TOGETHER = "/conventions/nouvelle/ensemble"


@pytest.fixture
def agreed(pages: Pages) -> Pages:
    """A convention that the town confirmed, in March 2026."""
    town = Townscape(pages.here).on("2024-07-02").agree()
    town.notify("g2024", "2024-10-01", "31.86", "46.41").on("2026-03-02")
    return pages


def filled(browser: Browser, path: str) -> dict[str, str]:
    """Everything that the form of a page says already, as a browser would send it."""
    return said_by(browser.get(path))


def amended(browser: Browser, **typed: str) -> Any:
    """Fill in an amendment, read what changes, and declare it; the last answer."""
    form = {**filled(browser, AMEND), **typed}
    form = {
        **form,
        "effective_on": typed.get("effective_on") or "2027-10-01",
        "why": typed.get("why", "Prolongation."),
    }
    checked = browser.client.post(AMEND, data={**form, "do": "check"})
    if checked.status_code != 200 or "Déclarer à Grenoble" not in plain(checked):
        return checked
    return browser.client.post(AMEND, data={**said_by(checked), "do": "record"})


def test_an_amendment_begins_from_the_terms_and_shows_only_what_changes(agreed: Pages) -> None:
    browser = agreed.of("insurer")
    form = {
        **filled(browser, AMEND),
        "effective_on": "2027-10-01",
        "why": "Prolongation.",
        "ends_on": "2031-09-30",
    }
    assert form["commitments"] == "plafond gel indice remise preavis frais"
    assert form["commitments/plafond/max_rise_percent"] == "3"
    checked = browser.client.post(AMEND, data={**form, "do": "check"})
    assert title(checked) == "Ce qui change : 1 point"
    assert "30/09/2029" in plain(checked)
    assert "30/09/2031" in plain(checked)
    agreed.here.follow()
    assert "Avenants" not in browser.text(TOWN)
    answer = browser.client.post(AMEND, data={**said_by(checked), "do": "record"})
    assert answer.status_code == 303, plain(answer)
    agreed.here.follow()
    assert title(browser.get(answer.headers["Location"])) == "Avenant : la ville ne s'est pas prononcée"
    assert "Un avenant attend la ville" in browser.text(TOWN)
    assert "attend déjà la ville" in browser.text(AMEND)


def test_an_amendment_drops_commitments_and_promises_and_adds_a_promise(agreed: Pages) -> None:
    browser = agreed.of("insurer")
    form = filled(browser, AMEND)
    for edit in ("remove-commitment:gel", "remove-promise:salle", "add-promise"):
        form = said_by(browser.client.post(AMEND, data={**form, "edit": edit}))
    new = f"promises/{form['promises'].split()[-1]}"
    added = {"by": "town", "article": "Art. 10.3", "wording": "La ville relaie la réunion publique."}
    form |= {f"{new}/{name}": value for name, value in added.items()}
    answer = amended(browser, **{**form, "explanation_days": "20", "why": "Renégociation."})
    assert answer.status_code == 303, plain(answer)
    agreed.here.follow()
    text = browser.text(answer.headers["Location"])
    for said in ("Art. 5.1", "La ville prête une salle", "La ville relaie la réunion publique.", "20 jours"):
        assert said in text, said
    assert "Art. 5.4" not in text


def test_a_correction_names_what_it_corrects_and_counts_from_its_first_day(agreed: Pages) -> None:
    browser = agreed.of("insurer")
    answer = amended(browser, nature="correction", effective_on="", notice_months="4")
    assert answer.status_code == 303, plain(answer)
    agreed.here.follow()
    text = browser.text(answer.headers["Location"])
    assert "Rectification : la ville ne s'est pas prononcée" in text
    assert "effet le 01/10/2024" in text
    assert "4 mois" in text
    amendment = answer.headers["Location"].rpartition("/")[2]
    command = partnerships.ConfirmAmendment(convention="c1", id=amendment, by="town")
    partnerships.confirm_amendment(
        agreed.here.parts.ledger, GRENOBLE, ACCORD, command, Townscape(agreed.here).ask("account:town")
    )
    agreed.here.follow()
    assert "confirmée le" in title(browser.get(answer.headers["Location"]))
    assert filled(browser, AMEND)["notice_months"] == "4"


def test_an_amendment_that_changes_nothing_or_begins_outside_is_refused_where_it_is_wrong(
    agreed: Pages,
) -> None:
    browser = agreed.of("insurer")
    same = amended(browser)
    assert same.status_code == 422
    assert "Rien ne change" in plain(same)
    outside = amended(browser, notice_months="4", effective_on="2035-01-01")
    assert outside.status_code == 422
    assert 'href="#effective_on"' in plain(outside)
    rise = "commitments/plafond/max_rise_percent"
    wrong = amended(browser, why="", explanation_days="0", **{rise: "beaucoup"})
    for field in (rise, "why", "explanation_days"):
        assert f'id="{field}-error"' in plain(wrong), field


def test_notice_states_its_effect_before_it_is_given_and_may_be_taken_back(agreed: Pages) -> None:
    browser = agreed.of("insurer")
    typed = {**browser.hidden(NOTICE), "reason": "NEEDS_CHANGED", "given_on": "2026-03-02"}
    stated = browser.client.post(NOTICE, data={**typed, "do": "check"})
    assert title(stated) == "La convention avec Grenoble s'arrêtera le mercredi 2 septembre 2026"
    agreed.here.follow()
    assert "Résiliation notifiée" not in browser.text(TOWN)
    given = browser.client.post(NOTICE, data={**fields(stated), "do": "record"})
    assert given.status_code == 303, plain(given)
    agreed.here.follow()
    assert "Résiliation notifiée par vous" in browser.text(TOWN)
    assert "Résiliée, en préavis" in browser.text("/communes")
    assert "02/09/2026" in browser.text("/echeances?objet=notice")
    hidden = browser.hidden(NOTICE)
    silent = browser.client.post(f"{NOTICE}/retrait", data=hidden)
    assert silent.status_code == 422
    assert "Écrivez pourquoi vous retirez" in plain(silent)
    done = browser.client.post(f"{NOTICE}/retrait", data={**hidden, "reason": "Un accord est trouvé."})
    assert done.status_code == 303, plain(done)
    agreed.here.follow()
    assert "Résiliation notifiée" not in browser.text(TOWN)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"reason": ""}, "Choisissez le motif."),
        ({"reason": "OTHER"}, "Écrivez le motif"),
        ({"given_on": "2027-01-01"}, "La date est à venir"),
        ({"given_on": "hier"}, "Écrivez une date comme"),
    ],
)
def test_a_notice_that_is_not_one_says_what_to_do(agreed: Pages, typed: dict[str, str], said: str) -> None:
    browser = agreed.of("insurer")
    form = {**browser.hidden(NOTICE), "reason": "DISSATISFACTION", "given_on": "2026-03-02", **typed}
    answer = browser.client.post(NOTICE, data={**form, "do": "check"})
    assert answer.status_code == 422
    assert said in plain(answer)


def test_a_convention_that_is_not_renewed_runs_to_its_term(agreed: Pages) -> None:
    browser = agreed.of("insurer")
    form = {**browser.hidden(NOTICE), "reason": "NOT_RENEWED", "given_on": "2026-03-02"}
    stated = browser.client.post(NOTICE, data={**form, "do": "check"})
    assert "30 septembre 2029" in title(stated)


def test_one_convention_is_declared_to_several_towns_at_once_and_each_confirms_alone(pages: Pages) -> None:
    browser = pages.of("insurer")
    days = {"signed_on": "2026-01-05", "starts_on": "2026-04-01", "ends_on": "2029-03-31"}
    form = {**filled(browser, f"{TOGETHER}?communes=94016+Cachan%0A38185"), **days}
    add = {"edit": "add-commitment", "new_rule": "ANNUAL_CAP_FIXED"}
    form = said_by(browser.client.post(TOGETHER, data={**form, **add}))
    cap = f"commitments/{form['commitments']}"
    said = {f"{cap}/max_rise_percent": "3", f"{cap}/article": "Art. 5"}
    answer = browser.client.post(TOGETHER, data={**form, **said})
    assert answer.status_code == 303, plain(answer)
    pages.here.follow()
    shown = browser.follow(answer)
    assert "Grenoble" in shown
    assert "Cachan" in shown
    for who in ("town", "other_town"):
        assert "attend votre confirmation" in pages.of(who).text("/ville")
    assert "lie 2 communes" in browser.text(TOWN)


def test_lines_that_name_no_commune_are_said_and_the_others_recognised(pages: Pages) -> None:
    browser = pages.of("insurer")
    answer = browser.get(f"{TOGETHER}?communes=38185%0Azzz%0A99999%0A94016 Cachan")
    text = plain(answer)
    assert answer.status_code == 422
    assert "« zzz » : écrivez le code INSEE" in text
    assert "« 99999 » : écrivez le code INSEE" in text
    assert "Reconnues : Grenoble (38185), Cachan (94016)." in text
    assert browser.get(TOGETHER).status_code == 200


def test_the_signed_text_of_an_amendment_is_filed_with_it_where_the_town_reads(agreed: Pages) -> None:
    browser = agreed.of("insurer")
    form = {
        **filled(browser, AMEND),
        "effective_on": "2027-10-01",
        "why": "Prolongation.",
        "notice_months": "4",
    }
    checked = browser.client.post(AMEND, data={**form, "do": "check"})

    def declare(content: bytes) -> TestResponse:
        sent: dict[str, Any] = {
            **said_by(checked),
            "do": "record",
            "signed_text": (io.BytesIO(content), "avenant.pdf"),
        }
        return browser.client.post(AMEND, data=sent, content_type="multipart/form-data")

    refused = declare(b"MZ")
    assert refused.status_code == 422
    assert 'id="signed_text-error"' in plain(refused)
    answer = declare(b"%PDF-1.7\navenant")
    assert answer.status_code == 303, plain(answer)
    agreed.here.follow()
    digest = hashlib.sha256(b"%PDF-1.7\navenant").hexdigest()
    assert digest in browser.text(answer.headers["Location"])
    assert browser.get(f"{TOWN}/documents/{digest}").get_data() == b"%PDF-1.7\navenant"
