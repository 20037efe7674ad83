"""The token of a link that ends a category of mails: it names an account and a category, and opens nothing else.

It does not expire: a mail may be read years later, and its link must still work.
"""

from typing import Final, cast, get_args

from itsdangerous import BadData, URLSafeSerializer

from infra.identity import SessionKey
from services.mail.notices import Category

_PURPOSE: Final = "unsubscribe"


class Unsubscribing:
    """Makes and reads tokens, signed with a key derived from the installation's own."""

    def __init__(self, key: SessionKey) -> None:
        self._serializer = URLSafeSerializer(key.derive(_PURPOSE), salt=_PURPOSE)

    def token(self, account: str, category: Category) -> str:
        """The token of an account's category."""
        return str(self._serializer.dumps([account, category]))

    def read(self, token: str) -> tuple[str, Category] | None:
        """The account and the category; None when the token is not ours or was altered."""
        if not token.isascii():  # the library would read on past what it does not know
            return None
        try:
            account, category = self._serializer.loads(token)
        except (BadData, ValueError, TypeError):
            return None
        return (account, cast("Category", category)) if category in get_args(Category) else None
