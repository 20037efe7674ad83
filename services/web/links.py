"""Where a page that several audiences read leads each of them: the same names of pages, other addresses.

A page that an audience has not is no link: `to` answers None, and the words stay plain.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec
from flask import current_app, request, url_for

_PLACES: Final = frozenset(
    {"code", "siren", "convention", "commitment", "grid", "case", "exemption", "amendment", "sha256"}
)
"""What addresses are made of; what an endpoint has no place for is left out of its address."""


class Links(msgspec.Struct, frozen=True):
    """`endpoints` by the name of the page, and the values that all their addresses share."""

    endpoints: Mapping[str, str]
    fixed: Mapping[str, str] = {}

    def to(self, page: str, **values: object) -> str | None:
        """The address of a page, or None where this audience has no such page. None among `values` is left out."""
        endpoint = self.endpoints.get(page)
        if endpoint is None:
            return None
        taken = _taken(endpoint)
        given: dict[str, Any] = {
            name: value
            for name, value in {**self.fixed, **values}.items()
            if value is not None and (name in taken or name not in _PLACES)
        }
        return address(endpoint, **given)


def address(endpoint: str, **values: Any) -> str:
    """`url_for` within the site, remembered: a table asks for the same hundred addresses at each visit."""
    if endpoint.startswith("."):
        endpoint = f"{request.blueprint}{endpoint}"
    if _PLACES.issuperset(values):  # what somebody searched for is in an address too, and is not kept
        return _address(request.script_root, endpoint, tuple(values.items()))
    return url_for(endpoint, **values)


@lru_cache(maxsize=8192)
def _address(_: str, endpoint: str, values: tuple[tuple[str, Any], ...]) -> str:
    return url_for(endpoint, **dict(values))


@lru_cache(maxsize=256)
def _taken(endpoint: str) -> frozenset[str]:
    return frozenset(name for rule in current_app.url_map.iter_rules(endpoint) for name in rule.arguments)
