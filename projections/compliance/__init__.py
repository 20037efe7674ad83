"""Tariffs and the commitments they break."""
