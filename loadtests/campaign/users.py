"""The Locust file: what each audience sends when a visit is due.

Advisers and back offices are programs, managers and towns read pages; each belongs to an insurer or a town.
"""

import itertools
import json
import re
import time
from collections import defaultdict
from collections.abc import Iterator
from typing import ClassVar, Final

from loadtests.campaign.person import CONDUCTOR, PLAN, Person
from loadtests.campaign.plan import House, Town, Written

_HOUSES: Final = {house.siren: house for house in PLAN.houses}
_PEOPLE: Final = [json.dumps(person)[1:-1] for person in PLAN.people]
_NUMBERS: Final = itertools.count(1)
_LEAVERS: Final[dict[str, Iterator[int]]] = defaultdict(itertools.count)
"""How many left so far, by insurer."""
_NEXT: Final = re.compile(rb'"next": ?"([^"]+)"')
_CASE: Final = re.compile(rb'href="/ville/dossiers/([A-Za-z0-9._:-]+)"')
_FAILED: Final = 400


class _OfInsurer(Person):
    """Somebody of an insurer: its towns, and joining members in them."""

    abstract = True
    who: ClassVar[str]

    def take_place(self, number: int) -> None:
        """Insurers have as many people as they have towns, in proportion."""
        self.siren = PLAN.towns[
            number * len(PLAN.towns) // PLAN.sessions[self.audience] % len(PLAN.towns)
        ].siren
        self.towns = [town for town in PLAN.towns if town.siren == self.siren]
        self.turn = itertools.count(number * 7)
        self.enter(f"{self.who}@{_HOUSES[self.siren].key}.example")

    def enter(self, email: str) -> None:
        """Sign in."""
        self.account = self.sign_in_here(email)

    @property
    def house(self) -> House:
        """The insurer."""
        return _HOUSES[self.siren or ""]

    def next_town(self) -> Town:
        """Towns in turn."""
        return self.towns[next(self.turn) % len(self.towns)]

    def send_join(self, name: str, due: float) -> tuple[Town, str, str, bytes, float] | None:
        """Join an invented person; the town, the key, what was sent, what was answered and when."""
        town, number = self.next_town(), next(_NUMBERS)
        key = f"{PLAN.run}-{number}"
        payload = (
            f'{{"convention": "{town.convention}", "number": "FICTIF-{town.siren}-{town.code}-{PLAN.run}-{number}",'
            f' "joined_on": "{PLAN.joined_on}", "formula": "{PLAN.formulas[number % len(PLAN.formulas)]}",'
            f" {_PEOPLE[number % len(_PEOPLE)]}}}"
        )
        found = self.send_joined(name, due, town, key, payload)
        return (town, key, payload, *found) if found else None

    def send_joined(
        self, name: str, due: float, town: Town, key: str, payload: str
    ) -> tuple[bytes, float] | None:
        """Send what lets somebody join under a key, for the first time or again."""
        CONDUCTOR.journal.sent.append(key)
        found = self.ask(
            name,
            due,
            "POST",
            f"/v1/communes/{town.code}/members",
            {**self.token, "Content-Type": "application/json", "Idempotency-Key": key},
            payload,
        )
        if found is not None:
            said = json.loads(found[0])
            stream = f"commune:{town.code}/insurer:{town.siren}/member/{said['id']}"
            again = name == "adviser: send again"
            CONDUCTOR.acknowledged(Written(name, self.account, key, stream, said["position"], again))
        return found


class Adviser(_OfInsurer):
    """Joins members for their residents, and looks at once whether they are there."""

    audience = "adviser"
    who = "conseil"
    fixed_count = PLAN.sessions["adviser"]
    numbers = itertools.count()

    def join(self, due: float, *, twice: bool = False) -> None:
        """Somebody joins; then the adviser reads them back at the position that was answered."""
        made = self.send_join("adviser: join", due)
        if made is None:
            return
        town, key, payload, body, done = made
        if twice:
            repeated = self.send_joined("adviser: send again", done, town, key, payload)
            done = repeated[1] if repeated else time.perf_counter()
        said = json.loads(body)
        position = {"Beffroi-Position": str(said["position"])}
        self.ask(
            "adviser: read it back",
            done,
            "GET",
            f"/v1/communes/{town.code}/members/{said['id']}",
            {**self.token, **position},
        )

    def join_twice(self, due: float) -> None:
        """The same, and the join is sent again under its key, as after a lost answer."""
        self.join(due, twice=True)


