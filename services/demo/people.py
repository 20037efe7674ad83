"""The invented people who join: the same ones each time, spread over time, ages and formulas as a town's data say.

Their family names are nobody's, their telephone numbers are those that ARCEP keeps for fiction, their addresses end in
`.example`, and their member numbers begin with FICTIF.
"""

import zlib
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final, NamedTuple

from domain.membership.member import LeavingReason, Sex
from domain.text import search_key
from projections.crm.queries import ProfileCount
from services.commands.membership import JoinMember, LeaveMember
from services.demo.days import working_day
from services.demo.script import Members, Partnership

FAMILY_NAMES: Final = (
    "Airainclair", "Ancolie-Vasseau", "Aubeclaire", "Beaucarillon", "Belleheurée", "Boisdormant", "Brisecloche",
    "Brumenval", "Carillonel", "Chantebourdon", "Clairoseau", "Clochenvert", "Courtevesprée", "Doucerive",
    "Douzecoups", "Éveillaube", "Fontevive-Lançon", "Frappemidi", "Gardebeffroi", "Grandbourdon", "Guetnocturne",
    "Hautelanterne", "Heurtecarreau", "Joliguet", "Lendemarche", "Longuecorde", "Louvegivre", "Marteclair",
    "Matinbleu", "Minuitblanc", "Montecloche", "Nuagebas", "Ormeveille", "Pavédoré", "Petitbeffroi", "Pierrelune",
    "Quatreheures", "Quinzequart", "Rivetombe", "Sablieron", "Sonnefort", "Tintebronze", "Tourdauvent", "Tournemarteau",
    "Trotteminute", "Vieilquartier", "Voletclos", "Œildebœuf",
)  # fmt: skip
GIVEN_NAMES: Final = {
    ("F", 1960): (
        "Monique", "Jacqueline", "Jeannine", "Denise", "Françoise", "Nicole", "Colette", "Simone", "Arlette", "Ginette",
        "Danielle", "Michèle", "Annie", "Marie-Thérèse", "Yvette", "Huguette", "Josette", "Éliane", "Bernadette",
    ),
    ("M", 1960): (
        "Jean", "Michel", "André", "Pierre", "Claude", "Jacques", "Bernard", "Roger", "Guy", "Gérard", "Daniel",
        "René", "Serge", "Marcel", "Lucien", "Henri", "Raymond",
    ),
    ("F", 1985): (
        "Sylvie", "Nathalie", "Valérie", "Isabelle", "Catherine", "Christine", "Véronique", "Corinne", "Fatima",
        "Sandrine", "Stéphanie", "Karine", "Laurence", "Céline", "Samira", "Virginie",
    ),
    ("M", 1985): (
        "Philippe", "Laurent", "Thierry", "Pascal", "Éric", "Frédéric", "Christophe", "Stéphane", "Karim", "Olivier",
        "David", "Bruno", "Rachid", "Sébastien", "Franck",
    ),
    ("F", 2020): (
        "Léa", "Manon", "Camille", "Inès", "Chloé", "Océane", "Marine", "Anaïs", "Yasmine", "Élodie", "Lucie",
    ),
    ("M", 2020): (
        "Hugo", "Lucas", "Théo", "Maxime", "Nicolas", "Mehdi", "Antoine", "Alexis", "Kévin", "Romain", "Enzo", "Yanis",
    ),
}  # fmt: skip
"""By sex and the year before which they were born."""

MOBILE: Final = "+3363998"
STUDENTS_UNDER: Final = 28
MOBILES_UNDER: Final = 78

_REASONS: Final[tuple[LeavingReason, ...]] = (
    "moved", "employer_cover", "deceased", "moved", "state_cover", "terminated", "employer_cover", "deceased", "moved",
)  # fmt: skip
# Steps of a low-discrepancy sequence: any beginning of the list is already spread as the whole.
_AGES_STEP: Final = 6_180_339_887
_FORMULAS_STEP: Final = 7_548_776_662
_WHOLE: Final = 10_000_000_000


class Signature(NamedTuple):
    """Somebody signs on a day and joins on that of the command."""

    on: date
    command: JoinMember


class Departure(NamedTuple):
    """The insurer learns on a day that somebody leaves."""

    on: date
    command: LeaveMember


