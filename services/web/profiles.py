"""Whom a price is for, as people write it: `50 ans et plus`, `Enfant`, `Étudiant, 18 à 29 ans`.

What is not known is refused with an example; a category of the insurer's own is kept as it is written.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final, NamedTuple

from services.web.forms import WrongValueError, text

OLDEST: Final = 120
_LONGEST: Final = 50
_CATEGORIES: Final[Mapping[str, tuple[str, str]]] = {
    "adulte": ("general", "adult"), "adultes": ("general", "adult"), "general": ("general", "adult"),
    "cas general": ("general", "adult"), "enfant": ("general", "child"), "enfants": ("general", "child"),
    "conjoint": ("general", "spouse"), "conjointe": ("general", "spouse"),
    "etudiant": ("student", "adult"), "etudiants": ("student", "adult"), "etudiante": ("student", "adult"),
}  # fmt: skip
_ROLES: Final[Mapping[str, str]] = {
    "adulte": "adult", "adultes": "adult", "enfant": "child", "enfants": "child", "conjoint": "spouse",
    "conjointe": "spouse",
}  # fmt: skip
_ALL_AGES: Final = frozenset({"", "tous ages", "tous les ages", "tout age"})
_AGE: Final = "(?:ans?)?"
_AND_OVER: Final = re.compile(
    rf"(?:a partir de |plus de |des )?([0-9]{{1,3}}) ?{_AGE} ?(?:et plus|et \+|ou plus|\+|et au-dela)?"
)
_UNDER: Final = re.compile(rf"(?:moins de|jusqu'a|<) ?([0-9]{{1,3}}) ?{_AGE}")
_BETWEEN: Final = re.compile(rf"(?:de )?([0-9]{{1,3}}) ?{_AGE} ?(?:-|–|a|/|et) ?([0-9]{{1,3}}) ?{_AGE}")
_UNIT: Final = re.compile(r"\(.*?\)|€|/ ?mois|par mois|en euros")


class Age(NamedTuple):
    """An age bracket, both included; `last` None is without upper limit."""

    first: int
    last: int | None


class Who(NamedTuple):
    """Whom a cell prices."""

    category: str
    role: str
    age: Age


def key_of(written: str, *, header: bool = False) -> str:
    """The words without accents, capitals and odd spaces; of a `header`, without its unit either."""
    plain = written.replace("’", "'").replace("\u00a0", " ").replace("\u202f", " ")
    apart = unicodedata.normalize("NFD", plain)
    key = "".join(letter for letter in apart if not unicodedata.combining(letter)).casefold()
    return " ".join((_UNIT.sub(" ", key) if header else key).split())


def profile_named(written: str) -> tuple[str, str]:
    """Category and role of a profile alone: `Enfant`, `Étudiant, enfant`, or a category of the insurer's own."""
    if not written:
        return "general", "adult"
    known = _CATEGORIES.get(key_of(written))
    if known is not None:
        return known
    before, comma, after = written.rpartition(",")
    role = _ROLES.get(key_of(after)) if comma else None
    if role is not None and before.strip():
        return profile_named(before.strip())[0], role
    return text(written, _LONGEST), "adult"


def read_who(profile: str, age: str) -> Who:
    """Whom a line prices, from two fields or from the second alone. Raises WrongValueError."""
    if profile:
        return Who(*profile_named(profile), _age(key_of(age), age))
    if not age:
        msg = "Dites pour qui est ce prix, par exemple : 50 ans et plus."
        raise WrongValueError(msg)
    category, role, key = _beginning(key_of(age).replace(",", " "))
    return Who(category, role, _age(key, age))


def whole_age(written: str) -> int:
    """An age alone. Raises WrongValueError."""
    match = re.fullmatch(rf"([0-9]{{1,3}}) ?{_AGE}", key_of(written))
    if match is None or int(match[1]) > OLDEST:
        msg = f"« {written[:40]} » n’est pas un âge. Écrivez un nombre de 0 à {OLDEST}."
        raise WrongValueError(msg)
    return int(match[1])


def _beginning(key: str) -> tuple[str, str, str]:
    """The profile with which some words begin, and the words after it."""
    key = " ".join(key.split())
    category, role = "general", "adult"
    for name in sorted(_CATEGORIES, key=len, reverse=True):
        if key == name or key.startswith(f"{name} "):
            category, role = _CATEGORIES[name]
            key = key[len(name) :].strip()
            break
    first, _, rest = key.partition(" ")
    if category != "general" and first in _ROLES:
        return category, _ROLES[first], rest
    return category, role, key


def _age(key: str, words: str) -> Age:
    if key in _ALL_AGES:
        return Age(0, None)
    if match := _UNDER.fullmatch(key):
        last = int(match[1]) - (0 if key.startswith("jusqu") else 1)
        found = Age(0, last)
    elif match := _BETWEEN.fullmatch(key):
        found = Age(int(match[1]), int(match[2]))
    elif match := _AND_OVER.fullmatch(key):
        alone = key.removesuffix("ans").removesuffix("an").strip().isdigit()
        first = int(match[1]) + (1 if key.startswith("plus de") else 0)
        found = Age(first, first if alone else None)
    else:
        msg = f"« {words[:40]} » n’est pas une tranche d’âge. Écrivez par exemple 50 ans et plus."
        raise WrongValueError(msg)
    if found.first > OLDEST or (found.last is not None and not found.first <= found.last <= OLDEST):
        msg = f"« {words[:40]} » n’est pas une tranche d’âge possible."
        raise WrongValueError(msg)
    return found
