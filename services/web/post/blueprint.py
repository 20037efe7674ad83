"""Where the routes about mails are registered; those that a mail's own link opens need nobody signed in."""

from flask import Blueprint

blueprint = Blueprint("post", __name__)

open_blueprint = Blueprint("stop", __name__)
"""Its links prove themselves by their token: a mail program follows them without a form of ours."""