class Manager(_OfInsurer):
    """Looks for members as one types, opens the portfolio and towns' pages, tells several towns a grid now and then."""

    audience = "manager"
    who = "gestion"
    fixed_count = PLAN.sessions["manager"]
    numbers = itertools.count()

    def enter(self, email: str) -> None:
        """By the form, and once as a program for what is sent to many towns."""
        self.sign_in_as_person(email)
        self.account = self.sign_in_here(email)

    def search(self, due: float) -> None:
        """A few letters of a name, in the members of all towns."""
        text = PLAN.searches[next(self.turn) % len(PLAN.searches)]
        headers = {**self.cookie, "HX-Request": "true"}
        self.ask("manager: search members", due, "GET", f"/adherents?q={text}", headers)

    def town(self, due: float) -> None:
        """The page of a town."""
        self.ask("manager: a town's page", due, "GET", f"/communes/{self.next_town().code}", self.cookie)

    def portfolio(self, due: float) -> None:
        """All towns on one page."""
        self.ask("manager: portfolio", due, "GET", "/communes", self.cookie)

    def member(self, due: float) -> None:
        """One member explained."""
        town = self.next_town()
        rank = 1 + next(self.turn) % max(1, town.members)
        path = f"/communes/{town.code}/adherents/{town.convention}-{rank:05d}"
        self.ask("manager: a member's page", due, "GET", path, self.cookie)

    def notify(self, due: float) -> None:
        """A grid for five towns at once; every fourth is dearer than the cap allows."""
        number = next(_NUMBERS)
        key = f"{PLAN.run}-{number}"
        first = next(self.turn)
        told = [self.towns[(first + place) % len(self.towns)] for place in range(min(5, len(self.towns)))]
        cells = PLAN.dearer if first % 4 == 0 else PLAN.cells
        payload = {
            "id": f"grille-{PLAN.run}-{number}",
            "grid": {"effective_on": PLAN.effective_on, "cells": cells, "reason": "Motif fictif."},
            "towns": [{"commune": town.code, "convention": town.convention} for town in told],
        }
        commands = {town.code: f"{key}:{town.code}" for town in told}
        CONDUCTOR.journal.sent.extend(commands.values())
        found = self.ask(
            "manager: notify a grid to 5 towns",
            due,
            "POST",
            f"/v1/insurers/{self.siren}/notifications",
            {**self.token, "Content-Type": "application/json", "Idempotency-Key": key},
            json.dumps(payload),
        )
        if found is None:
            return
        for item in json.loads(found[0])["items"]:
            if item["status"] >= _FAILED:
                now = time.perf_counter()
                CONDUCTOR.note(
                    "manager: notify a grid to 5 towns", now, now, now, item["status"], json.dumps(item)
                )
                continue
            stream = f"commune:{item['commune']}/accord:{self.siren}/tariff/{item['convention']}"
            CONDUCTOR.acknowledged(
                Written("notify", self.account, commands[item["commune"]], stream, item["position"])
            )


class TownHall(Person):
    """A town that looks whether its commitments are kept, at what is charged, and at its cases."""

    audience = "town"
    fixed_count = PLAN.sessions["town"]
    numbers = itertools.count()

    def take_place(self, number: int) -> None:
        """Towns whose insurer broke a cap come first: they have cases to look at."""
        towns = list(
            dict.fromkeys(town.code for town in sorted(PLAN.towns, key=lambda each: not each.breaks))
        )
        self.code = towns[number % len(towns)]
        self.sign_in_as_person(next(town.email for town in PLAN.towns if town.code == self.code))
        listed = self.client.request("GET", "/ville/dossiers", name="sign in", headers=self.cookie)
        self.known = [found.decode() for found in dict.fromkeys(_CASE.findall(listed.content))]

    def home(self, due: float) -> None:
        """Is everything kept."""
        self.ask("town: oversight", due, "GET", "/ville", self.cookie)

    def register(self, due: float) -> None:
        """Every commitment and where it stands."""
        self.ask("town: commitments", due, "GET", "/ville/engagements", self.cookie)

    def tariffs(self, due: float) -> None:
        """What is charged."""
        self.ask("town: tariffs", due, "GET", "/ville/tarifs", self.cookie)

    def cases(self, due: float) -> None:
        """The list of cases."""
        self.ask("town: cases", due, "GET", "/ville/dossiers", self.cookie)

    def case(self, due: float) -> None:
        """One case with its evidence; the list where there is none."""
        path = f"/ville/dossiers/{self.known[0]}" if self.known else "/ville/dossiers"
        self.ask("town: a case" if self.known else "town: cases", due, "GET", path, self.cookie)


class BackOffice(_OfInsurer):
    """The insurer's own program: copies members and what binds towns, sends what came in, in bursts."""

    audience = "office"
    who = "api"
    fixed_count = PLAN.sessions["office"]
    numbers = itertools.count()
    cursor: str = ""

    def members(self, due: float) -> None:
        """The next page of all members, from the first again after the last."""
        onward = f"&cursor={self.cursor}" if self.cursor else ""
        found = self.ask("office: page of members", due, "GET", f"/v1/members?limit=50{onward}", self.token)
        following = _NEXT.search(found[0]) if found else None
        self.cursor = following[1].decode() if following else ""

    def conventions(self, due: float) -> None:
        """What binds it and a town."""
        path = f"/v1/communes/{self.next_town().code}/accords/{self.siren}/conventions"
        self.ask("office: conventions", due, "GET", path, self.token)

    def compliance(self, due: float) -> None:
        """Where every commitment of a convention stands."""
        town = self.next_town()
        path = f"/v1/communes/{town.code}/accords/{self.siren}/conventions/{town.convention}/compliance"
        self.ask("office: compliance", due, "GET", path, self.token)

    def cases(self, due: float) -> None:
        """Its open cases."""
        self.ask("office: cases", due, "GET", f"/v1/insurers/{self.siren}/cases?open=true", self.token)

    def join(self, due: float) -> None:
        """One of a burst."""
        self.send_join("office: join, in bursts", due)

    def leave(self, due: float) -> None:
        """A seeded member who has not left leaves; each at most once in a run."""
        place, number = next(_LEAVERS[self.house.siren]), next(_NUMBERS)
        town = self.towns[place % len(self.towns)]
        turn = place // len(self.towns)
        rank = 1 + turn + turn // 8  # every ninth has left already
        key = f"{PLAN.run}-{number}"
        member = f"{town.convention}-{rank:05d}"
        CONDUCTOR.journal.sent.append(key)
        found = self.ask(
            "office: leave",
            due,
            "POST",
            f"/v1/communes/{town.code}/members/{member}/leaving",
            {**self.token, "Content-Type": "application/json", "Idempotency-Key": key},
            f'{{"left_on": "{PLAN.left_on}", "reason": "moved"}}',
        )
        if found is not None:
            stream = f"commune:{town.code}/insurer:{town.siren}/member/{member}"
            said = json.loads(found[0])
            CONDUCTOR.acknowledged(Written("leave", self.account, key, stream, said["position"]))
