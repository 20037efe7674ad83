"""The eventsourcing library's own recorder cases pass on the ledger, on both versions of PostgreSQL.

Only the ids are ours: a stream's name says tenant and owner.
"""

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from eventsourcing.tests.persistence import (
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
)

from tests.support.database import Cluster, Database
from tests.support.ledgers import TestRecorder, new_stream, recorder_on


class OnFreshLedger:
    """Gives each case a recorder on a database of its own."""

    POSTGRESQL = 18
    database: Database
    recorders: list[TestRecorder]

    @pytest.fixture(autouse=True)
    def _fresh(self, clusters: Callable[[int], Cluster]) -> Iterator[None]:
        with clusters(self.POSTGRESQL).database() as made:
            self.database, self.recorders = made, []
            yield
            for recorder in self.recorders:
                recorder.writer.close()

    def create_recorder(self) -> TestRecorder:
        """A recorder on this case's database."""
        self.recorders.append(recorder_on(self.database))
        return self.recorders[-1]

    def new_originator_id(self) -> UUID | str:
        """A stream's name."""
        return new_stream()


class TestApplicationRecorder(OnFreshLedger, ApplicationRecorderTestCase[TestRecorder]):
    """Insert, select, notifications, concurrent writers, and subscriptions."""

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestApplicationRecorderOnPostgreSQL15(TestApplicationRecorder):
    """The same on the oldest version that is supported."""

    POSTGRESQL = 15


class TestNonInterleavingPositions(OnFreshLedger, NonInterleavingNotificationIDsBaseCase):
    """The events of a command are neighbours."""


class TestNonInterleavingPositionsOnPostgreSQL15(TestNonInterleavingPositions):
    """The same on the oldest version that is supported."""

    POSTGRESQL = 15
