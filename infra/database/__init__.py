"""PostgreSQL: the embedded cluster, its roles, the migrations and the connection pools.
`open_database` is the whole start-up; the other modules are its steps."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from infra.database.embedded import EmbeddedPostgres
from infra.database.migrations import migrate
from infra.database.roles import Passwords, Urls, ensure_roles
from infra.secrets import SecretsFolder
from infra.settings import Settings


@contextmanager
def open_database(settings: Settings, tell: Callable[[str], None] = lambda _: None) -> Iterator[Urls]:
    """A database that is started, has its roles and is migrated; yields one URL per role.

    With `settings.database_url` that server is used; else the embedded cluster, which is stopped at the end
    unless another process uses it. Raises RolesMissingError, DatabaseNewerError and what EmbeddedPostgres raises.
    """
    embedded = None if settings.database_url else EmbeddedPostgres.from_settings(settings, tell)
    owner_url = settings.database_url or (embedded.start() if embedded else "")
    try:
        urls = ensure_roles(owner_url, Passwords.load(SecretsFolder(settings.secrets)))
        migrate(urls.owner)
        yield urls
    finally:
        if embedded:
            embedded.release()
