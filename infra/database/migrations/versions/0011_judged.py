"""Readers of tariffs see how far the judge is."""

from infra.database.migrations import sql_beside

revision, down_revision = "0011", "0010"
upgrade = sql_beside(__file__)
