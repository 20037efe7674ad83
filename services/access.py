"""Who may call what: `@allow` on every route, and the rules of drawers: whoever may not is told that nothing is there.

A route without `@allow` is closed to everyone. `docs/access.md` is generated from what is said here.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

import msgspec
from flask import Flask, Response, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.routing import Rule

from domain.tenancy import PUBLIC, TOWN, Owner, Tenant, accord, commune, insurer
from infra.directory.load import in_force
from infra.directory.records import Commune
from infra.directory.search import resolve
from infra.identity import Principal, Role, Token
from projections.access import queries as access
from projections.engine.reading import Reader, ViewNotReadyError
from services.asking import SESSION_COOKIE, is_api, parts, principal, visitor
from services.commands.perform import NotFoundError
from services.communes import communes
from services.reading import Audience, Views

F = TypeVar("F", bound=Callable[..., Any])

SIGN_IN: Final = "SIGN_IN_ENDPOINT"
"""The configuration key that names the sign-in page's endpoint; a page asked for signed out leads there."""

NEXT: Final = "suite"
"""The parameter in which the sign-in page finds the path to go on to."""

READERS: Final[tuple[Role, ...]] = ("insurer", "town", "grouping", "operator")
"""Who reads what binds a commune and its insurers: both of them, and those who look at the commune without deciding."""

_MARK: Final = "__access__"
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")


class Access(msgspec.Struct, frozen=True):
    """Who may call a route: the roles named, or anybody at all; a town `anywhere`, or in its own commune alone."""

    roles: tuple[Role, ...] = ()
    public: bool = False
    anywhere: bool = False


class NotSignedInError(Exception):
    """The route asks for somebody signed in, and nobody is: no token, or one that stands for nobody any more."""


class CommuneMergedError(NotFoundError):
    """A code that was a commune's; `successor` is the commune that answers for it today."""

    def __init__(self, code: str, successor: Commune) -> None:
        super().__init__(f"{code} is now part of {successor.name} ({successor.code})")
        self.code = code
        self.successor = successor


class DirectoryEmptyError(Exception):
    """No communes are loaded yet."""


class Scope(msgspec.Struct, frozen=True):
    """What somebody reads. `complete` is False while it is not known which insurers' drawers a town has."""

    audience: Audience
    complete: bool = True


# Routes


def allow(*roles: Role, public: bool = False, anywhere: bool = False) -> Callable[[F], F]:
    """Say who may call a route: the roles of people signed in, or everybody (`public`). It may stand at any height.

    Where the address names a commune (`code`) or an insurer (`siren`), a town must be that commune and an insurer
    that insurer, before anything else is read; `anywhere` is for what every town may know of the others.
    """
    if public == bool(roles):
        msg = "a route is public, or for some roles"
        raise TypeError(msg)

    def mark(function: F) -> F:
        setattr(function, _MARK, Access(roles, public, anywhere))
        return function

    return mark


def access_of(app: Flask, endpoint: str, method: str) -> Access | None:
    """Who may call an endpoint with a method; None when nobody said."""
    function: Any = app.view_functions.get(endpoint)
    resource = getattr(function, "view_class", None)
    if resource is not None:
        name = "get" if method == "HEAD" and not hasattr(resource, "head") else method.lower()
        function = getattr(resource, name, None)
    mark = getattr(function, _MARK, None)
    return mark if isinstance(mark, Access) else None


def routes(app: Flask) -> Iterator[tuple[Rule, str, Access | None]]:
    """Every rule and method of the URL map, by path, with who may call it."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        for method in _METHODS:
            if method in (rule.methods or ()):
                yield rule, method, access_of(app, rule.endpoint, method)


def guard(app: Flask) -> None:
    """Let every request of an application pass by what its route says."""
    app.before_request(_admit)


def _admit() -> ResponseReturnValue | None:
    if request.endpoint is None or request.method == "OPTIONS":
        return None  # an unknown path, or a question about methods: neither reaches a handler
    said = access_of(current_app, request.endpoint, request.method)
    if said is not None and said.public:
        return None
    who = visitor()
    if who is None:
        if is_api():
            raise NotSignedInError
        return _to_sign_in()
    if said is None or who.role not in said.roles or not _is_own(who, request.view_args or {}, said):
        raise NotFoundError(request.path)
    return None


def _is_own(who: Principal, named: Mapping[str, Any], said: Access) -> bool:
    """Whether the commune or insurer that the address names is the one who asks."""
    if who.role == "insurer":
        return bool(named.get("siren", who.code) == who.code)
    if who.role == "operator" or said.anywhere or "code" not in named:
        return True
    return named["code"] in who.communes if who.role == "grouping" else bool(named["code"] == who.code)


def _to_sign_in() -> ResponseReturnValue:
    asked_for = request.full_path.rstrip("?") if request.method in {"GET", "HEAD"} else None
    endpoint = current_app.config.get(SIGN_IN)
    if endpoint is None:
        raise NotSignedInError
    onward: dict[str, Any] = {NEXT: asked_for} if asked_for else {}
    return redirect(url_for(endpoint, **onward), 303)


def remember(response: Response, token: Token) -> None:
    """Sign a browser in: its cookie is out of reach of scripts and of other sites' forms."""
    response.set_cookie(
        SESSION_COOKIE,
        token.text,
        expires=token.expires_at,
        httponly=True,
        secure=request.is_secure,
        samesite="Lax",
    )


