"""The application over a test's database, and the cast signed in: each calls it as a program would.

Passwords are hashed cheaply here; what they cost in earnest is measured where they are tested.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal

import psycopg
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from infra.clock import FixedClock
from infra.identity import Identity, Passwords, Role, Token, add_account, add_organisation, set_communes
from services.app import create_app
from services.asking import SESSION_COOKIE
from services.wiring import Parts
from tests.support.cast import NOW, RIVAL_SIREN, SIREN, follow, parts_on
from tests.support.database import Database

CHEAP: Final = Passwords(time_cost=1, memory_kib=64, at_once=8)
PASSWORD: Final = "bataille de farine"

Who = Literal["insurer", "rival", "town", "other_town", "grouping", "grouping_elsewhere", "operator"]

CAST: Final[dict[Who, tuple[Role, str, str]]] = {
    "insurer": ("insurer", SIREN, "Mutuelle du Test"),
    "rival": ("insurer", RIVAL_SIREN, "Mutuelle Rivale"),
    "town": ("town", "38185", "Grenoble"),
    "other_town": ("town", "94016", "Cachan"),
    "grouping": ("grouping", "38", "Département du Test"),
    "grouping_elsewhere": ("grouping", "94", "Département d’ailleurs"),
    "operator": ("operator", "platform", "Beffroi"),
}
READ_BY: Final[dict[Who, list[str]]] = {"grouping": ["38185", "94016"], "grouping_elsewhere": ["94016"]}
"""The communes that each grouping reads."""

CONVENTIONS: Final = f"/v1/communes/38185/accords/{SIREN}/conventions"
MEMBERS: Final = "/v1/communes/38185/members"
DOCUMENTS: Final = f"/v1/communes/38185/accords/{SIREN}/documents"
PREPARED: Final = f"/v1/insurers/{SIREN}/prepared-grids"
OWN_DOCUMENTS: Final = f"/v1/insurers/{SIREN}/documents"
PDF: Final = b"%PDF-1.7\nDeliberation"


def email_of(who: Who) -> str:
    """The address that somebody of the cast signs in with."""
    return f"{who}@exemple.example"


def people(connection: psycopg.Connection[Any], passwords: Passwords = CHEAP) -> None:
    """Make the organisations and accounts of the cast, through the owner's connection."""
    for who, (kind, code, name) in CAST.items():
        organisation = add_organisation(connection, kind, code, name, fictitious=kind == "insurer")
        add_account(
            connection, organisation, email=email_of(who), name="Camille Martin", password=PASSWORD, now=NOW,
            passwords=passwords,
        )  # fmt: skip
        if kind == "grouping":
            set_communes(connection, organisation, READ_BY[who])


def communes(connection: psycopg.Connection[Any]) -> None:
    """Two communes, and a code that was one's."""
    rows = [
        ("38185", "Grenoble", "38", "Isère", 158_000, 1),
        ("94016", "Cachan", "94", "Val-de-Marne", 30_000, 2),
    ]
    for code, name, department, called, population, rank in rows:
        connection.execute(
            "insert into directory.commune values (%s, %s, %s, %s, '84', 'Région', null, null, null, %s, '{}', %s)",
            (code, name, department, called, population, rank),
        )
    connection.execute(
        "insert into directory.part values ('38001', 'Vieux', 'former', '38185', null, null, '{}')"
    )
    connection.execute(
        "insert into directory.vintage (package, version, year, digest, communes) values ('test', '1', 2026, '', 2)"
    )


