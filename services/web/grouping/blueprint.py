"""Where a grouping's routes are registered; its modules add theirs."""

from flask import Blueprint

blueprint = Blueprint("grouping", __name__, url_prefix="/groupement")
