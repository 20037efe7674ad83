"""Sessions of programs, and who is signed in."""

from typing import Any

from flask.views import MethodView

from infra.identity import Principal, Token
from services.access import allow
from services.api.blueprint import Resources
from services.asking import API, parts, principal, token
from services.schemas.sessions import MeAnswer, SessionAnswer, SignInGiven

blueprint = Resources("sessions", __name__, prefix=API, about="Signing in and out")


@blueprint.route("/sessions")
class Sessions(MethodView):
    """Sessions."""

    @allow(public=True)
    @blueprint.arguments(SignInGiven)
    @blueprint.response(201, SessionAnswer)
    def post(self, given: dict[str, Any]) -> Token:
        """Sign in with an e-mail address and a password

        After eight failures in a quarter of an hour an address has to wait.
        """
        return parts().identity.sign_in(given["email"], given["password"])


@blueprint.route("/sessions/current")
class CurrentSession(MethodView):
    """The session that the request's token names."""

    @allow("insurer", "town", "grouping", "operator")
    @blueprint.response(204)
    def delete(self) -> None:
        """Sign out: the token stands for nobody from now on"""
        parts().identity.sign_out(token() or "")


@blueprint.route("/me")
class Me(MethodView):
    """Who asks."""

    @allow("insurer", "town", "grouping", "operator")
    @blueprint.response(200, MeAnswer)
    def get(self) -> Principal:
        """Who is signed in, and for whom"""
        return principal()
