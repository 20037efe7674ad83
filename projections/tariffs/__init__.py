"""Tariffs and what they are judged on: grids, exemptions, reference grids, indices, headcounts."""
