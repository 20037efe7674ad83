"""A published value as a town or an insurer reads it: where it comes from, and the form to say that it is wrong."""

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from domain.refusal import Refused
from domain.tenancy import PLATFORM, Owner
from projections.engine.reading import Reader
from projections.tariffs import queries as tariffs
from projections.tariffs.queries import IndexContestRow, IndexRow
from services.access import allow, own_place, public_facts
from services.asking import asked, parts, principal
from services.commands import indices as commands
from services.commands.perform import NotFoundError
from services.reading import Audience
from services.schemas.text import CLAUSE
from services.web.desk import Desk, recorded
from services.web.forms import Entry, Form, written
from services.web.index_words import INDEX_NAMES, href, state_words, value_words
from services.web.render import page

blueprint = Blueprint("contests", __name__, url_prefix="/indices")


@blueprint.get("/<any(IPC_HT_AVG, PMSS, ONDAM):index>/<int:year>/contestation")
@allow("insurer", "town")
def contest(index: str, year: int) -> ResponseReturnValue:
    """The value that counts for a year, and the form."""
    return _page(index, year, Form())


@blueprint.post("/<any(IPC_HT_AVG, PMSS, ONDAM):index>/<int:year>/contestation")
@allow("insurer", "town")
def contest_sent(index: str, year: int) -> ResponseReturnValue:
    """Say that it is wrong; the operator answers, or publishes another."""
    form = Form.sent(request.form)
    row, _ = _found(Desk(public_facts(PLATFORM)), index, year)
    values = form.read([Entry("reason", written(CLAUSE), "Écrivez ce qui est faux, et où vous l’avez lu.")])
    if form.refused:
        return _page(index, year, form)
    tenant, owner = own_place()
    command = commands.ContestIndex(
        index=row.name,  # type: ignore[arg-type] # the route takes no other name
        year=year,
        published_on=row.published_on,
        reason=values["reason"],
        by_tenant=tenant,
        by_owner=owner,
        organisation=principal().organisation,
    )
    try:
        receipt = commands.contest_index(
            parts().ledger, PLATFORM, Owner(PLATFORM), command, asked(form.token)
        )
    except Refused as refused:
        form.refuse(refused)
        return _page(index, year, form)
    return recorded(url_for(".contest", index=index, year=year), receipt)


def _found(desk: Desk, index: str, year: int) -> tuple[IndexRow, list[IndexRow]]:
    """The publication that counts for a year, and all of that year. Raises NotFoundError."""
    every = [row for row in desk.read(lambda reader: tariffs.indices(reader, index)) if row.year == year]
    row = next((row for row in every if not row.revised), None)
    if row is None:
        raise NotFoundError(f"{index} {year}")
    return row, every


def _page(index: str, year: int, form: Form) -> ResponseReturnValue:
    desk = Desk(public_facts(PLATFORM))
    row, every = _found(desk, index, year)
    tenant, _ = own_place()

    def query(reader: Reader) -> list[IndexContestRow]:
        return [
            each for each in tariffs.index_contests(reader, tenant) if (each.name, each.year) == (index, year)
        ]

    mine = Desk(Audience("place", tenants=[PLATFORM], owners=[tenant])).read(query)
    present = next((each for each in mine if each.published_on == row.published_on), None)
    return page(
        "contests/contest.jinja",
        status=422 if form.refused else 200,
        errors=form.refused,
        row=row,
        earlier=[each for each in every if each.revised],
        mine=present,
        waiting=present is not None and row.contested,
        called=INDEX_NAMES,
        value_words=value_words,
        state_words=state_words,
        href=href,
        form=form,
        read=desk.seal,
    )
