"""Tenants, owners and stream names: only real codes make one, and no key breaks out of its stream."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.tenancy import (
    PLATFORM,
    PUBLIC,
    TOWN,
    Owner,
    Tenant,
    accord,
    code_of,
    commune,
    insurer,
    is_commune_code,
    is_key,
    is_siren,
    siren_of,
    split,
    stream,
)


@pytest.mark.parametrize("code", ["01001", "38185", "2A004", "2B033", "75056", "97411", "98818"])
def test_an_insee_code_names_a_commune(code: str) -> None:
    assert is_commune_code(code)
    assert commune(code) == f"commune:{code}"
    assert code_of(commune(code)) == code


@pytest.mark.parametrize(
    "code",
    [
        "", "1001", "010010", "2a004", "2C001", "A2004", "2A0A4", "38 85", " 38185", "38185 ", "38185\n", "-8185",
        "3818٥", "３８１８５", "38185/town", "3818.",
    ],
)  # fmt: skip
def test_what_is_not_an_insee_code_names_nothing(code: str) -> None:
    assert not is_commune_code(code)
    with pytest.raises(ValueError, match="not an INSEE commune code"):
        commune(code)


@pytest.mark.parametrize("siren", ["732829320", "552100554", "999000011", "999000029"])
def test_a_siren_names_an_insurer_and_its_accord(siren: str) -> None:
    assert is_siren(siren)
    assert (insurer(siren), accord(siren)) == (f"insurer:{siren}", f"accord:{siren}")
    assert siren_of(insurer(siren)) == siren_of(accord(siren)) == siren


@pytest.mark.parametrize(
    "siren",
    [
        "732829321", "73282932", "7328293200", "", "73282932O", "732 829 320", "732829320\n", "٧٣٢٨٢٩٣٢٠",
        "73282932²", "-32829320",
    ],
)  # fmt: skip
def test_what_is_not_a_siren_opens_no_drawer(siren: str) -> None:
    assert not is_siren(siren)
    for drawer in (insurer, accord):
        with pytest.raises(ValueError, match="not a SIREN"):
            drawer(siren)


@given(st.integers(0, 10**8 - 1))
def test_of_ten_numbers_that_differ_in_one_digit_one_is_a_siren(beginning: int) -> None:
    assert sum(is_siren(f"{beginning:08d}{digit}") for digit in range(10)) == 1


@given(st.integers(0, 10**8 - 1), st.integers(0, 7), st.integers(1, 9))
def test_one_wrong_digit_is_found(beginning: int, place: int, more: int) -> None:
    digits = f"{beginning:08d}"
    siren = next(digits + last for last in "0123456789" if is_siren(digits + last))
    wrong = siren[:place] + str((int(siren[place]) + more) % 10) + siren[place + 1 :]
    assert not is_siren(wrong)


def test_a_stream_is_named_by_tenant_owner_kind_and_key() -> None:
    name = stream(commune("38185"), accord("999000011"), "convention", "c-1:a_b.2")
    assert name == "commune:38185/accord:999000011/convention/c-1:a_b.2"
    assert split(name) == ("commune:38185", "accord:999000011", "convention", "c-1:a_b.2")
    assert split(name).kind == "convention"
    assert split(stream(Tenant(PLATFORM), Owner(PLATFORM), "index", "IPC")).tenant == PLATFORM


@pytest.mark.parametrize("key", ["a", "0", "c1", "x" * 100, "2026-10", "a..b", "A.b_C:d-e"])
def test_a_key_is_one_to_a_hundred_plain_characters(key: str) -> None:
    assert is_key(key)
    assert split(stream(commune("01001"), TOWN, "study", key)).key == key


@pytest.mark.parametrize(
    "key",
    [
        "", "x" * 101, "../", "..", ".", "a/b", "/", "a/", "/a", "-a", "_a", ":a", " ", "a b", "a\n", "a\x00", "é",
        "a%2Fb", "a,b", "a'b", "a;b", "a\\b", "１",
    ],
)  # fmt: skip
def test_a_key_that_would_break_out_names_no_stream(key: str) -> None:
    assert not is_key(key)
    with pytest.raises(ValueError, match="not a stream key"):
        stream(commune("01001"), PUBLIC, "citation", key)


@given(st.text(max_size=110))
def test_whatever_the_key_a_stream_stays_in_its_drawer(key: str) -> None:
    try:
        name = stream(commune("2A004"), insurer("999000011"), "member", key)
    except ValueError:
        assert not is_key(key)
    else:
        assert split(name) == ("commune:2A004", "insurer:999000011", "member", key)
        assert name.startswith("commune:2A004/insurer:999000011/member/")


@pytest.mark.parametrize("name", ["", "a", "a/b/c", "a/b/c/d/e"])
def test_a_stream_name_has_four_parts(name: str) -> None:
    with pytest.raises(ValueError, match="values to unpack"):
        split(name)
