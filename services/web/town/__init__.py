"""The town's pages: is every commitment kept, who is helped, what is charged; and everything that a town decides."""

from services.web.town import (
    amendments,
    answers,
    cases,
    confirming,
    documents,
    exemptions,
    home,
    letters,
    members,
    notices,
    office_hours,
    register,
    tariffs,
)
from services.web.town.blueprint import blueprint

__all__ = [
    "amendments",
    "answers",
    "blueprint",
    "cases",
    "confirming",
    "documents",
    "exemptions",
    "home",
    "letters",
    "members",
    "notices",
    "office_hours",
    "register",
    "tariffs",
]
