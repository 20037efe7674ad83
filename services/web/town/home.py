"""The town's first page."""

from flask.typing import ResponseReturnValue

from services.access import allow
from services.web.sight import town_sight
from services.web.town.blueprint import blueprint
from services.web.town_pages import home_page


@blueprint.get("")
@allow("town")
def home() -> ResponseReturnValue:
    """One sentence that answers, a brick for each commitment, what waits, how many are helped."""
    return home_page(town_sight())
