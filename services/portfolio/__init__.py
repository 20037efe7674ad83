"""An invented portfolio on real communes: as many towns and members as asked for, through the real commands.

Everybody and every convention in it is fictitious and marked so; the same arguments always invent the same.
"""

from services.portfolio.places import PortfolioError
from services.portfolio.seeding import Portfolio, Seeded, seed

__all__ = ["Portfolio", "PortfolioError", "Seeded", "seed"]
