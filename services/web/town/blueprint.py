"""Where the town's routes are registered; its modules add theirs."""

from flask import Blueprint

blueprint = Blueprint("town", __name__, url_prefix="/ville")
