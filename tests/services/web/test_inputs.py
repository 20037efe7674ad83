"""What a tariff is judged on besides its grids: the insurer's own tariff, and how many members each price holds."""

import pytest

from services.commands import membership, partnerships, tariffs
from tests.services.web.conftest import Browser, Pages, plain
from tests.support import cast
from tests.support.cast import ACCORD, GRENOBLE, INSURER, ask

OWN = "/communes/38185/tarif-de-reference"
COUNTS = "/communes/38185/effectifs"


@pytest.fixture
def insurer(pages: Pages) -> Browser:
    """The insurer, with a grid in force and two members of 72 in Grenoble."""
    ledger = pages.here.parts.ledger
    partnerships.declare(ledger, GRENOBLE, ACCORD, cast.declaration(), ask())
    partnerships.confirm(ledger, GRENOBLE, ACCORD, cast.confirmation(), ask())
    tariffs.notify(ledger, GRENOBLE, ACCORD, cast.grid(), ask())
    for number in (1, 2):
        member = cast.member(f"m{number}", number=f"A{number}", joined_on=cast.NOW.date())
        membership.join(ledger, GRENOBLE, INSURER, member, ask())
    pages.here.follow()
    return pages.of("insurer")


def test_a_reference_tariff_is_deposited_and_listed(insurer: Browser, pages: Pages) -> None:
    answer = insurer.send(
        OWN, id="individuel-2026", product="Santé Pro", valid_from="2026-01-01", source="Brochure 2026",
        paste="Âge;N1\nmoins de 50 ans;40\n50 ans et plus;60",
    )  # fmt: skip
    assert answer.status_code == 303, plain(answer)
    pages.here.follow()
    text = insurer.follow(answer)
    assert "1 tarif de référence déposé pour Grenoble" in text
    assert "60,00 €" in text
    assert "Brochure 2026" in insurer.get(f"{OWN}.csv").get_data().decode("utf-8-sig")


def test_a_reference_tariff_says_what_it_lacks_and_keeps_what_was_typed(insurer: Browser) -> None:
    answer = insurer.send(OWN, id="é é", product="Santé Pro", paste="N1;vieux;60")
    text = plain(answer)
    assert answer.status_code == 422
    for said in ("lettres sans accent", "Écrivez le premier jour", "où ce tarif est publié", "Cellule B1"):
        assert said in text
    assert 'value="Santé Pro"' in text
    assert "N1;vieux;60" in text
    empty = insurer.send(OWN, id="r1", product="P", valid_from="2026-01-01", source="S")
    assert "Collez le tarif, ou choisissez un fichier." in plain(empty)


def test_members_in_force_are_counted_by_price(insurer: Browser, pages: Pages) -> None:
    answer = insurer.send(COUNTS, taken_on="2026-03-16", do="members")
    assert answer.status_code == 303, plain(answer)
    pages.here.follow()
    assert "2 adhérents au 16/03/2026" in insurer.follow(answer)
    assert "2026-03-16;16/03/2026;N1, 50 ans et plus;2" in plain(insurer.get(f"{COUNTS}.csv"))


def test_members_whom_no_price_concerns_are_told_and_nothing_is_counted(
    insurer: Browser, pages: Pages
) -> None:
    ledger = pages.here.parts.ledger
    early = insurer.send(COUNTS, taken_on="2020-01-01", do="members")
    assert early.status_code == 422
    assert "Aucune grille n'est en vigueur au 01/01/2020" in plain(early)
    without = tariffs.NotifyGrid(
        convention="c1", id="g2", effective_on=cast.NOW.date(),
        cells=(tariffs.GivenCell(formula="N2", age_from=0, monthly="10.00"),),
    )  # fmt: skip
    tariffs.notify(ledger, GRENOBLE, ACCORD, without, ask())
    pages.here.follow()
    answer = insurer.send(COUNTS, taken_on="2026-03-16", do="members")
    assert answer.status_code == 422
    assert "2 adhérents n'ont pas de prix" in plain(answer)


def test_counts_are_uploaded_too(insurer: Browser, pages: Pages) -> None:
    wrong = insurer.send(COUNTS, taken_on="2026-03-01", do="file", paste="N1;50 ans et plus;3,5")
    assert wrong.status_code == 422
    assert "n'est pas un nombre de personnes" in plain(wrong)
    none = insurer.send(COUNTS, taken_on="2026-03-01", do="file")
    assert "Collez les effectifs" in plain(none)
    answer = insurer.send(
        COUNTS, taken_on="2026-03-01", id="mars", do="file", paste="N1;50 ans et plus;1 284"
    )
    assert answer.status_code == 303, plain(answer)
    pages.here.follow()
    assert "1 284 adhérents au 01/03/2026" in insurer.follow(answer)


def test_a_town_never_reads_them(insurer: Browser, pages: Pages) -> None:
    for path in (OWN, COUNTS):
        assert insurer.get(path).status_code == 200
        for who in ("town", "rival"):
            assert pages.of(who).get(path).status_code == 404
