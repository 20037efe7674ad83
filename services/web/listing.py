"""Lists whose address is the saved question: filters, order, pages and files all say the same rows.

A list is what a person asked for with `?tri=-etat&q=lan`; header links and exports keep the rest of the address.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, NamedTuple, TypeVar

from flask import request, url_for

L = TypeVar("L")

PAGE: Final = 100


class Sort(NamedTuple):
    """A header link: where it leads, and the order if it is the present one."""

    href: str
    direction: str | None


class Pages(NamedTuple, Generic[L]):
    """The rows of one page and the address of the next, if there is one."""

    rows: Sequence[L]
    following: str | None


@dataclass(frozen=True)
class Listing(Generic[L]):
    """A list at `endpoint`: how its rows are ordered by each column, and which filters its address may hold.

    `usual` is the order without `?tri=`, with a minus for the other way round; `rows` are told apart by `identity`.
    """

    endpoint: str
    keys: Mapping[str, Callable[[L], Any]]
    usual: str
    filters: Sequence[str]
    identity: Callable[[L], str]

    def chosen(self) -> dict[str, str]:
        """What is asked of each filter, empty where nothing is."""
        return {name: request.args.get(name, "").strip() for name in self.filters}

    def saved(self, **changed: str) -> dict[str, Any]:
        """The parameters of the address, some of them changed."""
        return {
            name: value for name in (*self.filters, "tri") if (value := request.args.get(name, ""))
        } | changed

    def ordered(self, rows: Sequence[L]) -> list[L]:
        """The rows in the order asked for."""
        key, descending = self._order()
        return sorted(rows, key=self.keys[key], reverse=descending)

    def sorts(self, **named: Any) -> dict[str, Sort]:
        """The header links by column; `named` are the values of the endpoint's own address."""
        return {key: self._sort(key, named) for key in self.keys}

    def paged(self, rows: Sequence[L], **named: Any) -> Pages[L]:
        """The page that begins after the row named `?apres=`."""
        after = request.args.get("apres", "")
        place = next((i + 1 for i, row in enumerate(rows) if self.identity(row) == after), 0) if after else 0
        shown = rows[place : place + PAGE]
        if len(rows) <= place + PAGE:
            return Pages(shown, None)
        return Pages(shown, url_for(self.endpoint, **named, **self.saved(apres=self.identity(shown[-1]))))

    def _order(self) -> tuple[str, bool]:
        asked = request.args.get("tri", self.usual)
        key = asked.removeprefix("-")
        if key not in self.keys:
            asked, key = self.usual, self.usual.removeprefix("-")
        return key, asked.startswith("-")

    def _sort(self, key: str, named: Mapping[str, Any]) -> Sort:
        present, descending = self._order()
        if key != present:
            return Sort(url_for(self.endpoint, **named, **self.saved(tri=key)), None)
        turned = key if descending else f"-{key}"
        direction = "descending" if descending else "ascending"
        return Sort(url_for(self.endpoint, **named, **self.saved(tri=turned)), direction)
