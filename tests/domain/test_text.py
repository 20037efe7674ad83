"""Keys of French text: what is typed without care finds what is written with it."""

import pytest

from domain.text import search_key, word_range, words


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("Besançon", "besancon"),
        ("L'Haÿ-les-Roses", "l hay les roses"),
        ("L’Haÿ‑les–Roses", "l hay les roses"),
        ("Œuilly", "oeuilly"),
        ("ŒUILLY", "oeuilly"),
        ("Lætitia", "laetitia"),
        ("Straße", "strasse"),
        ("Bjørn Łukasz", "bjorn lukasz"),
        ("E\u0301tienne", "etienne"),
        ("  Saint\u00a0Dizier\t", "saint dizier"),
        ("Bors (Canton de Charente-Sud)", "bors canton de charente sud"),
        ("snake_case", "snake case"),
        ("2A004", "2a004"),
        ("", ""),
        ("'-–…", ""),
        ("\x00", ""),
        ("\ud800", ""),
    ],
)
def test_a_key_has_no_accents_ligatures_hyphens_or_capitals(written: str, key: str) -> None:
    assert search_key(written) == key
    assert words(written) == key.split()


@pytest.mark.parametrize("text", ["L'Haÿ-les-Roses", "Œuilly", "İstanbul", "ﬁn", "ΑΣ"])
def test_the_key_of_a_key_is_itself(text: str) -> None:
    assert search_key(search_key(text)) == search_key(text)


def test_a_word_range_holds_what_begins_so_and_nothing_else() -> None:
    low, high = word_range("saint")
    assert [word for word in ("sain", "saint", "sainte", "saintzz", "saiz", "sb") if low <= word < high] == [
        "saint",
        "sainte",
        "saintzz",
    ]
