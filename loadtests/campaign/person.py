"""Whoever is signed in during a campaign: takes visits as they are due, and notes what became of each request.

A person signs in once, fetches style and script once, and then only what is asked; a program holds a token.
"""

import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Final

import gevent  # type: ignore[import-untyped]
from gevent.lock import BoundedSemaphore  # type: ignore[import-untyped]
from locust import FastHttpUser, constant, events, task

from loadtests.campaign.conductor import Conductor
from loadtests.campaign.markers import foreign
from loadtests.campaign.mix import Audience, Slot
from loadtests.campaign.plan import VARIABLE, read_plan

PLAN: Final = read_plan(Path(os.environ[VARIABLE]))
CONDUCTOR: Final = Conductor(PLAN)
TIMEOUT: Final = 20.0

_CSRF: Final = re.compile(rb'name="csrf_token"[^>]*value="([^"]+)"')
_ASSET: Final = re.compile(rb'(?:href|src)="(/assets/[^"]+)"')
_DOOR: Final = BoundedSemaphore(2)
"""Few sign in at once: the server lets only so many passwords be checked."""


@events.test_start.add_listener  # type: ignore[untyped-decorator] # the library is annotated in part
def _begin(environment: Any, **_: Any) -> None:
    gevent.spawn(CONDUCTOR.run, environment)


class Person(FastHttpUser):
    """Somebody of an audience, signed in once; takes visits as they are due."""

    abstract = True
    wait_time = constant(0)
    network_timeout = connection_timeout = TIMEOUT
    audience: ClassVar[Audience]
    siren: str | None = None
    code: str | None = None
    numbers: ClassVar[Iterator[int]]

    def on_start(self) -> None:
        """Sign in, and say so."""
        # Redirects are answers here; cookies are sent as they were given once.
        self.client.client.redirect_response_codes = frozenset()  # type: ignore[misc] # it is the library's own way
        try:
            with _DOOR:
                self.take_place(next(self.numbers))
        except BaseException as error:
            CONDUCTOR.fail(self.environment, f"{type(self).__name__} cannot sign in: {error!r}")
            raise
        CONDUCTOR.arrived()

    def take_place(self, number: int) -> None:
        """Become the n-th of the audience: choose the organisation and sign in."""
        raise NotImplementedError

    @task
    def serve(self) -> None:
        """Take the next visit when it is due, and carry it out."""
        slot = CONDUCTOR.take(self.audience)
        try:
            self.visit(slot, CONDUCTOR.at(slot))
        finally:
            CONDUCTOR.over()

    def visit(self, slot: Slot, due: float) -> None:
        """Carry a visit out: the method that is called as its last word."""
        getattr(self, slot.visit.partition("/")[2].replace(" ", "_"))(due)

    def ask(
        self,
        name: str,
        due: float,
        method: str,
        path: str,
        headers: dict[str, str],
        payload: str | None = None,
    ) -> tuple[bytes, float] | None:
        """Send a request that was due at a time; its answer's body and when it came, or None when it failed."""
        sent = time.perf_counter()
        with self.client.request(
            method, path, name=name, data=payload, headers=headers, catch_response=True
        ) as answer:
            done = time.perf_counter()
            answer.request_meta["response_time"] = (done - due) * 1000
            body = answer.content or b""
            status = answer.status_code
            fault = None if 200 <= status < 300 else f"{status} {body[:300]!r}" if status else "no answer"
            seen = foreign(body, siren=self.siren, code=self.code)
            if seen:
                CONDUCTOR.journal.foreign.append(f"{name} of {self.siren or self.code}: {seen[:3]}")
                fault = "foreign marks"
            if fault is not None:
                answer.failure(fault)
        CONDUCTOR.note(name, due, sent, done, status, fault)
        return (body, done) if fault is None else None

    def sign_in_here(self, email: str) -> str:
        """Sign in as a program does; the account's id. Sets the headers of later requests."""
        given = self.client.request(
            "POST", "/v1/sessions", name="sign in", json={"email": email, "password": PLAN.password}
        )
        answer = json.loads(given.content)
        self.token = {"Authorization": f"Bearer {answer['token']}", "Accept": "application/json"}
        return str(answer["me"]["account"])

    def sign_in_as_person(self, email: str) -> bytes:
        """Sign in by the form and read the first page with its style and script; the first page."""
        form = self.client.request("GET", "/connexion", name="sign in")
        token = _CSRF.search(form.content)
        if token is None:
            msg = "the form of the sign-in page has no token"
            raise RuntimeError(msg)
        sent = {"email": email, "password": PLAN.password, "csrf_token": token[1].decode()}
        self.client.request("POST", "/connexion", name="sign in", data=sent)
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.client.cookiejar)
        if "beffroi_session=" not in cookies:
            msg = f"{email} may not sign in"
            raise RuntimeError(msg)
        self.cookie = {"Cookie": cookies}
        self.client.client.cookiejar = None
        home = "/ville" if self.code else "/communes"
        first = self.client.request("GET", home, name="sign in", headers=self.cookie)
        for asset in dict.fromkeys(_ASSET.findall(first.content)):  # kept for good: never fetched again
            self.client.request("GET", asset.decode(), name="sign in", headers=self.cookie)
            CONDUCTOR.journal.assets += 1
        return bytes(first.content)
