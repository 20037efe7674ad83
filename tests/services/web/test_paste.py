"""A grid pasted from a spreadsheet is read whole, or every line says why not."""

import pytest

from services.web.paste import MOST_LINES, read_grid, write_grid


def told(text: str) -> list[tuple[str, str, str, int, int | None, str]]:
    """The cells of a text, in which every line must be right."""
    pasted = read_grid(text)
    assert pasted.wrong == ()
    return [(c.formula, c.category, c.role, c.age_from, c.age_to, c.monthly) for c in pasted.cells]


@pytest.mark.parametrize("separator", [";", "\t"])
def test_one_price_a_line_with_french_decimals(separator: str) -> None:
    text = "Niveau 1;Enfant;16,33\nNiveau 1;Moins de 50 ans;32,7\nNiveau 1;50 ans et plus;1 049,74 €"
    assert told(text.replace(";", separator)) == [
        ("Niveau 1", "general", "child", 0, None, "16.33"),
        ("Niveau 1", "general", "adult", 0, 49, "32.70"),
        ("Niveau 1", "general", "adult", 50, None, "1049.74"),
    ]


def test_a_table_with_a_formula_in_each_column() -> None:
    text = "\ufeffTranche d’âge\tN1\tN2\n18 à 49 ans\t31,86\t49,30\n50 ans et plus\t47,80\t\n"
    assert told(text) == [
        ("N1", "general", "adult", 18, 49, "31.86"),
        ("N2", "general", "adult", 18, 49, "49.30"),
        ("N1", "general", "adult", 50, None, "47.80"),
    ]


@pytest.mark.parametrize(
    ("who", "read"),
    [
        ("50+", ("adult", 50, None)), ("plus de 49 ans", ("adult", 50, None)), ("0-17", ("adult", 0, 17)),
        ("de 18 à 29 ans", ("adult", 18, 29)), ("40 ans", ("adult", 40, 40)), ("< 30", ("adult", 0, 29)),
        ("jusqu’à 17 ans", ("adult", 0, 17)), ("Enfant, moins de 18 ans", ("child", 0, 17)),
        ("Tous âges", ("adult", 0, None)),
    ],
)  # fmt: skip
def test_ages_as_people_write_them(who: str, read: tuple[str, int, int | None]) -> None:
    (cell,) = told(f"N1;{who};10")
    assert (cell[2], cell[3], cell[4]) == read


def test_every_wrong_line_is_told_with_its_number() -> None:
    pasted = read_grid(
        "Formule;Âge;Prix\nN1;abc;3\nN1;50 ans et plus;x\nN1;30\nN1;60-50;1\nN1;18 à 29 ans;1,234\n;18;2"
    )
    assert [line.number for line in pasted.wrong] == [2, 3, 4, 5, 6, 7]
    assert "« abc » n’est pas une tranche d’âge" in pasted.wrong[0].message
    assert "« x » n’est pas un prix" in pasted.wrong[1].message
    assert pasted.cells == ()


def test_a_category_of_the_insurers_own_is_kept_as_it_is_written() -> None:
    assert told("N1;Agent communal;18 à 29 ans;12") == [("N1", "Agent communal", "adult", 18, 29, "12.00")]


def test_what_is_written_is_read_again_as_the_same() -> None:
    cells = read_grid("N1;Enfant;moins de 18 ans;1\nN1;Étudiant;18 à 29 ans;2\nN1;Agent;30+;3\nN1;40;4").cells
    assert read_grid(write_grid(cells)).cells == cells


def test_a_text_too_long_is_refused_before_it_is_read() -> None:
    pasted = read_grid("N1;18;2\n" * (MOST_LINES + 1))
    assert pasted.cells == ()
    assert len(pasted.wrong) == 1
