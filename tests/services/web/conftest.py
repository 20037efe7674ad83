"""The pages with their cast, and forms filled in as a browser does."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from services.asking import SESSION_COOKIE
from tests.support.api import Served, Who, served
from tests.support.database import Database

_HIDDEN = re.compile(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)">')
_TITLE = re.compile(r"<h1>(.*?)</h1>", re.DOTALL)


@dataclass(frozen=True)
class Browser:
    """Somebody with a browser and no script."""

    client: FlaskClient

    def get(self, path: str, **headers: str) -> TestResponse:
        """Open a page."""
        return self.client.get(
            path, headers={name.replace("_", "-"): value for name, value in headers.items()}
        )

    def text(self, path: str) -> str:
        """What a page says; it must be there."""
        answer = self.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return plain(answer)

    def hidden(self, path: str) -> dict[str, str]:
        """The hidden fields of the form on a page."""
        page = self.get(path)
        return fields(page)

    def send(self, path: str, **typed: str) -> TestResponse:
        """Open the form of a page, fill it in and send it."""
        return self.client.post(path, data={**self.hidden(path), **typed})

    def follow(self, answer: TestResponse) -> str:
        """What the page says to which a write led."""
        assert answer.status_code == 303, plain(answer)
        return self.text(answer.headers["Location"])


def fields(page: TestResponse) -> dict[str, str]:
    """The hidden fields of the first form of the page's own that changes something."""
    forms = page.get_data(as_text=True).partition("<main")[2].split("<form")[1:]
    sent = next((form for form in forms if "csrf_token" in form), "")
    return dict(_HIDDEN.findall(sent.partition("</form>")[0]))


def plain(page: TestResponse) -> str:
    """A page with plain spaces and apostrophes, so that a test reads as people write."""
    text = page.get_data(as_text=True)
    for sign in "\u00a0\u202f":
        text = text.replace(sign, " ")
    return text.replace("’", "'").replace("&#39;", "'").replace("&amp;", "&")


def title(page: TestResponse) -> str:
    """The first heading of a page."""
    found = _TITLE.search(plain(page))
    assert found is not None
    return " ".join(found[1].split())


@pytest.fixture
def here(database: Database) -> Iterator[Served]:
    with served(database) as application:
        yield application


class Pages:
    """The cast, each with a browser of their own."""

    def __init__(self, here: Served) -> None:
        self.here = here

    def of(self, who: Who | None) -> Browser:
        """Somebody of the cast, signed in; None is a stranger."""
        caller = self.here.of(who)
        client = self.here.app.test_client()
        if caller.token is not None:
            client.set_cookie(SESSION_COOKIE, caller.token.text)
        return Browser(client)


@pytest.fixture
def pages(here: Served) -> Pages:
    return Pages(here)
