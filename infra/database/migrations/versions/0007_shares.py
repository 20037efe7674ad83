"""Rebuilds by several processes: how far each has come."""

from infra.database.migrations import sql_beside

revision, down_revision = "0007", "0006"
upgrade = sql_beside(__file__)
