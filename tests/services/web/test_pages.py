"""The pages without a script: the three events of the product, recorded by forms and read by those who may."""

import re
from datetime import timedelta

from werkzeug.test import TestResponse

from services.asking import SESSION_COOKIE
from services.commands import membership
from services.web.desk import COOKIE
from tests.services.web.conftest import Browser, Pages, fields, plain, title
from tests.support import cast
from tests.support.api import PASSWORD, Served, Who, email_of
from tests.support.cast import SIREN

TOWN = "/communes/38185"
GRID = "N1;moins de 50 ans;31,86\nN1;50 ans et plus;47,80"


def declared(pages: Pages) -> str:
    """The convention's id, after the insurer declared it by form."""
    cap = {
        "rule": "ANNUAL_CAP_FIXED", "max_rise_percent": "3", "period": "CIVIL_YEAR", "article": "Article 5",
        "wording": "L’évolution annuelle ne peut excéder 3 %.",
    }  # fmt: skip
    answer = pages.of("insurer").send(
        "/conventions/nouvelle/38185",
        commitments="cap",
        **{f"commitments/cap/{name}": value for name, value in cap.items()},
        signed_on="2024-07-01",
        starts_on="2024-10-01",
        ends_on="30/09/2029",
        notice_months="6",
        fees="0",
        waiting_period_days="0",
        per_month="2",
        hours_article="Article 7",
        hours_wording="Deux permanences par mois.",
    )
    assert answer.status_code == 303, plain(answer)
    pages.here.follow()
    found = re.search(r"/ville/conventions/\d+/(\w+)/confirmation", pages.of("town").text("/ville"))
    assert found is not None
    return found[1]


def confirmed(pages: Pages) -> None:
    """A convention that the town has confirmed."""
    convention = declared(pages)
    answer = pages.of("town").send(f"/ville/conventions/{SIREN}/{convention}/confirmation")
    assert answer.status_code == 303, plain(answer)
    pages.here.follow()


def notified(pages: Pages, name: str, effective_on: str, cells: str = GRID) -> None:
    """A grid, from a draft of the studio to the town."""
    browser = pages.of("insurer")
    typed = {"name": name, "effective_on": effective_on, "commune": "38185", "paste": cells}
    draft = browser.send("/tarifs/nouveau", **typed)
    assert draft.status_code == 303, plain(draft)
    studio = draft.headers["Location"]
    browser.send(studio, **{**typed, "paste": "", "reason": "Les soins sont plus chers."})
    stated = browser.send(f"{studio}/notifier", commune="38185")
    assert "Notifier à Grenoble" in title(stated)
    answer = browser.client.post(f"{studio}/notifier", data={**fields(stated), "do": "record"})
    assert answer.status_code == 303, plain(answer)
    pages.here.follow()


def joined(browser: Browser, **other: str) -> str:
    """Someone joins; the address of the page that follows."""
    typed = {
        "formula": "N1", "category": "general", "joined_on": "2026-04-01", "family_name": "Lefèvre",
        "given_name": "Œnone", "birth_date": "02/05/1954", **other,
    }  # fmt: skip
    checked = browser.send(f"{TOWN}/adherents/nouveau", **typed, do="check")
    assert checked.status_code == 200, plain(checked)
    answer = browser.client.post(f"{TOWN}/adherents/nouveau", data={**fields(checked), "do": "record"})
    assert answer.status_code == 303, plain(answer)
    return str(answer.headers["Location"])


def test_a_declared_convention_opens_nothing_until_the_town_confirms_it(pages: Pages) -> None:
    convention = declared(pages)
    insurer, town = pages.of("insurer"), pages.of("town")
    assert "n'a pas encore confirmé" in insurer.text(TOWN)
    assert title(town.get("/ville")) == "Une convention attend votre confirmation."
    refused = insurer.send(
        f"{TOWN}/permanences/nouvelle", on="2026-04-02", starts_at="9 h", ends_at="12:00", place="Mairie"
    )
    assert refused.status_code == 422
    assert "n'a pas encore confirmé" in plain(refused)
    town.send(f"/ville/conventions/{SIREN}/{convention}/confirmation")
    pages.here.follow()
    assert title(town.get("/ville")) == "Aucun engagement n'est rompu."