def forget(response: Response) -> None:
    """Sign a browser out; the session itself ends by `Identity.sign_out`."""
    response.delete_cookie(SESSION_COOKIE, httponly=True, secure=request.is_secure, samesite="Lax")


# Tenants and owners


def commune_named(code: str) -> Commune:
    """A commune that exists today. Raises CommuneMergedError for a former code, NotFoundError for none."""
    known = communes(parts(), [code]).get(code)
    if known is not None:
        return known
    with parts().databases.request.connection() as connection:
        found = resolve(connection, code)
        if found is None and in_force(connection) is None:
            raise DirectoryEmptyError
    if found is None:
        raise NotFoundError(code)
    if found.via is not None or found.commune.code != code:
        raise CommuneMergedError(code, found.commune)
    return found.commune


def tenant_of(code: str) -> Tenant:
    """The ledger of a commune, for whoever asks: a town has its own, a grouping its communes'. Raises NotFoundError."""
    who = principal()
    if (who.role == "town" and who.code != code) or (who.role == "grouping" and code not in who.communes):
        raise NotFoundError(code)
    return commune(commune_named(code).code)


def accord_of(code: str, siren: str) -> tuple[Tenant, Owner]:
    """The drawer of what binds a commune and an insurer, for either of them or an operator. Raises NotFoundError."""
    who = principal()
    if who.role == "insurer" and who.code != siren:
        raise NotFoundError(siren)
    return tenant_of(code), accord(siren)


def own_drawer() -> Owner:
    """The drawer that only the insurer who asks can open. Raises NotFoundError for anybody else."""
    return insurer(_own_siren())


def own_accord() -> Owner:
    """The drawer that the insurer who asks shares with each of its towns. Raises NotFoundError for anybody else."""
    return accord(_own_siren())


def own_place() -> tuple[Tenant, Owner]:
    """The tenant and drawer that are whoever asks': a town's, or an insurer's own. Raises NotFoundError."""
    who = principal()
    if who.role == "town":
        return commune(who.code), TOWN
    owner = own_drawer()
    return Tenant(owner), owner


def _own_siren() -> str:
    who = principal()
    if who.role != "insurer":
        raise NotFoundError(who.role)
    return who.code


# Audiences


def audience_of(who: Principal, views: Views) -> Audience:
    """In which tenants and drawers somebody reads. Raises as `scope_of`."""
    return scope_of(who, views).audience


def audience_here(views: Views) -> Audience:
    """What whoever asks reads on this route. Whoever only looks at a commune reads that of the address and no other.

    What a grouping reads of two communes at once, and an operator of all, is for routes that name none.
    """
    who, code = principal(), (request.view_args or {}).get("code")
    if code is None or who.role not in {"grouping", "operator"}:
        return audience_of(who, views)
    return oversight_of(commune(code), views)


def scope_of(who: Principal, views: Views) -> Scope:
    """The same, and whether it is complete: a town's drawers come from a view, and fail closed when it has stopped."""
    match who.role:
        case "insurer":
            return Scope(Audience("organisation", owners=[insurer(who.code), accord(who.code), PUBLIC]))
        case "operator":
            return Scope(Audience("operator"))
        case "town":
            return _places([commune(who.code)], [TOWN, PUBLIC], views)
        case "grouping":
            return _places([commune(code) for code in who.communes], [PUBLIC], views)


def public_facts(tenant: Tenant) -> Audience:
    """What anybody may read of a commune."""
    return Audience("place", tenants=[tenant], owners=[PUBLIC])


def oversight_of(tenant: Tenant, views: Views) -> Audience:
    """What is read by somebody who looks at one commune: what binds it and its insurers, and nothing of its own."""
    return _places([tenant], [PUBLIC], views).audience


def _places(tenants: Sequence[Tenant], own: Sequence[Owner], views: Views) -> Scope:
    """The drawers `own` of some communes, and what they share with each of their insurers."""
    narrow = Audience("place", tenants=tenants, owners=own)

    def drawers(reader: Reader) -> Iterable[str] | None:
        return None if reader.stopped("access") else access.accord_owners(reader, tenants)

    try:
        found = views.read(narrow, drawers)
    except ViewNotReadyError:
        found = None
    if found is None:
        return Scope(narrow, complete=False)
    return Scope(Audience("place", tenants=tenants, owners=[*own, *sorted(found)]))
