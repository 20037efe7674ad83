"""Indices on screen: published with their source after the effect was shown, contested, answered, revised."""

from typing import Final

import pytest

from domain.partnerships.terms import Commitment
from services.commands import partnerships
from tests.services.web.conftest import Browser, Pages, plain, title
from tests.support import cast
from tests.support.cast import ACCORD, GRENOBLE, ask

PAGE: Final = "/exploitation/indices"
PUBLISH: Final = f"{PAGE}/publier"
CONTEST: Final = "/indices/PMSS/2026/contestation"
ANSWER: Final = f"{PAGE}/PMSS/2026/reponse"
VALUE: Final = {
    "index": "PMSS",
    "year": "2026",
    "value": "4 005,00 €",
    "published_on": "2026-01-02",
    "source": "Arrêté du 22 décembre 2025",
    "address": "https://www.legifrance.gouv.fr/",
}
FOLLOWS: Final = Commitment(
    id="indexed",
    article="Art. 6",
    wording="La hausse suit le plafond de la sécurité sociale.",
    rule="ANNUAL_CAP_INDEXED",
    params={"index": "PMSS"},
)


@pytest.fixture
def world(pages: Pages) -> Pages:
    """Grenoble's convention follows the PMSS."""
    ledger = pages.here.parts.ledger
    partnerships.declare(ledger, GRENOBLE, ACCORD, cast.declaration(commitments=(FOLLOWS,)), ask())
    partnerships.confirm(ledger, GRENOBLE, ACCORD, cast.confirmation(), ask())
    pages.here.follow()
    return pages


def publish(world: Pages, **other: str) -> Browser:
    """Publish a value as the operator does, the effect read first."""
    operator = world.of("operator")
    answer = operator.send(PUBLISH, do="check", **{**VALUE, **other})
    assert answer.status_code == 200, plain(answer)
    assert "Une valeur publiée ne s'efface pas" in plain(answer)
    sent = operator.client.post(PUBLISH, data={**operator.hidden(PUBLISH), **VALUE, **other, "do": "record"})
    assert sent.status_code == 303, plain(sent)
    world.here.follow()
    return operator


def contest(browser: Browser, reason: str = "Le décret dit 3 925 €.") -> None:
    assert browser.send(CONTEST, reason=reason).status_code == 303


def test_a_value_is_corrected_before_it_is_published(world: Pages) -> None:
    operator = world.of("operator")
    back = operator.send(PUBLISH, do="edit", **VALUE)
    assert back.status_code == 200
    assert 'value="4 005,00 €"' in plain(back)
    world.here.follow()
    assert title(operator.get(PAGE)) == "Aucun indice n'est encore publié"


def test_a_published_value_is_handed_on_with_its_source(world: Pages) -> None:
    assert title(world.of("operator").get(PAGE)) == "Aucun indice n'est encore publié"
    operator = publish(world)
    text = operator.text(PAGE)
    for said in ("4 005,00 € par mois", "02/01/2026", "Arrêté du 22 décembre 2025", "1 commune", "Grenoble"):
        assert said in text, said
    file = operator.get(f"{PAGE}.csv?indice=PMSS").get_data(as_text=True)
    assert file.splitlines()[1].split(";")[:4] == [
        "Plafond de la Sécurité sociale", "2026", "4\u202f005,00\u202f€ par mois", "02/01/2026",
    ]  # fmt: skip
    assert len(operator.get(f"{PAGE}.csv?indice=ONDAM").get_data(as_text=True).splitlines()) == 1


def test_what_cannot_be_published_is_said_beside_its_field(world: Pages) -> None:
    operator = world.of("operator")
    bare = operator.send(PUBLISH, do="record")
    assert bare.status_code == 422
    for said in ("Choisissez l'indice", "Écrivez la valeur publiée", "Écrivez qui l'a publiée"):
        assert said in plain(bare)
    wrong = operator.send(PUBLISH, **{**VALUE, "value": "beaucoup", "address": "javascript:alert(1)"})
    assert "Écrivez un nombre" in plain(wrong)
    assert "Écrivez l'adresse entière" in plain(wrong)
    late = operator.send(PUBLISH, **{**VALUE, "published_on": "2026-12-01", "do": "record"})
    assert late.status_code == 422
    assert operator.text(PAGE).count("Arrêté") == 0


@pytest.mark.parametrize("who", ["town", "insurer"])
def test_a_town_or_an_insurer_contests_and_the_operator_upholds(world: Pages, who: str) -> None:
    operator, browser = publish(world), world.of(who)  # type: ignore[arg-type]
    assert browser.send(CONTEST, reason="").status_code == 422
    contest(browser)
    world.here.follow()
    text = browser.text(CONTEST)
    assert "réponse attendue" in text
    assert "« Le décret dit 3 925 €. »" in text
    assert '<form class="stack"' not in text
    assert title(operator.get(PAGE)) == "Une valeur publiée est contestée et attend votre réponse"
    assert "Le décret dit 3 925 €." in operator.text(ANSWER)
    assert operator.send(ANSWER, answer="").status_code == 422
    assert operator.send(ANSWER, answer="L'arrêté dit bien 4 005 €.").status_code == 303
    world.here.follow()
    assert title(operator.get(PAGE)) == "Aucune valeur publiée n'est contestée"
    assert "maintenue après contestation" in operator.text(PAGE)
    text = browser.text(CONTEST)
    assert "L'arrêté dit bien 4 005 €." in text
    assert "Contester cette valeur" in text


def test_others_read_that_a_value_is_contested_and_not_by_whom_or_why(world: Pages) -> None:
    publish(world)
    contest(world.of("town"))
    world.here.follow()
    for who in ("insurer", "rival", "other_town"):
        text = world.of(who).text(CONTEST)
        assert "réponse attendue" in text
        assert "Le décret dit" not in text
        assert "Ville de Grenoble" not in text.partition("<main")[2]


def test_a_revision_answers_an_objection_and_the_former_value_stays(world: Pages) -> None:
    publish(world)
    contest(world.of("town"))
    world.here.follow()
    operator = publish(world, value="3925", published_on="2026-03-01", source="Rectificatif")
    text = operator.text(PAGE)
    assert title(operator.get(PAGE)) == "Aucune valeur publiée n'est contestée"
    assert "Révisée depuis" in text
    assert text.count("1 commune") == 2
    assert "Publiée auparavant" in world.of("town").text(CONTEST)


def test_nothing_is_there_to_contest_or_answer_before_it_is_published(world: Pages) -> None:
    assert world.of("town").get(CONTEST).status_code == 404
    assert world.of("operator").get(ANSWER).status_code == 404


def test_only_the_operator_publishes_and_only_towns_and_insurers_contest(world: Pages) -> None:
    publish(world)
    for who in ("town", "insurer", "grouping"):
        for path in (PAGE, f"{PAGE}.csv", PUBLISH, ANSWER):
            assert world.of(who).get(path).status_code == 404, (who, path)
    for who in ("operator", "grouping"):
        assert world.of(who).get(CONTEST).status_code == 404  # type: ignore[arg-type]
