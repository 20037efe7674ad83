"""How the system stands: for operators in full, for whoever watches over it in a word."""

from typing import Any

import msgspec
import psycopg
from flask.views import MethodView
from psycopg_pool import PoolTimeout

from projections import VIEWS
from services import status
from services.access import allow
from services.api.blueprint import Resources
from services.asking import API, parts
from services.mail import outbox
from services.schemas.status import HealthAnswer, StatusAnswer

blueprint = Resources("status", __name__, about="How the system stands")

_PATIENCE_SECONDS = 2.0
_SERVING = "select view, version from projection.view_version where state = 'active' and poisoned_at is null"


@blueprint.route(f"{API}/status")
class SystemStatus(MethodView):
    """The status."""

    @allow("operator")
    @blueprint.response(200, StatusAnswer)
    def get(self) -> dict[str, Any]:
        """How far the relay, views and workers have come, what stopped them, and how many commands wait"""
        with parts().databases.project.connection() as connection:
            found, mails = status.status(connection), outbox.counts(connection, 0)
        writer = parts().writer
        waiting = writer.waiting if writer is not None else 0
        return {**msgspec.structs.asdict(found), "mails": mails, "writer_waiting": waiting}


@blueprint.route("/health/live")
class Live(MethodView):
    """Life."""

    @allow(public=True)
    @blueprint.response(200, HealthAnswer)
    def get(self) -> dict[str, Any]:
        """Whether this process answers"""
        return {"status": "ok", "checks": {}}


@blueprint.route("/health/ready")
class Ready(MethodView):
    """Readiness."""

    @allow(public=True)
    @blueprint.response(200, HealthAnswer)
    @blueprint.or_response(503, HealthAnswer)
    def get(self) -> tuple[dict[str, Any], int]:
        """Whether this process can serve: its database answers and no view is missing or stopped"""
        checks = _checks()
        ready = all(answer == "ok" for answer in checks.values())
        return {"status": "ok" if ready else "unavailable", "checks": checks}, 200 if ready else 503


def _checks() -> dict[str, str]:
    try:
        with parts().databases.request.connection(timeout=_PATIENCE_SECONDS) as connection:
            serving = dict(connection.execute(_SERVING).fetchall())
    except (psycopg.OperationalError, PoolTimeout):
        return {"database": "unavailable"}
    views = {
        name: "ok" if serving.get(name) == view.version else "unavailable" for name, view in VIEWS.items()
    }
    return {"database": "ok", **views}
