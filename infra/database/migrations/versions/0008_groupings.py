"""Groupings: organisations that read what several communes read."""

from infra.database.migrations import sql_beside

revision, down_revision = "0008", "0007"
upgrade = sql_beside(__file__)
