"""Style, script, fonts: served under an address that holds their digest, so that browsers may keep them for good.

The digest is of all files together: relative addresses inside a stylesheet carry it too.
"""

import hashlib
import mimetypes
from functools import cache
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, abort, request, url_for
from werkzeug.security import safe_join

from services.access import allow

FOLDER: Final = Path(__file__).parent / "static"
_YEAR: Final = 365 * 24 * 3600
# What a machine's own table of types may not know, or know otherwise.
_KINDS: Final = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".woff2": "font/woff2",
    ".svg": "image/svg+xml",
}

blueprint = Blueprint("assets", __name__)


@cache
def digest() -> str:
    """The first characters of the SHA-256 of every file, names included. Files change with the code only."""
    total = hashlib.sha256()
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file():
            total.update(f"{path.relative_to(FOLDER)}\0".encode())
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:16]


def asset(name: str) -> str:
    """The address of a file of `static/`."""
    return url_for("assets.file", version=digest(), name=name)


@blueprint.get("/assets/<version>/<path:name>")
@allow(public=True)
def file(version: str, name: str) -> Response:
    """A file; kept for a year when the address holds the present digest, asked for again otherwise."""
    path = safe_join(str(FOLDER), name)
    if path is None or not Path(path).is_file():
        abort(404)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    answer = Response(Path(path).read_bytes(), mimetype=_KINDS.get(Path(name).suffix, kind))
    answer.cache_control.public = True
    if version == digest():
        answer.cache_control.max_age = _YEAR
        answer.cache_control.immutable = True
    else:
        answer.cache_control.no_cache = True
        answer.add_etag()
        answer.make_conditional(request)
    return answer
