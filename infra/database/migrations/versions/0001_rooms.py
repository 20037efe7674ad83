"""The schemas that the other revisions fill."""

from infra.database.migrations import sql_beside

revision, down_revision = "0001", None
upgrade = sql_beside(__file__)
