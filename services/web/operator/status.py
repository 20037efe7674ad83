"""How the system stands: views and workers, how far behind, what stopped them."""

from flask.typing import ResponseReturnValue

from services.access import allow
from services.asking import parts
from services.mail import outbox
from services.status import status as read_status
from services.web.desk import Desk
from services.web.operator.blueprint import blueprint
from services.web.render import page
from services.web.typography import in_words, plural


@blueprint.get("/etat")
@allow("operator")
def status() -> ResponseReturnValue:
    """The status page."""
    desk = Desk()
    with parts().databases.project.connection() as connection:
        found = read_status(connection)
        mails = outbox.counts(connection)
    desk.read(lambda _: None)
    stopped = [view for view in found.views if view.state == "active" and not view.healthy]
    sends = parts().settings.smtp is not None
    waiting = [follower for follower in found.followers if follower.error]
    wrong = len(stopped) + len(waiting) + found.unrelayed
    if wrong:
        title = f"{in_words(wrong).capitalize()} {plural(wrong, 'élément à examiner', 'éléments à examiner')}"
    elif not found.healthy:
        title = "Une vue manque"
    else:
        title = "Tout suit"
    return page("operator/status.jinja", found=found, mails=mails, sends=sends, title=title, read=desk.seal)
