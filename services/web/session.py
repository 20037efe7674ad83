"""Signing in and out, and the way home: the pages that need nobody signed in."""

from urllib.parse import urlsplit

from flask import Blueprint, make_response, redirect, request, url_for
from flask import session as browser
from flask.typing import ResponseReturnValue

from infra.identity import SignInBusy, SignInRefused, SignInThrottled
from services.access import NEXT, allow, forget, remember
from services.asking import parts, token, visitor
from services.web.forms import Form
from services.web.render import home_of, page
from services.web.typography import count

blueprint = Blueprint("session", __name__)


@blueprint.get("/")
@allow(public=True)
def home() -> ResponseReturnValue:
    """The page where somebody in this role begins."""
    who = visitor()
    return redirect(home_of(who.role) if who else url_for("session.sign_in"), 303)


@blueprint.get("/connexion")
@allow(public=True)
def sign_in() -> ResponseReturnValue:
    """The form; whoever is signed in already goes on."""
    who = visitor()
    if who is not None:
        return redirect(_inside(request.args.get(NEXT)) or home_of(who.role), 303)
    return _form(Form(typed={NEXT: request.args.get(NEXT, "")}), 200)


@blueprint.post("/connexion")
@allow(public=True)
def sign_in_sent() -> ResponseReturnValue:
    """Sign in, or say what to do."""
    form = Form.sent(request.form)
    email, password = form.value("email").strip(), request.form.get("password", "")
    if not email:
        form.errors["email"] = "Écrivez votre adresse électronique."
    if not password:
        form.errors["password"] = "Écrivez votre mot de passe."  # noqa: S105 (a sentence)
    if form.refused:
        return _form(form, 422)
    try:
        signed = parts().identity.sign_in(email, password)
    except SignInRefused:
        form.errors["email"] = (
            "L’adresse et le mot de passe ne vont pas ensemble. Vérifiez les deux, puis réessayez."
        )
        return _form(form, 422)
    except SignInThrottled as wait:
        minutes = -(-wait.seconds // 60)
        form.general.append(f"Trop d’essais pour cette adresse. Réessayez dans {count(minutes, 'minute')}.")
        return _form(form, 429)
    except SignInBusy:
        form.general.append(
            "Beaucoup de personnes se connectent en ce moment. Réessayez dans quelques secondes."
        )
        return _form(form, 503)
    browser.clear()  # what a stranger put into this browser ends here
    answer = make_response(redirect(_inside(form.value(NEXT)) or home_of(signed.principal.role), 303))
    remember(answer, signed)
    return answer


@blueprint.post("/deconnexion")
@allow("insurer", "town", "grouping", "operator")
def sign_out() -> ResponseReturnValue:
    """End the session everywhere it is known."""
    text = token()
    if text:
        parts().identity.sign_out(text)
    browser.clear()
    answer = make_response(redirect(url_for("session.sign_in"), 303))
    forget(answer)
    return answer


def _form(form: Form, status: int) -> ResponseReturnValue:
    accounts = []
    if parts().settings.demo:
        from services.demo import DEMO_ACCOUNTS, DEMO_PASSWORD  # noqa: PLC0415 (an installation without demo has no use for it)

        accounts = [(account, DEMO_PASSWORD) for account in DEMO_ACCOUNTS]
    return page(
        "sign_in.jinja",
        status=status,
        errors=form.refused,
        density="regular",
        form=form,
        accounts=accounts,
        next=NEXT,
    )


def _inside(target: str | None) -> str | None:
    """A path of ours to go on to; None for anything that could lead elsewhere."""
    if not target or not target.startswith("/") or target.startswith("//"):
        return None
    if "\\" in target or not target.isprintable():  # a control character has no place in a header
        return None
    parsed = urlsplit(target)
    return None if parsed.scheme or parsed.netloc or parsed.path == "/connexion" else target
