"""The demo's mailbox: the mails of whoever is signed in, as they would be read. Elsewhere it is not there."""

from typing import Final

from flask import Response
from flask.typing import ResponseReturnValue

from services.access import allow
from services.asking import parts, principal
from services.commands.perform import NotFoundError
from services.mail.notices import CATEGORIES, KINDS
from services.mail.outbox import Mail
from services.web.post.blueprint import blueprint
from services.web.render import page

_AS_MAIL: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
"""A mail carries its style with each element, as mail programs want it; nothing else may be loaded or run."""


@blueprint.get("/courrier")
@allow("insurer", "town", "operator")
def mailbox() -> ResponseReturnValue:
    """The newest first."""
    _demand_demo()
    mails = parts().mailbox.mails(principal().account)
    categories = {kind: CATEGORIES[category][0] for kind, category in KINDS.items()}
    return page(
        "post/mailbox.jinja", mails=mails, categories=categories, sends=parts().settings.smtp is not None
    )


@blueprint.get("/courrier/<int:position>")
@allow("insurer", "town", "operator")
def mail(position: int) -> ResponseReturnValue:
    """One mail as a mail program shows it."""
    found = _mail(position)
    answer = Response(found.html, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = _AS_MAIL
    return answer


@blueprint.get("/courrier/<int:position>.eml")
@allow("insurer", "town", "operator")
def raw(position: int) -> ResponseReturnValue:
    """One mail as it travels."""
    message = parts().envelope.message(_mail(position))
    answer = Response(message.as_bytes(), mimetype="message/rfc822")
    answer.headers.set("Content-Disposition", "attachment", filename=f"beffroi-{position}.eml")
    return answer


def _demand_demo() -> None:
    if not parts().settings.demo:
        raise NotFoundError("mailbox")


def _mail(position: int) -> Mail:
    _demand_demo()
    found = parts().mailbox.mail(principal().account, position)
    if found is None:
        raise NotFoundError(str(position))
    return found
