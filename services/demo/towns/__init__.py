"""The towns of the demo. Each file says which of its facts were published, and where; all the rest is invented.

Every convention is marked fictitious: its dates, clauses, prices, members and office hours are nobody's promises.
"""

from typing import Final

from services.demo.towns.besancon import BESANCON
from services.demo.towns.cachan import CACHAN
from services.demo.towns.caen import CAEN
from services.demo.towns.cher import MEHUN, VIERZON
from services.demo.towns.grenoble import GRENOBLE
from services.demo.towns.haute_marne import CHAUMONT, SAINT_DIZIER

TOWNS: Final = (GRENOBLE, CACHAN, CHAUMONT, SAINT_DIZIER, CAEN, BESANCON, VIERZON, MEHUN)
