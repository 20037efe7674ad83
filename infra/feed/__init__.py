"""The feed: all events in commit order, without gaps, from the store itself.

Whoever follows it keeps a checkpoint and asks for what comes after.
"""

from infra.feed.partitions import PARTITIONS, partition_of
from infra.feed.store import FeedPage, FeedRow, StoreFeed

__all__ = ["PARTITIONS", "FeedPage", "FeedRow", "StoreFeed", "partition_of"]
