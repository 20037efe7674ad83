"""Tariffs: the grids of an insurer in a town, and whether they keep what its convention promised.

`assess` is the check itself; it depends on nothing but its scenario.
"""
