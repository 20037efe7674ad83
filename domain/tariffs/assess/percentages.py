"""A reader of the percentages by which a price is lowered.

More than the whole price cannot be taken off.
"""

from fractions import Fraction

from domain.tariffs.assess.reading import ScenarioError, decimal, describe
from domain.tariffs.assess.shapes import shaped


@shaped(
    {
        "type": "string",
        "pattern": r"^(-?0|[1-9][0-9]?|100(?=$|\.0+$))(\.[0-9]{1,12})?$",
        "description": "A percentage from 0 to 100.",
        "examples": ["15"],
    },
    "discount",
)
def discount(value: object) -> Fraction:
    """A percentage from 0 to 100."""
    percent = decimal(value)
    if not 0 <= percent <= 100:
        raise ScenarioError("", 'a percentage from "0" to "100"', describe(value))
    return percent
