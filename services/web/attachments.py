"""Files that somebody adds to what they write: filed in the common drawer first, then named by their SHA-256."""

import mimetypes
from pathlib import PurePath
from typing import Final, NamedTuple

from domain.partnerships.document import LARGEST, MEDIA_TYPES
from domain.refusal import Refused
from domain.tenancy import Owner, Tenant
from infra.ledger import Receipt
from services.asking import asked, parts
from services.commands import documents
from services.schemas.text import LINE, fault_in, settle
from services.web.forms import Form
from services.web.refusals import sentence
from services.web.uploads import Sent, every_sent, sent

HINT: Final = f"PDF, image, CSV, XLSX ou texte, {LARGEST // 1024 // 1024} Mo au plus."
MOST: Final = 3
SEVERAL: Final = (
    f"PDF, image, CSV, XLSX ou texte. {MOST} fichiers au plus, {LARGEST // 1024 // 1024} Mo en tout."
)
ACCEPT: Final = {"accept": ".pdf,.png,.jpg,.jpeg,.csv,.xlsx,.txt"}
"""The attributes of a field for a file that may be filed."""

_ENDINGS: Final = {
    ".pdf": "application/pdf",
    ".csv": "text/csv",
    ".txt": "text/plain",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Filed(NamedTuple):
    """A document that lies in the drawer; without a receipt it lay there already."""

    sha256: str
    receipt: Receipt | None


def file_sent(form: Form, field: str, tenant: Tenant, owner: Owner, about: str | None) -> Filed | None:
    """File the file of a field; None without one. What is wrong with it is said beside it."""
    file = sent(field)
    return _file(form, field, file, tenant, owner, about) if file is not None else None


def file_several(form: Form, field: str, tenant: Tenant, owner: Owner, about: str) -> tuple[str, ...]:
    """File the files of a field; their SHA-256, none of them when something is wrong with one."""
    files = every_sent(field)
    if len(files) > MOST:
        form.errors[field] = f"Joignez {MOST} fichiers au plus."
        return ()
    found = [_file(form, field, file, tenant, owner, about, f"{place}") for place, file in enumerate(files)]
    return () if field in form.errors else tuple(dict.fromkeys(each.sha256 for each in found if each))


def _file(
    form: Form, field: str, file: Sent, tenant: Tenant, owner: Owner, about: str | None, place: str = ""
) -> Filed | None:
    if fault_in(settle(file.name) or "document", LINE) is not None:
        form.errors[field] = (
            "Ce nom de fichier ne peut pas être gardé. Renommez le fichier, puis reprenez-le."
        )
        return None
    command = documents.FileDocument(
        name=settle(file.name) or "document", media_type=_type_of(file), content=file.content, about=about
    )
    try:
        receipt = documents.file(
            parts().ledger, tenant, owner, command, asked(f"{form.token}-{field}{place}")
        )
    except Refused as refused:
        form.errors[field] = sentence(refused)
        return None
    return Filed(command.sha256, receipt)


def filed(form: Form, field: str, tenant: Tenant, owner: Owner, about: str) -> str | None:
    """The SHA-256 of the file of a field once it is filed; None without one."""
    found = file_sent(form, field, tenant, owner, about)
    return found.sha256 if found else None


def _type_of(file: Sent) -> str:
    """What the browser says, or the name where the browser knows no better."""
    if file.media_type in MEDIA_TYPES:
        return file.media_type
    ending = PurePath(file.name).suffix.lower()
    return _ENDINGS.get(ending) or mimetypes.types_map.get(ending, file.media_type)