def signatures(town: Partnership, members: Members) -> Iterator[Signature]:
    """Everybody who joins, in order."""
    for index in range(members.growth[-1][1]):
        signed = working_day(_signed_on(members, index))
        joined = _joined_on(town, signed, index)
        age = _age(members, index)
        sex: Sex = "F" if index * members.women % 100 < members.women else "M"
        born = date(joined.year - age, 1 + _pick(town, index, "month", 12), 1 + _pick(town, index, "day", 28))
        given_name, family_name = _name(town, index, sex, born.year)
        student = age < STUDENTS_UNDER and _pick(town, index, "student", 100) < members.students
        yield Signature(
            signed,
            JoinMember(
                id=f"{town.key}-{index + 1:04d}",
                convention=town.key,
                number=f"FICTIF-{index + 1:05d}",
                joined_on=joined,
                formula=_formula(members, index),
                category="student" if student else "general",
                family_name=family_name,
                given_name=given_name,
                birth_date=born,
                sex=sex,
                email=_email(town, index, given_name, family_name, age),
                phone=_phone(town, members, index, age),
            ),
        )


def departures(town: Partnership, members: Members, last: date) -> Iterator[Departure]:
    """Those who leave up to a day, spread over the members and over time."""
    joined = list(signatures(town, members))
    for number in range(members.departures):
        member = joined[(2 * number + 1) * len(joined) * 9 // (20 * members.departures)].command
        since = member.joined_on + timedelta(days=60)
        left = since + (last - since) * (2 * number + 1) // (2 * members.departures)
        reason = _REASONS[number % len(_REASONS)]
        if reason != "deceased":  # nobody chooses the day of a death; other contracts end with a month
            left = (left.replace(day=1) + timedelta(days=32)).replace(day=1)
        if reason == "terminated" and left < member.joined_on + timedelta(days=396):
            reason = "other"  # a contract may be ended without a reason after twelve months only
        known = left + timedelta(days=6) if reason == "deceased" else left - timedelta(days=24)
        yield Departure(working_day(known), LeaveMember(id=member.id, left_on=left, reason=reason))


def profiles(town: Partnership, on: date) -> list[ProfileCount]:
    """Those who are members on a day and have not said that they leave: how many of each formula and birth year."""
    if town.members is None:
        return []
    found = Counter(
        (joins.formula, joins.category, joins.birth_date.year)
        for joins in (signed.command for signed in signatures(town, town.members))
        if joins.joined_on <= on
    )
    return [ProfileCount(*profile, members) for profile, members in sorted(found.items())]


def _signed_on(members: Members, index: int) -> date:
    """The day of the signature by its rank: a straight line between two points of the growth."""
    for (first, before), (last, after) in zip(members.growth, members.growth[1:], strict=False):
        if index < after:
            return first + (last - first) * (2 * (index - before) + 1) // (2 * (after - before))
    raise AssertionError  # the rank is below the last point


def _joined_on(town: Partnership, signed: date, index: int) -> date:
    """The first of the next month, or a day soon after for those whose other cover ends in between."""
    if index % 7 == 3:
        joined = signed + timedelta(days=9)
    else:
        joined = (signed.replace(day=1) + timedelta(days=32)).replace(day=1)
    return max(joined, town.starts_on)


def _age(members: Members, index: int) -> int:
    """By the deciles of the ages."""
    tenth, rest = divmod(_spread(index, _AGES_STEP) * 10, _WHOLE)
    youngest, oldest = members.ages[tenth], members.ages[tenth + 1]
    return youngest + (oldest - youngest) * rest // _WHOLE


def _formula(members: Members, index: int) -> str:
    """By the weights of the formulas."""
    place = _spread(index, _FORMULAS_STEP) * sum(members.formulas.values()) // _WHOLE
    for formula, weight in members.formulas.items():
        if place < weight:
            return formula
        place -= weight
    raise AssertionError  # the place is below the sum


def _spread(index: int, step: int) -> int:
    return (index + 1) * step % _WHOLE


def _name(town: Partnership, index: int, sex: Sex, birth_year: int) -> tuple[str, str]:
    era = next(before for of, before in GIVEN_NAMES if of == sex and birth_year < before)
    given = GIVEN_NAMES[sex, era]
    return given[_pick(town, index, "given", len(given))], FAMILY_NAMES[
        _pick(town, index, "family", len(FAMILY_NAMES))
    ]


def _email(town: Partnership, index: int, given_name: str, family_name: str, age: int) -> str | None:
    """Older people have one less often."""
    if _pick(town, index, "email", 100) >= 110 - age:
        return None
    name = search_key(f"{given_name} {family_name}").replace(" ", ".")
    return f"{name}.{index + 1}@courriel.example"


def _phone(town: Partnership, members: Members, index: int, age: int) -> str | None:
    number = _pick(town, index, "phone", 10_000)
    if number % 25 == 0:
        return None
    return f"{MOBILE if age < MOBILES_UNDER else members.landline}{number:04d}"


def _pick(town: Partnership, index: int, what: str, among: int) -> int:
    """A number below `among`: the same for the same person, which Python's own generator does not promise for ever."""
    return zlib.crc32(f"{town.key}/{index}/{what}".encode()) % among