def test_the_three_events_walk_from_forms_to_those_who_may_see_them(pages: Pages) -> None:
    confirmed(pages)
    notified(pages, "g1", "2024-10-01")
    insurer, town = pages.of("insurer"), pages.of("town")

    location = joined(insurer)
    pages.here.follow()
    page = insurer.text(location)
    assert "Œnone Lefèvre" in page
    assert "47,80 € par mois" in page
    assert "50 ans et plus" in page
    assert "Lefèvre" in insurer.text(f"{TOWN}/adherents?q=lef")
    assert "Lefèvre" not in insurer.text(f"{TOWN}/adherents?q=martin")

    planned = insurer.send(
        f"{TOWN}/permanences/nouvelle", on="2026-03-12", starts_at="9:00", ends_at="12 h 30", place="Mairie"
    )
    assert planned.status_code == 303, plain(planned)
    pages.here.follow()
    found = re.search(rf"{TOWN}/permanences/(\w+)/tenue", insurer.text(TOWN))
    assert found is not None
    insurer.send(f"{TOWN}/permanences/{found[1]}/tenue", visitors="12", by_appointment="7")
    pages.here.follow()
    hours = town.text("/ville/permanences")
    assert "Tenue" in hours
    assert '<td role="cell" data-label="Reçues" class="num">12</td>' in hours

    notified(pages, "g2", "2026-05-01", GRID.replace("47,80", "49,74"))
    assert title(town.get("/ville")) == "Un engagement est rompu."
    alert = re.search(r"/ville/dossiers/\w+", town.text("/ville"))
    assert alert is not None
    case = town.text(alert[0])
    assert "Le plafond de 3 % par année civile est dépassé de 0,51 € par mois" in case
    assert "écriture n°" in case
    assert "L'évolution annuelle ne peut excéder 3 %" in case
    assert "Grenoble : un engagement est rompu" in insurer.text(TOWN)
    assert "1 rompu" in insurer.text("/communes")


def test_a_double_submit_records_once(pages: Pages) -> None:
    confirmed(pages)
    notified(pages, "g1", "2024-10-01")
    browser = pages.of("insurer")
    form = {
        **browser.hidden(f"{TOWN}/permanences/nouvelle"),
        "on": "2026-04-02", "starts_at": "09:00", "ends_at": "12:00", "place": "Mairie",
    }  # fmt: skip
    first = browser.client.post(f"{TOWN}/permanences/nouvelle", data=form)
    again = browser.client.post(f"{TOWN}/permanences/nouvelle", data=form)
    assert (first.status_code, again.status_code) == (303, 303)
    pages.here.follow()
    assert browser.text(f"{TOWN}/permanences").count("02/04/2026") == 1
    other = browser.client.post(f"{TOWN}/permanences/nouvelle", data={**form, "place": "CCAS"})
    assert other.status_code == 409
    assert "déjà enregistré, avec d'autres valeurs" in plain(other)


def test_after_a_write_the_page_waits_and_says_when_it_is_behind(pages: Pages) -> None:
    confirmed(pages)
    browser = pages.of("insurer")
    answer = browser.send(
        f"{TOWN}/permanences/nouvelle", on="2026-04-02", starts_at="09:00", ends_at="12:00", place="Mairie"
    )
    behind = browser.text(TOWN)
    assert re.search(r"Votre enregistrement est fait \(n° \d+\)\. La liste se met à jour\.", behind)
    assert browser.client.get_cookie(COOKIE) is not None
    pages.here.follow()
    assert "La liste se met à jour" not in browser.follow(answer)
    assert browser.client.get_cookie(COOKIE) is None
    assert "Votre enregistrement" not in browser.text(TOWN)


def test_a_form_without_its_token_records_nothing(pages: Pages) -> None:
    convention = declared(pages)
    answer = pages.of("town").client.post(f"/ville/conventions/{SIREN}/{convention}/confirmation")
    assert answer.status_code == 400
    assert "Rien n'a été enregistré" in plain(answer)


