"""A broken commitment as the town reads it: what was promised, what happened, and the evidence."""

from flask.typing import ResponseReturnValue

from services.access import allow
from services.web.alerts import alert as alert_of
from services.web.desk import Desk
from services.web.render import page
from services.web.town.blueprint import blueprint
from services.web.town.home import town_of


@blueprint.get("/alertes/<key:breach>")
@allow("town")
def alert(breach: str) -> ResponseReturnValue:
    """One breach, with every cell of the same commitment and grid."""
    desk = Desk()
    town = town_of(desk)
    return page(
        "town/alert.jinja", alert=alert_of(town.partners, town.breaches, breach, desk.today), read=desk.seal
    )
