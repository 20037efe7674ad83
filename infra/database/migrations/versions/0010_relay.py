"""The relay to Kafka, and checkpoints of views by partition."""

from infra.database.migrations import sql_beside

revision, down_revision = "0010", "0009"
upgrade = sql_beside(__file__)
