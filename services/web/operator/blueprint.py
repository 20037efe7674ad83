"""Where the operator's routes are registered; its modules add theirs."""

from flask import Blueprint

blueprint = Blueprint("operator", __name__, url_prefix="/exploitation")
