"""Where the insurer's routes are registered; its modules add theirs."""

from flask import Blueprint

blueprint = Blueprint("insurer", __name__)
