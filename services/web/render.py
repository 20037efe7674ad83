"""Turns a template and facts into a page: the one place where a shell, its navigation and its notices are put together.

Our own Jinja environment: everything is escaped, an undefined name is an error, literal text is French typography.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
from flask import Response, g, request
from flask_wtf.csrf import generate_csrf
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from infra.identity import Principal
from services.asking import parts, visitor
from services.web import words
from services.web.assets import asset
from services.web.links import address
from services.web.typography import FILTERS, FrenchText

Density = Literal["compact", "regular", "large"]

_TEMPLATES: Final = Path(__file__).parent / "templates"


class Entry(msgspec.Struct, frozen=True):
    """One entry of the navigation."""

    label: str
    href: str
    current: bool


class Shell(msgspec.Struct, frozen=True, kw_only=True):
    """What surrounds every page."""

    density: Density
    home: str
    name: str
    under: str
    fictitious: bool
    who: str
    mails: bool
    nav: Sequence[Entry]
    place: str | None
    place_nav: Sequence[Entry]
    demo: bool
    errors: bool
    recorded: int | None
    caught_up: bool
    scope_reduced: bool


_NAVIGATION: Final = {
    "insurer": (
        ("Communes", "insurer.portfolio"),
        ("Dossiers", "insurer.all_cases"),
        ("Échéances", "insurer.all_deadlines"),
        ("Adhérents", "insurer.all_members"),
        ("Tarifs", "insurer.drafts"),
        ("Permanences", "insurer.all_office_hours"),
    ),
    "town": (
        ("Accueil", "town.home"),
        ("Engagements", "town.register"),
        ("Dossiers", "town.cases"),
        ("Tarifs", "town.tariffs"),
        ("Permanences", "town.office_hours"),
        ("Habitants aidés", "town.members"),
        ("Documents", "town.documents"),
    ),
    "grouping": (("Communes", "grouping.communes"),),
    "operator": (
        ("Conventions", "operator.conventions"),
        ("Communes", "operator.towns"),
        ("Indices", "operator.indices"),
        ("État du système", "operator.status"),
    ),
}
_HOMES: Final = {
    "insurer": "insurer.portfolio",
    "town": "town.home",
    "grouping": "grouping.communes",
    "operator": "operator.conventions",
}
_PLACE: Final = (
    ("home", "Accueil"),
    ("register", "Engagements"),
    ("cases", "Dossiers"),
    ("tariffs", "Tarifs"),
    ("documents", "Documents"),
)
"""The pages of a town that somebody else looks at."""

_DENSITIES: Final[dict[str, Density]] = {"insurer": "compact", "town": "regular", "operator": "compact"}


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=[FrenchText, "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(FILTERS)
    made.filters["category"] = words.category
    made.globals.update(url_for=address, asset=asset, csrf_token=generate_csrf, words=words)
    return made


ENVIRONMENT: Final = _environment()


def home_of(role: str) -> str:
    """Where somebody in this role begins."""
    return address(_HOMES[role])


def shell(who: Principal | None, *, errors: bool, density: Density | None) -> Shell:
    """The shell of a page for somebody, or for a stranger."""
    recorded: int | None = g.get("recorded")
    role = who.role if who else ""
    return Shell(
        density=density or _DENSITIES.get(role, "regular"),
        home=home_of(role) if who else address("session.sign_in"),
        name=organisation(who) if who else "Beffroi",
        under="" if who else "Le registre de la mutuelle communale",
        fictitious=False,
        who=who.name if who else "",
        mails=role != "grouping",  # nobody writes to groupings
        nav=[_entry(label, address(endpoint)) for label, endpoint in _NAVIGATION.get(role, ())],
        place=g.sight.name if "sight" in g else None,
        place_nav=[_entry(label, g.sight.links.to(name)) for name, label in _PLACE] if "sight" in g else (),
        demo=parts().settings.demo,
        errors=errors,
        recorded=recorded,
        caught_up=bool(g.get("caught_up")),
        scope_reduced=bool(g.get("scope_reduced")),
    )


def organisation(who: Principal) -> str:
    """The organisation of somebody, as the head of a page names it."""
    return f"Ville de {who.organisation}" if who.role == "town" else who.organisation


def page(
    template: str,
    *,
    status: int = 200,
    errors: bool = False,
    density: Density | None = None,
    **facts: Any,
) -> Response:
    """A whole page, for whoever is signed in."""
    who = visitor()
    surrounding = shell(who, errors=errors, density=density)
    text = ENVIRONMENT.get_template(template).render(shell=surrounding, who=who, **facts)
    return Response(text, status=status, mimetype="text/html")


def fragment(template: str, **facts: Any) -> Response:
    """A part of a page, for htmx."""
    return Response(ENVIRONMENT.get_template(template).render(**facts), mimetype="text/html")


def wants_fragment() -> bool:
    """Whether htmx asks for a part of the page and not for the page."""
    return request.headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in request.headers


def marked(text: str) -> Markup:
    """Text with « 1er » and the like set as French print does."""
    return Markup(text)  # noqa: S704 (only our own constants come here)


def _entry(label: str, href: str) -> Entry:
    """An entry; it is the current one on its own page and on those below it, if it is not the home of many."""
    path = request.path
    above = not href.endswith("/ville") and not (label == "Accueil" and "sight" in g)
    return Entry(label, href, path == href or (above and path.startswith(f"{href}/")))
