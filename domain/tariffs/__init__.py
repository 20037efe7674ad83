"""Tariffs: the grids of an insurer in a town, and whether they keep what its convention promised.

| command | event | refusal |
|---|---|---|
| notify | grid.notified | convention-not-confirmed, cell-wrong, grid-empty, out-of-range, cells-overlap |
| | | notified-later, grid-known |
| detect | breach.detected | |

`assess` is the check itself; it depends on nothing but its scenario.
"""
