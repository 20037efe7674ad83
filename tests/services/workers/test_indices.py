"""The worker of indices: each accord that follows an index is given every publication once, whatever came first."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from domain.tariffs.applied_index import AppliedIndex
from domain.tenancy import PLATFORM, Owner, stream
from services.commands import indices, partnerships
from services.commands.indices import PublishIndex
from services.wiring import Parts
from tests.support import cast
from tests.support.cast import ACCORD, CACHAN, GRENOBLE, RIVAL_ACCORD, ask
from tests.support.database import Database
from tests.support.worlds_tariffs import FOLLOWED


@pytest.fixture
def parts(database: Database) -> Iterator[Parts]:
    with cast.parts_on(database) as made:
        yield made


def publish(parts: Parts, value: str, published_on: date, index: Any = "IPC_HT_AVG") -> None:
    """The operator publishes."""
    command = PublishIndex(index=index, year=2025, value=value, published_on=published_on, source="Insee")
    indices.publish_index(parts.ledger, PLATFORM, Owner(PLATFORM), command, ask())


def declare(parts: Parts, tenant: Any, owner: Owner, *, follows: bool = True) -> None:
    """A convention that follows inflation, or does not."""
    commitments = (FOLLOWED,) if follows else (cast.CAP,)
    partnerships.declare(parts.ledger, tenant, owner, cast.declaration(commitments=commitments), ask())


def confirm(parts: Parts, tenant: Any, owner: Owner) -> None:
    """The town recognises it."""
    partnerships.confirm(parts.ledger, tenant, owner, cast.confirmation(), ask())


def step(parts: Parts) -> None:
    """Let the worker catch up."""
    with parts.databases.project.connection() as connection:
        while parts.indices.step(connection):
            pass


def given(parts: Parts, tenant: Any, owner: Owner, index: str = "IPC_HT_AVG") -> list[str]:
    """The values that an accord was given."""
    found = parts.ledger.find(AppliedIndex, stream(tenant, owner, AppliedIndex.kind, index))
    return [value.value for value in found.values] if found else []


def test_what_was_published_before_the_confirmation_comes_with_it_and_the_rest_after(parts: Parts) -> None:
    publish(parts, "0.9", date(2026, 1, 15))
    publish(parts, "4005", date(2025, 12, 22), "PMSS")
    declare(parts, GRENOBLE, ACCORD)
    step(parts)
    assert given(parts, GRENOBLE, ACCORD) == []
    confirm(parts, GRENOBLE, ACCORD)
    step(parts)
    assert given(parts, GRENOBLE, ACCORD) == ["0.9"]
    publish(parts, "1.0", date(2026, 2, 15))
    step(parts)
    assert given(parts, GRENOBLE, ACCORD) == ["0.9", "1.0"]
    assert given(parts, GRENOBLE, ACCORD, "PMSS") == []


def test_an_accord_that_does_not_follow_the_index_is_given_nothing(parts: Parts) -> None:
    for tenant, owner, follows in (
        (GRENOBLE, ACCORD, True),
        (GRENOBLE, RIVAL_ACCORD, False),
        (CACHAN, ACCORD, True),
    ):
        declare(parts, tenant, owner, follows=follows)
        confirm(parts, tenant, owner)
    publish(parts, "0.9", date(2026, 1, 15))
    step(parts)
    assert given(parts, GRENOBLE, ACCORD) == given(parts, CACHAN, ACCORD) == ["0.9"]
    assert given(parts, GRENOBLE, RIVAL_ACCORD) == []


def test_an_amendment_that_follows_an_index_fetches_what_is_known(parts: Parts) -> None:
    declare(parts, GRENOBLE, ACCORD, follows=False)
    confirm(parts, GRENOBLE, ACCORD)
    publish(parts, "0.9", date(2026, 1, 15))
    step(parts)
    amendment = partnerships.DeclareAmendment(
        convention="c1",
        id="a1",
        signed_on=date(2026, 3, 1),
        effective_on=date(2027, 1, 1),
        reason="Indexation",
        terms=partnerships.terms_of(cast.declaration(commitments=(FOLLOWED,))),
    )
    partnerships.declare_amendment(parts.ledger, GRENOBLE, ACCORD, amendment, ask())
    agreed = partnerships.ConfirmAmendment(convention="c1", id="a1", by="town")
    partnerships.confirm_amendment(parts.ledger, GRENOBLE, ACCORD, agreed, ask())
    step(parts)
    assert given(parts, GRENOBLE, ACCORD) == ["0.9"]


def test_after_a_crash_nothing_is_given_twice(parts: Parts) -> None:
    declare(parts, GRENOBLE, ACCORD)
    confirm(parts, GRENOBLE, ACCORD)
    publish(parts, "0.9", date(2026, 1, 15))
    step(parts)
    with parts.databases.project.connection() as connection:
        connection.execute("update projection.follower set position = 0 where name = 'indices'")
        before = parts.feed.head(connection)
    step(parts)
    with parts.databases.project.connection() as connection:
        assert parts.feed.head(connection) == before
    assert given(parts, GRENOBLE, ACCORD) == ["0.9"]
