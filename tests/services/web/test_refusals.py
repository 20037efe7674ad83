"""Every refusal has a French sentence that says what to do, with its facts."""

import re
from datetime import date
from pathlib import Path

import pytest

from domain.refusal import Refused
from services.web.refusals import SENTENCES, sentence

ROOT = Path(__file__).resolve().parents[3]
RAISED = re.compile(r'Refused\(\s*f?"([^"]+)"')
KINDS_OF_CLAIMS = ("number",)


def raised() -> set[str]:
    """Every code that is raised in the domain and in services."""
    codes = set()
    for folder in ("domain", "services"):
        for path in (ROOT / folder).rglob("*.py"):
            codes.update(RAISED.findall(path.read_text(encoding="utf-8")))
    codes |= {code.replace("{claim.kind}", kind) for code in codes for kind in KINDS_OF_CLAIMS}
    return {code for code in codes if "{" not in code}


def test_the_search_finds_codes() -> None:
    assert {"no-cell", "number-taken", "proof-missing"} <= raised()


def test_every_refusal_has_a_sentence_and_no_sentence_is_left_over() -> None:
    assert raised() == set(SENTENCES)


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_a_sentence_ends_and_does_not_shout(code: str) -> None:
    said = SENTENCES[code]
    assert said.endswith(".")
    assert "!" not in said


def test_facts_are_written_as_french_readers_expect() -> None:
    refused = Refused("left-already", "Left.", left_on=date(2026, 2, 10))
    assert sentence(refused) == "Cette personne est déjà partie le 10/02/2026."


def test_a_missing_fact_and_an_unknown_code_still_make_a_sentence() -> None:
    assert "(non précisé)" in sentence(Refused("left-already", "Left."))
    assert sentence(Refused("new-rule", "No.")).startswith("Cette demande")
