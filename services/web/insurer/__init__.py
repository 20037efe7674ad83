"""The insurer's pages: its communes, what binds it to each, its members, its grids and its office hours."""

from services.web.insurer import conventions, joining, members, office_hours, portfolio, tariffs, town
from services.web.insurer.blueprint import blueprint

__all__ = ["blueprint", "conventions", "joining", "members", "office_hours", "portfolio", "tariffs", "town"]
