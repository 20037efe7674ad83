"""Members and published figures as they come in and go out."""

from typing import get_args

from marshmallow import fields

from domain.membership.member import LeavingReason, Sex
from domain.tenancy import code_of, siren_of
from services.commands.membership import JoinMember, LeaveMember
from services.schemas.answers import Answer, PageGiven
from services.schemas.fields import Choice, Day, Email, Euros, Key, Month, Phone, Text, Value
from services.schemas.reading import CommandGiven, Given


class _CodeOf(Value[str]):
    """The INSEE code of a tenant."""

    def write(self, value: str) -> str:
        """Five characters."""
        return code_of(value)


class _SirenOf(Value[str]):
    """The SIREN of a drawer's insurer."""

    def write(self, value: str) -> str:
        """Nine digits."""
        return siren_of(value)


class MemberGiven(CommandGiven):
    """Someone joins. `number` is the insurer's own; a social-security number is refused there as anywhere."""

    command = JoinMember

    convention = Key(required=True)
    number = Text(50, allow_none=True)
    joined_on = Day(required=True)
    formula = Text(50, required=True)
    category = Text(50)
    family_name = Text(required=True)
    given_name = Text(required=True)
    birth_date = Day(required=True)
    sex = Choice(get_args(Sex), allow_none=True)
    email = Email(allow_none=True)
    phone = Phone(allow_none=True)


class LeavingGiven(CommandGiven):
    """Someone is no longer a member from `left_on` on."""

    command = LeaveMember

    left_on = Day(required=True)
    reason = Choice(get_args(LeavingReason), required=True)


class MembersGiven(PageGiven):
    """Which members: `q` are beginnings of words of the name, or a number."""

    q = Text()


class FiguresGiven(Given):
    """Which months: from `since` on."""

    since = Month()


class MemberAnswer(Answer):
    """A member of the insurer who asks; names are null once the person was erased."""

    commune = _CodeOf(attribute="tenant", metadata={"description": "Its INSEE code."})
    id = fields.String()
    number = fields.String(allow_none=True)
    family_name = fields.String(allow_none=True)
    given_name = fields.String(allow_none=True)
    birth_date = Day(allow_none=True)
    sex = fields.String(allow_none=True)
    email = fields.String(allow_none=True)
    phone = fields.String(allow_none=True)
    convention = fields.String()
    joined_on = Day()
    left_on = Day(allow_none=True)
    left_reason = fields.String(allow_none=True)
    formula = fields.String()
    category = fields.String()
    price = Euros(metadata={"description": "A month's price when joining, taxes included."})
    grid = fields.String()
    age_from = fields.Integer(attribute="cell_from")
    age_to = fields.Integer(attribute="cell_to", allow_none=True)
    version = fields.Integer()


class FigureAnswer(Answer):
    """Members on the last day of a month, frozen when it was published; null is withheld: fewer than 11 people."""

    month = Month()
    on = Day(attribute="on_day")
    siren = _SirenOf(attribute="owner", metadata={"description": "Of the insurer."})
    members = fields.Integer(allow_none=True)
    by_age = fields.Dict(keys=fields.String(), values=fields.Integer(allow_none=True))
