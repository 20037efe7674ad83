"""A grid from a spreadsheet is read whole, or every line and cell says why not; what is written is read again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.commands.tariffs import GivenCell
from services.web.exports import to_csv, to_xlsx
from services.web.paste import HEADERS, MOST_CELLS, Pasted, read_file, read_grid, written

_WORDS = st.text(alphabet='Nab1 25éÉçœ’&+=-@;,"/()', min_size=1, max_size=12).map(
    lambda text: " ".join(text.split())
)
_FORMULAS = _WORDS.filter(bool)
_PROFILES = st.sampled_from(
    [("general", "adult"), ("general", "child"), ("general", "spouse"), ("student", "adult"), ("student", "child"),
     ("Agent communal", "adult"), ("Agent communal", "spouse")]
)  # fmt: skip


@st.composite
def grids(draw: st.DrawFn) -> list[GivenCell]:
    """Some cells with whatever names, ages and prices."""
    found = []
    for _ in range(draw(st.integers(1, 6))):
        category, role = draw(_PROFILES)
        first = draw(st.integers(0, 120))
        last = draw(st.none() | st.integers(first, 120))
        cents = draw(st.integers(0, 999_999))
        found.append(
            GivenCell(
                formula=draw(_FORMULAS),
                category=category,
                role=role,
                age_from=first,
                age_to=last,
                monthly=f"{cents // 100}.{cents % 100:02d}",
            )
        )
    return found


def told(text: str) -> list[tuple[str, str, str, int, int | None, str]]:
    """The cells of a text, in which every line must be right."""
    return cells(read_grid(text))


def cells(pasted: Pasted) -> list[tuple[str, str, str, int, int | None, str]]:
    """The cells that were read, when nothing was wrong."""
    assert pasted.wrong == ()
    return [(c.formula, c.category, c.role, c.age_from, c.age_to, c.monthly) for c in pasted.cells]


N1_UNDER_50 = ("N1", "general", "adult", 0, 49, "31.86")
N1_FROM_50 = ("N1", "general", "adult", 50, None, "47.80")


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_one_price_a_line_with_french_decimals(separator: str) -> None:
    text = "Niveau 1;Enfant;16,33\nNiveau 1;Moins de 50 ans;32,7\nNiveau 1;50 ans et plus;1 049,74 €"
    assert told(text.replace(";", separator)) == [
        ("Niveau 1", "general", "child", 0, None, "16.33"),
        ("Niveau 1", "general", "adult", 0, 49, "32.70"),
        ("Niveau 1", "general", "adult", 50, None, "1049.74"),
    ]


def test_commas_separate_fields_where_nothing_else_does() -> None:
    assert told('N1,50 ans et plus,47.80\nN1,moins de 50 ans,"31,86"') == [N1_FROM_50, N1_UNDER_50]


def test_columns_are_found_by_their_names_in_any_order() -> None:
    text = "Grille 2027\n\nCotisation mensuelle (€);Ancien;Tranche d’âge;GARANTIE;Code\n47,80;46;50 ans et plus;N1;x"
    assert told(text) == [N1_FROM_50]


def test_ages_may_stand_in_two_columns_and_a_price_before_tax_in_its_own() -> None:
    text = "Formule;Âge min;Âge max;Prix HT;Prix TTC\nN1;0;49;28,12;31,86\nN1;50;;42,19;47,80"
    pasted = read_grid(text)
    assert cells(pasted) == [N1_UNDER_50, N1_FROM_50]
    assert [cell.before_tax for cell in pasted.cells] == ["28.12", "42.19"]


def test_a_table_with_a_formula_in_each_column() -> None:
    text = "\ufeffTranche d’âge\tN1\tN2\n18 à 49 ans\t31,86\t49,30\n50 ans et plus\t47,80\t\n"
    assert told(text) == [
        ("N1", "general", "adult", 18, 49, "31.86"),
        ("N2", "general", "adult", 18, 49, "49.30"),
        N1_FROM_50,
    ]


def test_a_table_with_profile_and_age_on_the_left() -> None:
    text = "Profil;Âge;N1;N2\nÉtudiant;18 à 25 ans;22;34,50\n;50 ans et plus;47,80;"
    assert told(text) == [
        ("N1", "student", "adult", 18, 25, "22.00"),
        ("N2", "student", "adult", 18, 25, "34.50"),
        N1_FROM_50,
    ]


def test_a_table_with_ages_over_its_columns() -> None:
    assert told("Formule;Moins de 50 ans;50 ans et plus\nN1;31,86;47,80") == [N1_UNDER_50, N1_FROM_50]


@pytest.mark.parametrize(
    ("who", "read"),
    [
        ("50+", ("adult", 50, None)), ("plus de 49 ans", ("adult", 50, None)), ("0-17", ("adult", 0, 17)),
        ("de 18 à 29 ans", ("adult", 18, 29)), ("40 ans", ("adult", 40, 40)), ("< 30", ("adult", 0, 29)),
        ("jusqu’à 17 ans", ("adult", 0, 17)), ("Enfant, moins de 18 ans", ("child", 0, 17)),
        ("Tous âges", ("adult", 0, None)), ("Conjoint", ("spouse", 0, None)),
    ],
)  # fmt: skip
def test_ages_as_people_write_them(who: str, read: tuple[str, int, int | None]) -> None:
    (cell,) = told(f"N1;{who};10")
    assert (cell[2], cell[3], cell[4]) == read


def test_every_wrong_cell_is_told_with_its_place_in_the_spreadsheet() -> None:
    pasted = read_grid(
        "Formule;Âge;Prix\nN1;abc;3\nN1;50 ans et plus;x\nN1;30\nN1;60-50;1\nN1;18 à 29 ans;1,234\n;18;2\n;zz;"
    )
    assert [fault.place for fault in pasted.wrong] == ["B2", "C3", "C4", "B5", "C6", "A7", "A8", "B8", "C8"]
    assert pasted.wrong[0].told.startswith("Cellule B2 : « abc » n’est pas une tranche d’âge")
    assert "« x » n’est pas un prix" in pasted.wrong[1].message
    assert pasted.cells == ()


def test_a_line_that_is_no_price_says_what_is_expected() -> None:
    (fault,) = read_grid("N1;50 ans et plus;47,80\nTotal\n").wrong
    assert fault.told.startswith("Ligne 2 : 1 colonne au lieu de trois")


def test_a_cell_of_a_table_is_told_by_column_and_line() -> None:
    pasted = read_grid("Âge;N1;N2\n18 à 49 ans;31,86;cher\nvieux;1;2\n50 ans et plus;47,80;75,80;9")
    assert [fault.place for fault in pasted.wrong] == ["C2", "A3", "D1"]


def test_where_each_price_stood_is_kept() -> None:
    assert read_grid("Âge;N1\n\n18 à 49 ans;31,86").places == ("B3",)


def test_a_category_of_the_insurers_own_is_kept_as_it_is_written() -> None:
    assert told("N1;Agent communal;18 à 29 ans;12") == [("N1", "Agent communal", "adult", 18, 29, "12.00")]


def test_counts_of_people_are_whole() -> None:
    pasted = read_grid("Formule;Âge;Adhérents\nN1;50 ans et plus;1 284\nN1;18 à 29 ans;3,5", counts=True)
    assert [cell.monthly for cell in pasted.cells] == ["1284"]
    assert pasted.wrong[0].place == "C3"


def test_more_prices_than_a_grid_holds_are_refused() -> None:
    at_most = "\n".join(f"F{number};18;2" for number in range(MOST_CELLS))
    assert len(read_grid(at_most).cells) == MOST_CELLS
    assert "1\u202f540 au plus" in read_grid(f"{at_most}\nF;18;2").wrong[0].message


@given(grids())
def test_what_an_export_writes_is_read_again_as_the_same(grid: list[GivenCell]) -> None:
    rows = [(*written(cell.id()), cell.monthly.replace(".", ",")) for cell in grid]
    assert list(read_file(to_csv(HEADERS, rows)).cells) == grid
    assert list(read_file(to_xlsx("Grille", HEADERS, rows)).cells) == grid


@given(st.text(max_size=400))
def test_no_text_crashes_it(text: str) -> None:
    pasted = read_grid(text)
    assert len(pasted.cells) == len(pasted.places)


@given(st.lists(st.text(alphabet='N1;,\t\n"|é50ansÂgePrix formule-+<', max_size=40), max_size=12))
def test_no_table_crashes_it(lines: list[str]) -> None:
    for fault in read_grid("\n".join(lines)).wrong:
        assert fault.message
