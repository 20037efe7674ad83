"""The ledger: events, claims, snapshots, documents, and the functions that alone may touch them."""

from infra.database.migrations import sql_beside

revision, down_revision = "0002", "0001"
upgrade = sql_beside(__file__)
