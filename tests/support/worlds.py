"""A small world for views: everything that can happen, in two towns and with two insurers."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec
import psycopg
from psycopg import sql

from domain.tenancy import PUBLIC, Owner, Tenant
from infra.feed import FeedRow
from infra.ledger import Ledger
from projections.engine import builds
from projections.engine.builds import Build
from projections.engine.view import View
from services.commands import communes, documents, membership, office_hours, partnerships, tariffs
from services.wiring import Parts
from services.workers.projection import Projection
from tests.support import cast, worlds_tariffs
from tests.support.cast import ACCORD, CACHAN, GRENOBLE, INSURER, RIVAL, RIVAL_ACCORD, ask

DRAWERS = ((GRENOBLE, INSURER, ACCORD), (GRENOBLE, RIVAL, RIVAL_ACCORD), (CACHAN, INSURER, ACCORD))


def fill(parts: Parts) -> None:
    """Record everything that views know, interleaved between drawers; then let the workers follow."""
    ledger = parts.ledger
    for tenant, _, binding in DRAWERS:
        partnerships.declare(ledger, tenant, binding, cast.declaration(), ask())
    for tenant, _, binding in DRAWERS:
        partnerships.confirm(ledger, tenant, binding, cast.confirmation(), ask(now=cast.LONG_AGO))
        tariffs.notify(ledger, tenant, binding, cast.grid(), ask())
        cite = communes.CiteFigure(
            id=f"f-{binding[-3:]}", about="members", statement="plus de 400", source="La ville"
        )
        communes.cite(ledger, tenant, PUBLIC, cite, ask())
    for number in range(13):
        for tenant, owner, _ in DRAWERS:
            joined = date(2026, 1, 1 + number)
            command = cast.member(
                f"m{number}", joined_on=joined, number=f"{number:04d}", given_name=f"Prénom{number}"
            )
            membership.join(ledger, tenant, owner, command, ask())
    for tenant, owner, binding in DRAWERS:
        leaving = membership.LeaveMember(id="m3", left_on=date(2026, 2, 10), reason="moved")
        membership.leave(ledger, tenant, owner, leaving, ask())
        for identity, on in (("held", 9), ("cancelled", 10), ("silent", 11), ("later", 30)):
            office_hours.plan(ledger, tenant, binding, cast.office_hour(identity, date(2026, 3, on)), ask())
        held = office_hours.HoldOfficeHour(id="held", visitors=9, by_appointment=4)
        office_hours.hold(ledger, tenant, binding, held, ask())
        gone = office_hours.CancelOfficeHour(id="cancelled", reason="adviser_absent")
        office_hours.cancel(ledger, tenant, binding, gone, ask())
        rise = cast.grid("g2", old="60.00", effective_on=date(2026, 5, 1))
        tariffs.notify(ledger, tenant, binding, rise, ask())
        _partnership(ledger, tenant, binding)
        worlds_tariffs.fill(ledger, tenant, owner, binding)
    worlds_tariffs.fill_platform(ledger)
    cast.follow(parts)


def _partnership(ledger: Ledger, tenant: Tenant, binding: Owner) -> None:
    """What a convention may go through besides: one refused and corrected, one amended, under notice, and over."""
    other = cast.declaration(
        "c2",
        starts_on=date(2025, 1, 1),
        ends_on=date(2025, 12, 31),
        commitments=(cast.CAP, worlds_tariffs.FOLLOWED),
    )
    terms = partnerships.terms_of(other)
    partnerships.declare(ledger, tenant, binding, other, ask())
    refusal = partnerships.RefuseConvention(id="c2", reason="Les frais sont faux.")
    partnerships.decline(ledger, tenant, binding, refusal, ask())
    correction = partnerships.CorrectDeclaration(
        id="c2", reason="Frais corrigés", terms=msgspec.structs.replace(terms, fees=500)
    )
    partnerships.correct_declaration(ledger, tenant, binding, correction, ask())
    partnerships.confirm(ledger, tenant, binding, cast.confirmation("c2"), ask())
    for number, decide in (("a1", partnerships.confirm_amendment), ("a2", None)):
        amendment = partnerships.DeclareAmendment(
            convention="c1",
            id=number,
            signed_on=date(2026, 3, 1),
            effective_on=date(2027, 1, 1),
            reason="Prolongation",
            terms=msgspec.structs.replace(
                partnerships.terms_of(cast.declaration()), ends_on=date(2030, 9, 30)
            ),
        )
        partnerships.declare_amendment(ledger, tenant, binding, amendment, ask())
        if decide is not None:
            agreed = partnerships.ConfirmAmendment(convention="c1", id=number, by="town")
            decide(ledger, tenant, binding, agreed, ask())
    refused = partnerships.RefuseAmendment(convention="c1", id="a2", reason="Non votée")
    partnerships.refuse_amendment(ledger, tenant, binding, refused, ask())
    notice = partnerships.GiveNotice(id="c1", by="town", reason="DISSATISFACTION")
    partnerships.give_notice(ledger, tenant, binding, notice, ask())
    back = partnerships.WithdrawNotice(id="c1", by="town", reason="Accord trouvé")
    partnerships.withdraw_notice(ledger, tenant, binding, back, ask())
    text = documents.FileDocument(name="vote.txt", media_type="text/plain", content=tenant.encode())
    documents.file(ledger, tenant, binding, text, ask())


def feed_rows(parts: Parts, view: View) -> list[FeedRow]:
    """Every event that a view handles."""
    with parts.databases.project.connection() as connection:
        return parts.feed.read(connection, 0, view.topics, 100_000).rows


def build_from(parts: Parts, view: View, batches: Sequence[Sequence[FeedRow]]) -> Build:
    """A build of a view filled with these batches of events, one transaction each."""
    with parts.databases.project.connection() as connection:
        with connection.transaction():
            build = builds.begin(connection, view)
        projection = Projection(view, build, parts.feed, parts.opener)
        for batch in batches:
            if batch:
                upto = max(projection.build.position, *(row.position for row in batch))
                projection.write(connection, projection.prepare(connection, batch), upto + 1)
        return projection.build


def rows_of(connection: psycopg.Connection[Any], view: View, schema: str) -> dict[str, list[str]]:
    """All rows of a build, as text, in order."""
    found = {}
    for table in view.tables:
        query = sql.SQL("select to_jsonb(t)::text from {} t order by 1").format(
            sql.Identifier(schema, table.name)
        )
        found[table.name] = [row[0] for row in connection.execute(query)]
    return found


def rows_of_build(parts: Parts, view: View, build: Build) -> dict[str, list[str]]:
    """All rows of a build."""
    with parts.databases.project.connection() as connection:
        return rows_of(connection, view, build.schema)


def rows_of_active(parts: Parts, view: View) -> dict[str, list[str]]:
    """All rows of the active build."""
    with parts.databases.project.connection() as connection:
        active = builds.find(connection, view.name, "active")
        assert active is not None
        return rows_of(connection, view, active.schema)
