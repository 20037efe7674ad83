"""How the domain says no: one exception with a stable code, the field concerned and a sentence.

A refusal records nothing. The API turns it into a problem (RFC 9457), a page into words beside the field.
"""


class Refused(Exception):
    """A command that the rules do not allow.

    `code` is stable and in the field's terms (`grid-not-in-force`), `path` the JSON path of the input at fault
    (`$` for the whole), `facts` the values a sentence in another language needs.
    """

    def __init__(self, code: str, detail: str, *, path: str = "$", **facts: object) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.path = path
        self.facts = facts
