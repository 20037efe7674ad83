"""Views: their builds and checkpoints."""

from infra.database.migrations import sql_beside

revision, down_revision = "0005", "0004"
upgrade = sql_beside(__file__)