@dataclass(frozen=True)
class Caller:
    """Somebody who calls the API with a bearer token, or the pages with a cookie."""

    client: FlaskClient
    token: Token | None

    def call(self, method: str, path: str, json: object = None, **headers: str) -> TestResponse:
        """Call the API; header names are written with underscores."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token is not None:
            sent["Authorization"] = f"Bearer {self.token.text}"
        body: dict[str, Any] = {} if json is None else {"json": json}
        return self.client.open(path, method=method, headers=sent, **body)

    def get(self, path: str, **headers: str) -> TestResponse:
        """GET."""
        return self.call("GET", path, **headers)

    def post(self, path: str, json: object = None, **headers: str) -> TestResponse:
        """POST."""
        return self.call("POST", path, json, **headers)

    def send(self, path: str, content: bytes, media_type: str, **headers: str) -> TestResponse:
        """POST bytes under their own type."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token is not None:
            sent["Authorization"] = f"Bearer {self.token.text}"
        return self.client.post(path, data=content, content_type=media_type, headers=sent)

    def page(self, method: str, path: str, **form: str) -> TestResponse:
        """Ask for a page as a browser does."""
        if self.token is None:
            self.client.delete_cookie(SESSION_COOKIE)
        else:
            self.client.set_cookie(SESSION_COOKIE, self.token.text)
        return self.client.open(path, method=method, data=form or None)


@dataclass(frozen=True)
class Served:
    """An application and its cast."""

    parts: Parts
    app: Flask
    clock: FixedClock

    def follow(self) -> None:
        """Let views and workers catch up."""
        follow(self.parts)

    def of(self, who: Who | None) -> Caller:
        """Somebody of the cast, signed in; None is a stranger to all."""
        token = self.parts.identity.sign_in(email_of(who), PASSWORD) if who else None
        return Caller(self.app.test_client(), token)

    @cached_property
    def insurer(self) -> Caller:
        """The insurer."""
        return self.of("insurer")

    @cached_property
    def rival(self) -> Caller:
        """Another insurer."""
        return self.of("rival")

    @cached_property
    def town(self) -> Caller:
        """The insurer's town."""
        return self.of("town")

    @cached_property
    def other_town(self) -> Caller:
        """Another town."""
        return self.of("other_town")

    @cached_property
    def grouping(self) -> Caller:
        """A grouping that reads both towns."""
        return self.of("grouping")

    @cached_property
    def grouping_elsewhere(self) -> Caller:
        """A grouping that reads the other town alone."""
        return self.of("grouping_elsewhere")

    @cached_property
    def operator(self) -> Caller:
        """The operator."""
        return self.of("operator")

    @cached_property
    def nobody(self) -> Caller:
        """Somebody who is not signed in."""
        return self.of(None)

    def walk(self) -> "Walked":
        """A convention declared and confirmed, two grids of which the second is too dear, a member, an office hour."""
        convention = _id(self.insurer.post(CONVENTIONS, declaration()))
        within = f"{CONVENTIONS}/{convention}"
        _id(self.town.post(f"{within}/confirmation"))
        _id(self.insurer.post(f"{within}/grids", grid("g1", "2024-10-01", "47.80")))
        _id(self.insurer.post(f"{within}/grids", grid("g2", "2026-10-01", "55.00")))
        member = _id(self.insurer.post(MEMBERS, joining(convention)))
        office_hour = _id(self.insurer.post(f"{within}/office-hours", planning()))
        document = _id(self.insurer.send(DOCUMENTS, PDF, "application/pdf"))
        _id(self.insurer.send(OWN_DOCUMENTS, PDF, "application/pdf"))
        _id(self.insurer.post(f"{within}/exemptions", asking("x1")))
        _id(self.insurer.call("PUT", f"{PREPARED}/p1", preparing(convention)))
        amendment = _id(self.insurer.post(f"{within}/amendments", amending()))
        self.follow()
        breaches = self.insurer.get(f"{within}/breaches").json
        assert breaches is not None
        return Walked(
            within,
            convention,
            member,
            office_hour,
            breaches["items"][0]["id"],
            document,
            *self._case(),
            amendment=amendment,
        )

    def _case(self) -> tuple[str, int, int]:
        """The case that the second grid opened, the entry that mails tell of, and that of the judgement."""
        with self.parts.databases.project.connection() as connection:
            row = connection.execute(
                "select stream, position from ledger.event where topic like 'case.opened.%'"
            ).fetchone()
            judged = connection.execute(
                "select max(position) from ledger.event where topic like 'tariff.judged.%'"
            ).fetchone()
        assert row is not None
        assert judged is not None
        return row[0].rpartition("/")[2], row[1], judged[0]


@dataclass(frozen=True)
class Walked:
    """What a walk left: ids, and the convention's address."""

    within: str
    convention: str
    member: str
    office_hour: str
    breach: str
    document: str
    case: str
    mail: int
    judgement: int
    amendment: str


