"""Which mails somebody wants: a box for each category."""

from flask import request, url_for
from flask.typing import ResponseReturnValue

from services.access import allow
from services.asking import parts, principal
from services.mail.notices import CATEGORIES
from services.web.forms import Form
from services.web.post.blueprint import blueprint
from services.web.render import page


@blueprint.get("/preferences")
@allow("insurer", "town", "operator")
def preferences() -> ResponseReturnValue:
    """What is chosen now."""
    return _page(saved=False)


@blueprint.post("/preferences")
@allow("insurer", "town", "operator")
def preferences_sent() -> ResponseReturnValue:
    """Choose. A box that is not ticked is not sent: its category is no longer wanted."""
    wanted = {category: category in request.form for category in CATEGORIES}
    parts().mailbox.prefer(principal().account, wanted)
    return _page(saved=True)


def _page(*, saved: bool) -> ResponseReturnValue:
    who = principal()
    wanted = parts().mailbox.preferences(who.account)
    form = Form(typed={category: "1" for category, choice in wanted.items() if choice})
    return page(
        "post/preferences.jinja",
        form=form,
        saved=saved,
        categories=CATEGORIES,
        email=who.email,
        silent=not any(wanted.values()),
        mailbox=url_for(".mailbox") if parts().settings.demo else None,
    )
