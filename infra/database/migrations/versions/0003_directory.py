"""The directory of communes."""

from infra.database.migrations import sql_beside

revision, down_revision = "0003", "0002"
upgrade = sql_beside(__file__)
