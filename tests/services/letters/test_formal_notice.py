"""A formal notice says what the ledger knows, in words that the town may change, as a PDF that everybody can read."""

import io
import re
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pypdf import PdfReader

from services.letters.drawing import measure_svg, tokens
from services.letters.facts import Breach, BrokenPrice, Case, Parts, Promised, Proof, paragraphs
from services.letters.press import formal_notice
from services.letters.wording import first_version
from services.web.charts import measure
from tests.support.pdf import faults

STYLE = Path(__file__).resolve().parents[3] / "services" / "web" / "static" / "beffroi.css"


def price(subject: str = "Niveau 1, 50 ans et plus") -> BrokenPrice:
    return BrokenPrice(
        subject=subject,
        before="47,80\u202f€",
        limit="49,23\u202f€",
        announced="49,74\u202f€",
        excess="0,51\u202f€",
        percent="1,04\u202f%",
    )


def case(**other: Any) -> Case:
    promised = Promised(
        article="Art. 5",
        wording="L'évolution annuelle ne peut excéder 3 %, taxes comprises.",
        signed_on=date(2024, 3, 12),
        council_vote="2024-021",
        termination_article="Art. 12",
        termination_wording="À défaut, la commune peut résilier moyennant un préavis de six mois.",
        notice_months=6,
    )
    breach = Breach(
        grid="2027",
        notified_on=date(2026, 10, 20),
        from_on=date(2027, 1, 1),
        applied=False,
        detected_on=date(2026, 10, 20),
        explained_on=None,
        disputed_on=None,
        silent=True,
        prices=[price()],
        over=0,
        picture=measure(4780, 4923, 4974, 4780, applied=False),
        proofs=[Proof(on="20/10/2026", words="Grille « 2027 » notifiée", entry="18\u202f443")],
    )
    facts: dict[str, Any] = {
        "key": "0123456789abcdef" * 2,
        "town": "Saint-Dizier",
        "insurer": "Mutuelle du Test",
        "fictitious": True,
        "promised": promised,
        "breach": breach,
        "sent_on": date(2026, 11, 22),
        "cure_by": date(2026, 12, 22),
        "cure_days": 30,
        **other,
    }
    return Case(**facts)


def changed(**other: Any) -> Case:
    return case(breach=msgspec.structs.replace(case().breach, **other))


def read(content: bytes) -> tuple[PdfReader, str]:
    """The PDF, and its text with plain spaces on one line."""
    pdf = PdfReader(io.BytesIO(content))
    text = "\n".join(page.extract_text() for page in pdf.pages)
    return pdf, " ".join(text.replace("\u202f", " ").replace("\u00a0", " ").split())


LONG = changed(
    prices=[price(f"Niveau {number}, Étudiante ou étudiant de 18 à 27 ans") for number in range(12)],
    over=7,
    proofs=[Proof(on="20/10/2026", words=f"Écriture {number}", entry=str(number)) for number in range(40)],
)


@pytest.mark.parametrize(
    "facts",
    [case(), LONG, changed(picture=None, grid=None, notified_on=None, prices=[], proofs=[])],
    ids=["usual", "many pages", "nothing but a clause"],
)
def test_a_letter_is_a_tagged_pdf_that_the_reference_checker_passes(facts: Case, tmp_path: Path) -> None:
    assert faults(formal_notice(facts, first_version(facts)), tmp_path) == ""


def test_the_checker_fails_what_is_not_accessible(tmp_path: Path) -> None:
    import typst

    source = tmp_path / "bare.typ"
    source.write_text("Bonjour")
    assert "FAIL" in faults(typst.compile(source, format="pdf", pdf_tags=False), tmp_path)


def test_a_letter_says_what_was_promised_what_is_broken_and_by_when(tmp_path: Path) -> None:
    pdf, text = read(formal_notice(case(), first_version(case())))
    assert "Objet : Mise en demeure de respecter l’article 5 de la convention" in text
    assert "Saint-Dizier, le 22 novembre 2026" in text
    assert "« L’évolution annuelle ne peut excéder 3 %, taxes comprises. »" in text
    assert "Niveau 1, 50 ans et plus 47,80 € 49,23 € 49,74 € 0,51 € 1,04 %" in text
    assert "au plus tard le 22 décembre 2026" in text
    assert "en application de l’article 12, moyennant un préavis de 6 mois" in text
    assert "Vous n’y avez pas répondu dans le délai" in text
    assert "20/10/2026 Grille « 2027 » notifiée 18 443" in text
    assert "fictifs" in text
    assert pdf.metadata is not None
    assert (
        pdf.metadata.title
        == "Mise en demeure de respecter l’article\u00a05 de la convention de mutuelle communale"
    )
    root: Any = pdf.trailer["/Root"]
    assert root["/Lang"].startswith("fr")
    assert root["/MarkInfo"]["/Marked"]


def test_every_page_says_which_of_how_many_it_is() -> None:
    pdf, _ = read(formal_notice(LONG, first_version(LONG)))
    assert len(pdf.pages) > 2
    for number, page in enumerate(pdf.pages, 1):
        assert f"Page {number} / {len(pdf.pages)}" in page.extract_text().replace("\u00a0", " ")


def test_only_our_own_fonts_are_in_a_letter() -> None:
    pdf, _ = read(formal_notice(LONG, first_version(LONG)))
    pages: Any = pdf.pages
    names = {
        font.get_object()["/BaseFont"].partition("+")[2]
        for page in pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert names == {"SourceSans3-Regular", "SourceSans3-SemiBold", "SourceSerif4-SemiBold"}


def test_the_same_words_make_the_same_bytes() -> None:
    parts = first_version(case())
    assert formal_notice(case(), parts) == formal_notice(case(), parts)


def test_what_the_town_writes_is_printed_as_it_is_and_never_run() -> None:
    written = {name: f'{name} #eval("1") *x* $ <a> @b \\ é' for name in Parts.__struct_fields__}
    _, text = read(formal_notice(case(), Parts(**written)))
    for name in Parts.__struct_fields__:
        assert f'{name} #eval("1") *x* $ <a> @b \\ é' in text, name


def test_what_is_already_paid_is_claimed_back_and_what_is_announced_is_not() -> None:
    assert "rendre aux adhérents" not in first_version(case()).demand
    assert "rendre aux adhérents" in first_version(changed(applied=True)).demand


def test_an_explanation_that_was_given_is_answered() -> None:
    opening = first_version(changed(explained_on=date(2026, 11, 2))).opening
    assert "avez donnée le 2\u00a0novembre 2026 ne le justifie pas" in opening
    assert "pas répondu" not in opening


def test_paragraphs_are_separated_by_empty_lines() -> None:
    assert paragraphs("a\nb\n\n \nc\n") == ["a b", "c"]
    assert paragraphs("") == []


def test_the_drawing_is_the_page_s_with_the_style_sheet_s_colours() -> None:
    svg = measure_svg(measure(4780, 4923, 4974, 4850, applied=False))
    assert "class=" not in svg
    assert "var(" not in svg
    assert set(re.findall(r"#[0-9a-f]{6}", svg)) == {
        tokens()[name] for name in ("ink", "ink-soft", "kept", "broken", "rule-strong")
    }
    assert tokens()["broken"] == "#a12a18"
    style = STYLE.read_text()
    for rule in (
        ".axis--strong { stroke: var(--rule-strong)",
        ".fill-kept { fill: var(--kept)",
        ".line { fill: none; stroke: var(--ink)",
    ):
        assert rule in style