def test_signing_in_says_what_to_do_and_leads_back(pages: Pages) -> None:
    browser = pages.of(None)
    away = browser.get("/ville/tarifs")
    assert away.status_code == 303
    asked_for = away.headers["Location"]
    assert asked_for == "/connexion?suite=/ville/tarifs"
    wrong = browser.send(asked_for, email=email_of("town"), password="wrong")
    assert wrong.status_code == 422
    assert "ne vont pas ensemble" in plain(wrong)
    assert "wrong" not in plain(wrong)
    right = browser.send(asked_for, email=email_of("town"), password=PASSWORD)
    assert right.headers["Location"] == "/ville/tarifs"
    cookie = browser.client.get_cookie(SESSION_COOKIE)
    assert cookie is not None
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    out = browser.client.post("/deconnexion", data=_csrf(browser.get("/ville")))
    assert out.status_code == 303
    assert browser.get("/ville").status_code == 303


def test_signing_in_never_leads_elsewhere(pages: Pages) -> None:
    elsewhere = "https://exemple.example/ //exemple.example /\\exemple.example /connexion /%0d%0aX:%20y"
    for target in elsewhere.split():
        browser = pages.of(None)
        answer = browser.send(f"/connexion?suite={target}", email=email_of("town"), password=PASSWORD)
        assert answer.headers["Location"] == "/ville"


def test_too_many_attempts_say_how_long_to_wait(pages: Pages) -> None:
    browser = pages.of(None)
    for _ in range(9):
        answer = browser.send("/connexion", email=email_of("rival"), password="wrong")
    assert answer.status_code == 429
    assert re.search(r"Réessayez dans \d+ minutes?", plain(answer))


def test_each_role_begins_at_its_own_home(pages: Pages) -> None:
    homes: dict[Who, str] = {
        "insurer": "/communes", "town": "/ville", "operator": "/exploitation/conventions",
    }  # fmt: skip
    for who, address in homes.items():
        assert pages.of(who).get("/").headers["Location"] == address
    assert pages.of(None).get("/").headers["Location"] == "/connexion"


def test_the_portfolio_exports_exactly_the_rows_it_shows(pages: Pages) -> None:
    confirmed(pages)
    browser = pages.of("insurer")
    shown = browser.get("/communes.csv?q=38185").get_data().decode("utf-8-sig")
    assert shown.split("\r\n")[1].startswith("Grenoble;38185;En cours;")
    assert "Non communiqué" in shown
    assert browser.get("/communes.csv?q=cach").get_data().decode("utf-8-sig").count("\r\n") == 1
    assert "Aucune de vos" in browser.text("/communes?q=cach")
    assert 'aria-sort="descending"' in browser.text("/communes?tri=-commune")


def test_members_come_in_pages_by_cursor(pages: Pages) -> None:
    confirmed(pages)
    notified(pages, "g1", "2024-10-01")
    ledger = pages.here.parts.ledger
    convention = _convention(pages.here)
    for number in range(60):
        given_name = f"Anne{chr(97 + number // 26)}{chr(97 + number % 26)}"
        command = cast.member(f"m{number}", convention=convention, given_name=given_name, number=str(number))
        membership.join(ledger, cast.GRENOBLE, cast.INSURER, command, cast.ask())
    pages.here.follow()
    browser = pages.of("insurer")
    first = browser.text(f"{TOWN}/adherents")
    following = re.search(r'href="([^"]+)" rel="next"', first)
    assert following is not None
    second = browser.text(following[1].replace("&amp;", "&"))
    assert "Anneaa" in first
    assert "Annech" not in first
    assert "Annech" in second
    assert 'rel="next"' not in second
    part = browser.get(f"{TOWN}/adherents?q=annech", HX_Request="true")
    assert "<html" not in plain(part)
    assert "Annech" in plain(part)


def test_a_town_reads_no_name_and_withheld_is_not_unknown(pages: Pages) -> None:
    pages.here.clock.set(cast.LONG_AGO)  # figures are frozen for months that ended after the confirmation
    confirmed(pages)
    pages.here.clock.set(cast.NOW)
    notified(pages, "g1", "2024-10-01")
    town = pages.of("town")
    assert "Non communiqué" in town.text("/ville")
    joined(pages.of("insurer"), joined_on="2026-01-05")
    pages.here.follow()
    pages.here.clock.advance(timedelta(days=1))
    pages.here.follow()
    town = pages.of("town")  # a session lasts half a day
    for path in ("/ville", "/ville/adherents", "/ville/adherents.csv"):
        text = town.text(path)
        assert "Lefèvre" not in text
        assert "Non diffusé" in text


