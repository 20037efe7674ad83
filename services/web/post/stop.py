"""The link in each mail that ends its category: one reads what it does, one more press does it (RFC 8058)."""

from flask.typing import ResponseReturnValue

from services.access import allow
from services.asking import parts
from services.commands.perform import NotFoundError
from services.mail.notices import CATEGORIES, Category
from services.web.post.blueprint import open_blueprint
from services.web.render import page


@open_blueprint.get("/desabonnement/<token>")
@allow(public=True)
def stop(token: str) -> ResponseReturnValue:
    """What the link would end. Looking changes nothing: programs that scan mails follow every link."""
    account, category = _named(token)
    wanted = parts().mailbox.preferences(account)[category]
    return _page(category, token, wanted=wanted)


@open_blueprint.post("/desabonnement/<token>")
@allow(public=True)
def stop_sent(token: str) -> ResponseReturnValue:
    """End it."""
    account, category = _named(token)
    parts().mailbox.prefer(account, {category: False})
    return _page(category, token, wanted=False)


def _named(token: str) -> tuple[str, Category]:
    found = parts().unsubscribing.read(token)
    if found is None:
        raise NotFoundError(token)
    return found


def _page(category: Category, token: str, *, wanted: bool) -> ResponseReturnValue:
    name, about = CATEGORIES[category]
    return page("post/stop.jinja", name=name, about=about, token=token, wanted=wanted)
