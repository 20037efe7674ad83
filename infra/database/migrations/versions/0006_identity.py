"""Identity: organisations, accounts, sessions and attempts to sign in."""

from infra.database.migrations import sql_beside

revision, down_revision = "0006", "0005"
upgrade = sql_beside(__file__)
