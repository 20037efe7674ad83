"""The pages of a grouping of towns: its communes and where their commitments stand, and each of them to look at."""

from services.web.grouping import communes, towns
from services.web.grouping.blueprint import blueprint

__all__ = ["blueprint", "communes", "towns"]