def test_an_operator_confirms_on_the_councils_papers(pages: Pages) -> None:
    convention = declared(pages)
    operator = pages.of("operator")
    assert title(operator.get("/exploitation/conventions")) == "1 convention attend une confirmation"
    path = f"/exploitation/conventions/38185/{SIREN}/{convention}/confirmation"
    refused = operator.send(path, council_reference="2024-118", document="12")
    assert refused.status_code == 422
    assert "64 chiffres" in plain(refused)
    assert operator.send(path, council_reference="2024-118", document="ab" * 32).status_code == 303
    pages.here.follow()
    assert title(operator.get("/exploitation/conventions")) == "Aucune convention n'attend"
    assert "Tout suit" in operator.text("/exploitation/etat")


def test_leaving_says_what_is_wrong_and_keeps_what_was_typed(pages: Pages) -> None:
    confirmed(pages)
    notified(pages, "g1", "2024-10-01")
    browser = pages.of("insurer")
    location = joined(browser)
    pages.here.follow()
    early = browser.send(f"{location}/depart", left_on="2026-03-31", reason="moved")
    assert early.status_code == 422
    assert "Le départ vient avant l'adhésion du 01/04/2026" in plain(early)
    assert 'value="2026-03-31"' in plain(early)
    done = browser.send(f"{location}/depart", left_on="2026-06-30", reason="moved")
    pages.here.follow()
    assert "Déménagement" in browser.follow(done)


def test_communes_that_share_a_postcode_or_a_name_are_all_offered(pages: Pages) -> None:
    browser = pages.of("insurer")
    text = browser.text("/conventions/nouvelle?q=38185")
    assert "/conventions/nouvelle/38185" in text
    part = browser.get("/conventions/nouvelle?q=38185", HX_Request="true")
    assert "<html" not in plain(part)
    assert "Aucune commune ne répond" in browser.text("/conventions/nouvelle?q=zzz")


def test_what_is_not_there_says_so_in_french_with_a_reference(pages: Pages) -> None:
    for browser in (pages.of(None), pages.of("insurer")):
        answer = browser.get("/nulle-part")
        assert answer.status_code == 404
        assert title(answer) == "Cette page n'existe pas, ou pas pour vous"
        assert "Référence" in plain(answer)


def test_a_merged_commune_names_the_one_that_answers_for_it(pages: Pages) -> None:
    answer = pages.of("insurer").get("/communes/38001")
    assert answer.status_code == 404
    assert "Ouvrir Grenoble" in plain(answer)


def test_assets_are_kept_for_good_under_their_digest_only(pages: Pages) -> None:
    browser = pages.of(None)
    found = re.search(r'href="(/assets/\w+/beffroi\.css)"', browser.text("/connexion"))
    assert found is not None
    assert "immutable" in browser.get(found[1]).headers["Cache-Control"]
    old = browser.get("/assets/0000/beffroi.css")
    assert "no-cache" in old.headers["Cache-Control"]
    assert browser.get("/assets/0000/../render.py").status_code == 404


def test_pages_allow_nothing_from_elsewhere_and_hold_no_inline_script_or_style(pages: Pages) -> None:
    confirmed(pages)
    answer = pages.of("insurer").get(TOWN)
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    text = plain(answer)
    assert not re.search(r"\sstyle=|<style|\son\w+=|<script(?![^>]*\ssrc=)", text)


def test_names_are_escaped_wherever_they_are_shown(pages: Pages) -> None:
    confirmed(pages)
    notified(pages, "g1", "2024-10-01")
    browser = pages.of("insurer")
    joined(browser, family_name="<script>alert(1)</script>", given_name='"onload="x')
    pages.here.follow()
    for path in (TOWN, f"{TOWN}/adherents", "/adherents"):
        assert "<script>alert" not in browser.text(path)


def _csrf(page: TestResponse) -> dict[str, str]:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.get_data(as_text=True))
    assert found is not None
    return {"csrf_token": found[1]}


def _convention(here: Served) -> str:
    """The id of the convention that was declared."""
    with here.parts.databases.project.connection() as connection:
        row = connection.execute(
            "select stream from ledger.event where topic like 'convention.declared%'"
        ).fetchone()
    assert row is not None
    return str(row[0]).rpartition("/")[2]
