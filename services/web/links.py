"""Where a page that several audiences read leads each of them: the same names of pages, other addresses.

A page that an audience has not is no link: `to` answers None, and the words stay plain.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from flask import current_app, url_for

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
        taken = {name for rule in current_app.url_map.iter_rules(endpoint) for name in rule.arguments}
        given: dict[str, Any] = {
            name: value
            for name, value in {**self.fixed, **values}.items()
            if value is not None and (name in taken or name not in _PLACES)
        }
        return url_for(endpoint, **given)
