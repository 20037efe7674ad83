"""The outbox: mails that were decided, and who wants which."""

from infra.database.migrations import sql_beside

revision, down_revision = "0009", "0008"
upgrade = sql_beside(__file__)
