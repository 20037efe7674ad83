"""Members as their insurer sees them: contract facts in `member`, clear personal data in the `*_person` tables only."""

from typing import Final

from domain.events import Sealed
from domain.membership.member import MemberJoined, MemberLeft
from domain.text import search_key, words
from projections.engine import table as t
from projections.engine.changes import Changes
from projections.engine.table import Table
from projections.engine.view import Recorded, View

MEMBER: Final = Table(
    "member",
    {
        "id": t.TEXT, "number": t.TEXT, "number_key": t.TEXT, "convention": t.TEXT, "joined_on": t.DATE,
        "left_on": t.DATE, "left_reason": t.TEXT, "formula": t.TEXT, "category": t.TEXT, "birth_year": t.INTEGER,
        "sex": t.TEXT, "price": t.INTEGER, "grid": t.TEXT, "cell_from": t.INTEGER, "cell_to": t.INTEGER,
        "version": t.INTEGER, "position": t.BIGINT,
    },
    key=("id",),
    readers=("organisation",),
    indexes=(("owner", "number_key", "tenant", "id"), ("owner", "tenant", "joined_on", "left_on")),
)  # fmt: skip
MEMBER_PERSON: Final = Table(
    "member_person",
    {
        "id": t.TEXT, "sort_key": t.TEXT, "family_name": t.TEXT, "given_name": t.TEXT, "birth_date": t.DATE,
        "email": t.TEXT, "phone": t.TEXT,
    },
    key=("id",),
    readers=("organisation",),
    indexes=(("owner", "sort_key", "id"),),
)  # fmt: skip
WORD_PERSON: Final = Table(
    "word_person",
    {"word": t.TEXT, "id": t.TEXT},
    key=("word", "id"),
    key_order=("owner", "word", "tenant", "id"),  # as searches read it: one index instead of two
    readers=("organisation",),
)

VIEW: Final = View("crm", 1, (MEMBER, MEMBER_PERSON, WORD_PERSON))


def number_key(number: str) -> str:
    """The key under which a member's number is found: its letters and digits."""
    return number.casefold() if number.isalnum() and number.isascii() else "".join(words(number))


@VIEW.on(MemberJoined)
def joined(fact: Recorded[MemberJoined], rows: Changes) -> None:
    """A member, who they are, and the words of the name that find them."""
    event = fact.event
    tenant, owner, key = fact.tenant, fact.owner, fact.key
    rows.insert(
        MEMBER,
        {
            "tenant": tenant,
            "owner": owner,
            "id": key,
            "number": event.number,
            "number_key": number_key(event.number) if event.number else None,
            "convention": event.convention,
            "joined_on": event.joined_on,
            "left_on": None,
            "left_reason": None,
            "formula": event.formula,
            "category": event.category,
            "birth_year": event.birth_year,
            "sex": event.sex,
            "price": event.price,
            "grid": event.grid,
            "cell_from": event.cell.age_from,
            "cell_to": event.cell.age_to,
            "version": 1,
            "position": fact.position,
        },
    )
    if isinstance(event.family_name, Sealed) or isinstance(event.given_name, Sealed):
        return  # the key was destroyed: the contract stays, the person is forgotten
    sort_key = search_key(f"{event.family_name} {event.given_name}")
    rows.insert(
        MEMBER_PERSON,
        {
            "tenant": tenant,
            "owner": owner,
            "id": key,
            "sort_key": sort_key,
            "family_name": event.family_name,
            "given_name": event.given_name,
            "birth_date": event.birth_date,
            "email": event.email,
            "phone": event.phone,
        },
    )
    for word in dict.fromkeys(sort_key.split()):
        rows.insert(WORD_PERSON, {"tenant": tenant, "owner": owner, "word": word, "id": key})


@VIEW.on(MemberLeft)
def left(fact: Recorded[MemberLeft], rows: Changes) -> None:
    """The member stays in the file, with the day of leaving."""
    rows.set(
        MEMBER,
        (fact.tenant, fact.owner, fact.key),
        left_on=fact.event.left_on,
        left_reason=fact.event.reason,
        version=fact.event.originator_version,
    )
