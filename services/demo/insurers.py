"""The insurers of the demo: four that exist, as public sources name them, and two that are invented.

Their SIRENs are all invented, also those of real insurers: nothing here may be mistaken for a legal identity. They are
the first numbers whose check digit is right, far below the lowest of INSEE's register that we know of (000 199 968).
"""

from typing import Final

from services.demo.script import Insurer

ENTRENOUS: Final = Insurer(key="entrenous", name="Entrenous", siren="000000018", real=True)
ENTRAIN: Final = Insurer(key="entrain", name="Mutuelle Entrain", siren="000000026", real=True)
JUST: Final = Insurer(key="just", name="Just", siren="000000034", real=True)
MUTAME: Final = Insurer(key="mutame", name="Mutame & Plus", siren="000000042", real=True)
TROIS_RIVIERES: Final = Insurer(
    key="trois-rivieres", name="Mutuelle des Trois Rivières (fictive)", siren="000000059", real=False
)
CIMES: Final = Insurer(key="cimes", name="Solidarité des Cimes (fictive)", siren="000000067", real=False)

INSURERS: Final = (ENTRENOUS, ENTRAIN, JUST, MUTAME, TROIS_RIVIERES, CIMES)
