"""What an insurer takes away from a town's drawer: a filed document, and the file that anybody can check again."""

import io
from datetime import date

import msgspec
from flask import Response, request, send_file
from flask.typing import ResponseReturnValue

from projections.oversight import queries as oversight
from services.access import allow, tenant_of
from services.asking import parts
from services.commands.dossier import load_dossier, scenarios
from services.commands.perform import NotFoundError
from services.web.desk import Desk
from services.web.insurer.blueprint import blueprint


@blueprint.get("/communes/<commune:code>/documents/<key:sha256>")
@allow("insurer")
def document(code: str, sha256: str) -> ResponseReturnValue:
    """The bytes of a document, through the row that lets them be read."""
    desk = Desk()
    tenant = tenant_of(code)
    row = desk.read(lambda reader: oversight.document(reader, tenant, desk.accord, sha256))
    if row is None:
        raise NotFoundError(sha256)
    content = io.BytesIO(parts().ledger.documents.get(row.sha256))
    return send_file(content, mimetype=row.media_type, as_attachment=True, download_name=row.name)


@blueprint.get("/communes/<commune:code>/conventions/<key:convention>/calcul.json")
@allow("insurer")
def scenario(code: str, convention: str) -> ResponseReturnValue:
    """All that a convention's tariff is judged on, for `beffroi assess`: by today's terms, or those of `?termes=`."""
    desk = Desk()
    tenant = tenant_of(code)
    if desk.read(lambda reader: oversight.convention(reader, tenant, desk.accord, convention)) is None:
        raise NotFoundError(convention)
    dossier = load_dossier(parts().ledger, tenant, desk.accord, convention)
    periods = scenarios(dossier, parts().ledger.documents)
    begun = [place for place, period in enumerate(periods, 1) if (period.first or date.min) <= desk.today]
    asked = request.args.get("termes", "")
    number = (
        int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 4 else (begun[-1] if begun else 1)
    )
    if not 0 < number <= len(periods):
        raise NotFoundError(convention)
    content = msgspec.json.format(msgspec.json.encode(periods[number - 1].scenario), indent=2)
    answer = Response(content, mimetype="application/json")
    answer.headers.set("Content-Disposition", "attachment", filename=f"calcul-{code}-{number}.json")
    return answer
