"""The application with its cast, fresh for each test."""

from collections.abc import Iterator

import pytest

from tests.support.api import Served, served
from tests.support.database import Database


@pytest.fixture
def here(database: Database) -> Iterator[Served]:
    with served(database) as application:
        yield application
