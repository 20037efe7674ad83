"""The vault: the wrapped key of each person."""

from infra.database.migrations import sql_beside

revision, down_revision = "0004", "0003"
upgrade = sql_beside(__file__)
