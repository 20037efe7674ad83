"""The town's pages: is every commitment kept, who is helped, what is charged; and recognising a convention."""

from services.web.town import alerts, confirming, home, members, office_hours, tariffs
from services.web.town.blueprint import blueprint

__all__ = ["alerts", "blueprint", "confirming", "home", "members", "office_hours", "tariffs"]
