"""What a formal notice rests on, and the parts of it that the town writes itself.

Everything is written out already: the layout formats nothing.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

import msgspec

from services.web.charts import Measure


class BrokenPrice(msgspec.Struct, frozen=True, kw_only=True):
    """One price above its limit, in words; `percent` is the excess over the limit."""

    subject: str
    before: str | None
    limit: str | None
    announced: str | None
    excess: str | None
    percent: str | None


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """A dated fact and its entry in the ledger; the entry is None where the fact lies outside of it."""

    on: str
    words: str
    entry: str | None


class Promised(msgspec.Struct, frozen=True, kw_only=True):
    """The clause that is not kept, and the convention that it stands in."""

    article: str
    wording: str
    signed_on: date
    council_vote: str | None
    termination_article: str | None
    termination_wording: str | None
    notice_months: int


class Breach(msgspec.Struct, frozen=True, kw_only=True):
    """What happened: a grid, the prices in it, and what was said since; `over` is how many prices are not listed.

    `picture` draws the first price; None where the rule does not judge a price.
    """

    grid: str | None
    notified_on: date | None
    from_on: date
    applied: bool
    detected_on: date
    explained_on: date | None
    disputed_on: date | None
    silent: bool
    prices: Sequence[BrokenPrice]
    over: int
    picture: Measure | None
    proofs: Sequence[Proof]


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the ledger says about the case of a letter; `cure_by` follows from the convention."""

    key: str
    town: str
    insurer: str
    fictitious: bool
    promised: Promised
    breach: Breach
    sent_on: date
    cure_by: date
    cure_days: int


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What the town writes: addresses line by line, and texts whose paragraphs are separated by empty lines."""

    sender: str
    recipient: str
    sending: str
    place: str
    signatory: str
    subject: str
    opening: str
    demand: str
    closing: str


LONGEST: Final = {
    "sender": 400,
    "recipient": 400,
    "sending": 120,
    "place": 80,
    "signatory": 160,
    "subject": 200,
}
"""Characters of the short parts; the texts may have as many as a clause."""


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text: lines belong together until an empty one."""
    found: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.strip():
            found[-1].append(line.strip())
        elif found[-1]:
            found.append([])
    return [" ".join(lines) for lines in found if lines]


def lines(text: str) -> list[str]:
    """The lines of an address, without empty ones."""
    return [line.strip() for line in text.splitlines() if line.strip()]
