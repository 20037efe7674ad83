"""AGEING_CAP: what a member pays rises by so much for the tariff and by so much for his or her age at most.

Source: the clauses that smooth the passage from one age bracket to the next, « plafonnement lié à l’âge ».
"""

from datetime import date
from enum import StrEnum
from fractions import Fraction

from domain.money import french_euros, french_percent
from domain.tariffs.assess.days import day_before
from domain.tariffs.assess.exemptions import covers_of
from domain.tariffs.assess.findings import Finding, Verdict
from domain.tariffs.assess.model import CellId, Member, Params
from domain.tariffs.assess.price_list import PriceList
from domain.tariffs.assess.reading import Field, choice, maybe, record, rise, whole
from domain.tariffs.assess.rules.rule import WITHIN_EXEMPTIONS, Case, Prose, Rule
from domain.tariffs.assess.segments import against_cents, judge_segments, on_day, tell

NAME = "AGEING_CAP"

_ROLE = "adult"


class Combine(StrEnum):
    """Whether the two rises follow each other or are added up."""

    MULT = "MULT"
    ADD = "ADD"


class AgeBasis(StrEnum):
    """How old somebody is on a day: by difference of years, exactly on 1 January of the year, or exactly that day."""

    MILLESIME = "MILLESIME"
    EXACT_AT_1_JAN = "EXACT_AT_1_JAN"
    EXACT_BIRTHDAY = "EXACT_BIRTHDAY"


class AgeingCap(Params, frozen=True):
    """At most `max_price_percent`, and `max_ageing_percent` on entering a bracket before `freeze_age`."""

    max_ageing_percent: Fraction
    max_price_percent: Fraction
    combine: Combine = Combine.MULT
    age_basis: AgeBasis = AgeBasis.MILLESIME
    freeze_age: int | None = None


def judge(commitment: str, params: AgeingCap, case: Case) -> list[Finding]:
    """One finding a member, by grid and member; it is never split: the exemptions in force on the day count."""
    scenario, timeline = case
    covers = covers_of(commitment, scenario.exemptions)
    prices = PriceList(timeline)
    findings = []
    for member in sorted(scenario.members, key=lambda each: (prices.place(each.on), each.id)):
        age = age_on(member.on, member.birth_date, params.age_basis)
        found = prices.find(member.on, member.formula, member.category, _ROLE, age)
        is_frozen = params.freeze_age is not None and age >= params.freeze_age
        ages = not is_frozen and _enters_bracket(member, found and found[0], prices, params.age_basis)
        against = against_cents(member.before * _ratio(params, ages=ages), member.after)
        basis = _basis(params, member, ages=ages, is_frozen=is_frozen, is_known=found is not None)
        subject = f"La cotisation de {french_euros(member.after)}"
        findings += [
            Finding(
                commitment, NAME, prices.grid_on(member.on), None, member.id, piece.first, piece.last,
                piece.verdict, member.before, piece.limit, member.after, piece.excess,
                tell(subject, piece, basis, french_euros), piece.exempted_by,
            )
            for piece in judge_segments(on_day(member.on, covers), against, 0)
        ]  # fmt: skip
    return findings


def age_on(day: date, birth: date, basis: AgeBasis) -> int:
    """Somebody's age on a day; whoever was born on 29 February is a year older on 1 March of a common year."""
    age = day.year - birth.year
    if basis is AgeBasis.EXACT_AT_1_JAN:
        return age if (birth.month, birth.day) == (1, 1) else age - 1
    if basis is AgeBasis.EXACT_BIRTHDAY:
        return age if (day.month, day.day) >= (birth.month, birth.day) else age - 1
    return age


def _enters_bracket(member: Member, cell: CellId | None, prices: PriceList, basis: AgeBasis) -> bool:
    """Whether the day before, by the age and the grid of then, the member was in other ages or in none.

    Without a cell on the day itself no ages are the same, so that the promise is held to what it allows at most.
    """
    yesterday = day_before(member.on)
    age = age_on(yesterday, member.birth_date, basis)
    before = prices.find(yesterday, member.formula, member.category, _ROLE, age)
    return before is None or cell is None or before[0][-2:] != cell[-2:]


def _ratio(params: AgeingCap, *, ages: bool) -> Fraction:
    price, ageing = params.max_price_percent / 100, params.max_ageing_percent / 100
    if not ages:
        return 1 + price
    return (1 + price) * (1 + ageing) if params.combine is Combine.MULT else 1 + price + ageing


def _basis(params: AgeingCap, member: Member, *, ages: bool, is_frozen: bool, is_known: bool) -> str:
    base = (
        f"{french_euros(member.before)} plus {french_percent(params.max_price_percent)} de hausse tarifaire"
    )
    if ages:
        then = "puis" if params.combine is Combine.MULT else "et"
        why = (
            "pour le passage à une autre tranche d’âge"
            if is_known
            else "pour l’âge, faute de tranche ce jour-là"
        )
        return f"{base} {then} {french_percent(params.max_ageing_percent)} {why}"
    if is_frozen:
        return f"{base}, sans hausse liée à l’âge à partir de {params.freeze_age} ans"
    return f"{base}, la tranche d’âge restant la même"


RULE = Rule(
    NAME,
    AgeingCap,
    record(
        AgeingCap,
        {
            "max_ageing_percent": Field(rise, about="The rise allowed for entering another bracket."),
            "max_price_percent": Field(rise, about="The rise allowed for the tariff itself."),
            "combine": Field(
                choice(Combine), Combine.MULT, about="Whether the two follow each other or are added up."
            ),
            "age_basis": Field(
                choice(AgeBasis),
                AgeBasis.MILLESIME,
                about="How old somebody is: by difference of years, exactly on 1 January, or exactly on that day.",
            ),
            "freeze_age": Field(maybe(whole(0, 150)), None, about="From this age on ageing raises nothing."),
        },
    ),
    judge,
    prose=Prose(
        title="plafonnement de l’effet de l’âge",
        clause=(
            "Lorsqu’un adhérent change de tranche d’âge, sa cotisation n’augmente pas de plus de 10 % de "
            "ce fait, en sus de la hausse tarifaire, elle-même limitée à 3 %."
        ),
        anchor="what the member paid before.",
        limit=(
            "anchor × (1 + price) × (1 + ageing), or × (1 + price + ageing) with `ADD`, rounded once. The "
            "ageing part counts only if the bracket is another one than on the day before, or if there is "
            "none on either day, and not from `freeze_age` on."
        ),
        verdicts={
            Verdict.COMPLIANT: "The new price is not above the limit.",
            Verdict.VIOLATION: "The new price is above the limit.",
            Verdict.EXEMPTED: WITHIN_EXEMPTIONS,
        },
        example=(
            "Two people enter the bracket from 50 on: 75.61 is the most that either may pay, and one pays "
            "a cent more. Of two who stay in their bracket one pays for ageing nevertheless. Later the "
            "town allows more, for demography. A formula that no grid prices has no bracket to stay in."
        ),
    ),
)