@contextmanager
def served(database: Database) -> Iterator[Served]:
    """The application over a fresh database, with communes and accounts; views are there and empty."""
    clock = FixedClock(NOW)
    with parts_on(database, clock) as parts:
        vars(parts)["identity"] = Identity(parts.databases.request, parts.session_key, clock, CHEAP)
        with parts.owner_connection() as owner:
            people(owner)
            communes(owner)
        follow(parts)
        yield Served(parts, create_app(parts), clock)


def declaration(**other: Any) -> dict[str, Any]:
    """A convention with a cap of 3 % a civil year, as JSON."""
    clause = {"article": "Art. 5", "wording": "L’évolution annuelle ne peut excéder 3 %."}
    cap = {"id": "cap", **clause, "rule": "ANNUAL_CAP_FIXED", "params": {"max_rise_percent": "3"}}
    return {
        "signed_on": "2024-07-01",
        "starts_on": "2024-10-01",
        "ends_on": "2029-09-30",
        "fees": "12.50",
        "commitments": [cap],
        "office_hours": {"article": "Art. 7", "wording": "Deux permanences par mois.", "per_month": 2},
        **other,
    }


def amending() -> dict[str, Any]:
    """An amendment that waits for the town: no fees from 2027 on, as JSON."""
    terms = declaration(fees="0.00")
    return {
        "signed_on": "2026-03-01",
        "effective_on": "2027-01-01",
        "reason": "Frais supprimés",
        "terms": terms,
    }


def grid(identity: str, effective_on: str, monthly: str) -> dict[str, Any]:
    """A grid of one formula with one price for all ages, as JSON."""
    cell = {"formula": "N1", "age_from": 0, "age_to": None, "monthly": monthly}
    return {"id": identity, "effective_on": effective_on, "cells": [cell]}


def asking(identity: str) -> dict[str, Any]:
    """An exemption from the cap for years to come, as JSON."""
    return {
        "id": identity,
        "commitments": ["cap"],
        "kind": "TAX",
        "factor": ["1.1532", "1.1327"],
        "valid_from": "2028-01-01",
        "reason": "La taxe augmente.",
    }


def preparing(convention: str) -> dict[str, Any]:
    """A grid in preparation for the insurer's town, as JSON."""
    return {
        "name": "Hausse 2028",
        "effective_on": "2028-01-01",
        "cells": grid("", "", "48.00")["cells"],
        "towns": [{"commune": "38185", "convention": convention}],
    }


def referring() -> dict[str, Any]:
    """A reference grid, as JSON."""
    facts = {"id": "r9", "valid_from": "2024-10-01", "product": "Individuel", "source": "Tarif public"}
    return {**facts, "cells": grid("", "", "58.60")["cells"]}


def counting() -> dict[str, Any]:
    """A headcount, as JSON."""
    cell = {"formula": "N1", "age_from": 0, "age_to": None, "count": 260}
    return {"id": "h8", "taken_on": "2026-03-01", "cells": [cell]}


def publishing() -> dict[str, Any]:
    """The ceiling of social security for 2026, as JSON."""
    return {
        "index": "PMSS",
        "year": 2026,
        "value": "4005",
        "published_on": "2025-12-22",
        "source": "Arrêté du 22 décembre 2025",
    }


def joining(convention: str, **other: Any) -> dict[str, Any]:
    """Somebody joins, as JSON."""
    return {
        "convention": convention,
        "joined_on": "2026-04-01",
        "formula": "N1",
        "family_name": "Lefèvre-Hénaff",
        "given_name": "Œnone",
        "birth_date": "1954-05-02",
        "sex": "F",
        "email": "oenone@exemple.example",
        **other,
    }


def planning(on: str = "2026-03-12") -> dict[str, Any]:
    """A morning in the town hall, as JSON."""
    return {"on": on, "starts_at": "09:00", "ends_at": "12:00", "place": "Mairie"}


def _id(answer: TestResponse) -> str:
    assert answer.status_code in {200, 201}, answer.get_data(as_text=True)
    assert answer.json is not None
    return str(answer.json["id"])
