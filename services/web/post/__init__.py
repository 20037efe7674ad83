"""Mails as pages: what somebody wants to receive, the link that ends a category, and the demo's mailbox."""

from services.web.post import mailbox, preferences, stop
from services.web.post.blueprint import blueprint, open_blueprint

__all__ = ["blueprint", "mailbox", "open_blueprint", "preferences", "stop"]
