"""Signing in, and who is signed in."""

from marshmallow import fields

from infra.identity import LONGEST_PASSWORD
from services.schemas.answers import ITSELF, Answer
from services.schemas.fields import Flag, Instant, Text, Value
from services.schemas.reading import Given


class Password(Value[str]):
    """A password, taken as it is."""

    openapi = ("string", "password")
    expected = f"a text of 1 to {LONGEST_PASSWORD} characters"

    def read(self, value: object) -> str | None:
        """The password; None when it cannot be one."""
        if not isinstance(value, str) or not 1 <= len(value) <= LONGEST_PASSWORD:
            return None
        return value if value.encode(errors="ignore").decode() == value else None


class SignInGiven(Given):
    """E-mail address and password of an account."""

    email = Text(254, required=True)
    password = Password(required=True)


class Organisation(Answer):
    """For whom somebody is signed in; `code` is a SIREN, an INSEE code, or `platform`."""

    kind = fields.String(attribute="role", metadata={"enum": ["insurer", "town", "grouping", "operator"]})
    code = fields.String()
    name = fields.String(attribute="organisation")
    fictitious = Flag()


class MeAnswer(Answer):
    """Who is signed in, until when."""

    account = fields.String()
    name = fields.String()
    email = fields.String()
    role = fields.String(metadata={"enum": ["insurer", "town", "grouping", "operator"]})
    organisation = fields.Nested(Organisation, attribute=ITSELF)
    communes = fields.List(
        fields.String(), metadata={"description": "The INSEE codes that a grouping reads."}
    )
    expires_at = Instant()


class SessionAnswer(Answer):
    """A session: send the token as `Authorization: Bearer …`."""

    token = fields.String(attribute="text")
    token_type = fields.Constant("Bearer")
    expires_at = Instant()
    principal = fields.Nested(MeAnswer, data_key="me")
