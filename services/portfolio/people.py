"""The invented people of a portfolio, by Faker: who somebody is depends on the seed and their place alone.

Their telephone numbers are those that ARCEP keeps for fiction, their addresses end in `.example`, and their member
numbers begin with FICTIF.
"""

from datetime import date
from typing import Final, NamedTuple

from faker import Faker

from domain.membership.member import Sex
from domain.text import search_key

MOBILE: Final = "+3363998"
LANDLINES: Final = {"1": "+3319900", "2": "+3326191", "3": "+3335301", "4": "+3346571", "5": "+3353649"}
"""By the first digit of a French number; each is followed by four digits of fiction."""

_AGES: Final = (24, 38, 48, 56, 62, 67, 71, 75, 79, 84, 93)
"""The youngest, the nine deciles and the oldest of those who join."""
_MOBILES_UNDER: Final = 76
_WOMEN: Final = 0.55
_WITHOUT_PHONE: Final = 0.04


class Person(NamedTuple):
    """Somebody who is not."""

    family_name: str
    given_name: str
    birth_date: date
    sex: Sex
    email: str | None
    phone: str | None


class People:
    """Invents people, one after the other: for one thread."""

    def __init__(self, random_seed: int) -> None:
        self._seed = random_seed
        self._faker = Faker("fr_FR")

    def person(self, key: str, *, in_year: int, zone: str = "2") -> Person:
        """The person of a key, old enough to join in a year; `zone` is the first digit of their landline."""
        faker = self._faker
        faker.seed_instance(f"{self._seed}/{key}")
        draw = (
            faker.random
        )  # only now: an instance that was never seeded shares its generator with all others
        sex: Sex = "F" if draw.random() < _WOMEN else "M"
        family_name = faker.last_name()
        given_name = faker.first_name_female() if sex == "F" else faker.first_name_male()
        age = _age(draw.random())
        born = date(in_year - age, draw.randint(1, 12), draw.randint(1, 28))
        address = search_key(f"{given_name} {family_name}").replace(" ", ".")
        email = (
            f"{address}.{draw.randint(1, 9_999)}@courriel.example" if draw.random() * 110 > age - 5 else None
        )
        beginning = MOBILE if age < _MOBILES_UNDER else LANDLINES[zone]
        phone = f"{beginning}{draw.randint(0, 9_999):04d}" if draw.random() > _WITHOUT_PHONE else None
        return Person(family_name, given_name, born, sex, email, phone)


def _age(spread: float) -> int:
    tenth, rest = divmod(spread * 10, 1)
    youngest, oldest = _AGES[int(tenth)], _AGES[int(tenth) + 1]
    return youngest + int((oldest - youngest) * rest)
