"""The indices that caps follow: the operator publishes and revises them, and answers whoever contests one."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from flask import request, url_for
from flask.typing import ResponseReturnValue

from domain.refusal import Refused
from domain.tariffs.indices import INDEX_NAMES as INDICES
from domain.tenancy import PLATFORM, Owner, code_of
from projections.engine.reading import Reader
from projections.tariffs import queries as tariffs
from projections.tariffs.applied import applied_to
from projections.tariffs.queries import IndexContestRow, IndexRow
from services.access import allow
from services.asking import asked, parts
from services.commands import indices as commands
from services.commands.perform import NotFoundError
from services.communes import communes
from services.schemas.indices import IndexGiven
from services.schemas.text import CLAUSE
from services.web.desk import Desk, recorded
from services.web.exports import FileKind, download
from services.web.forms import Entry, Form, day, one_of, text, whole, written
from services.web.index_words import INDEX_NAMES, decimal, href, state_words, value_words, web_address
from services.web.operator.blueprint import blueprint
from services.web.render import page
from services.web.typography import in_words

_OWNER: Final = Owner(PLATFORM)
_ENTRIES: Final = (
    Entry("index", one_of(INDICES), "Choisissez l’indice."),
    Entry(
        "year",
        whole(1950, 2199),
        "Écrivez l’année que la valeur mesure.",
        "Écrivez une année, par exemple 2026.",
    ),
    Entry("value", decimal, "Écrivez la valeur publiée.", "Écrivez un nombre, par exemple 1,8 ou 4 005."),
    Entry(
        "published_on", day, "Écrivez le jour de la publication.", "Écrivez une date, par exemple 15/01/2027."
    ),
    Entry("source", text, "Écrivez qui l’a publiée et où."),
    Entry("address", web_address),
)


Handed = Mapping[tuple[str, int, date], Sequence[str]]


@blueprint.get("/indices")
@allow("operator")
def indices() -> ResponseReturnValue:
    """Every published value, what was handed on, and the objections."""
    desk = Desk()
    rows, contests, handed = _read(desk)
    waiting = [row for row in rows if row.contested and not row.revised]
    return page(
        "operator/indices.jinja",
        title=_title(rows, len(waiting)),
        rows=_chosen(rows),
        every=rows,
        waiting=[(row, _of(contests, row)) for row in waiting],
        handed={_key(row): handed.get(_key(row), ()) for row in rows},
        key=_key,
        names=communes(parts(), {code_of(tenant) for tenants in handed.values() for tenant in tenants}),
        code_of=code_of,
        called=INDEX_NAMES,
        chosen=request.args.get("indice", ""),
        value_words=value_words,
        state_words=state_words,
        href=href,
        read=desk.seal,
    )


@blueprint.get("/indices.<any(csv, xlsx):kind>")
@allow("operator")
def indices_file(kind: FileKind) -> ResponseReturnValue:
    """The same rows as a file; values as they were published."""
    rows, _, handed = _read(Desk())
    return download(
        kind,
        "indices",
        ("Indice", "Année", "Valeur", "Publiée le", "Source", "Adresse", "État", "Transmise à (communes)"),
        (
            (
                INDEX_NAMES[row.name], row.year, value_words(row.name, row.value), row.published_on, row.source,
                row.address, state_words(row), len(handed.get(_key(row), ())),
            )
            for row in _chosen(rows)
        ),
    )  # fmt: skip


@blueprint.get("/indices/publier")
@allow("operator")
def publish() -> ResponseReturnValue:
    """The form; the address may name the index and the year that a revision is about."""
    typed = {"index": request.args.get("indice", ""), "year": request.args.get("annee", "")}
    return _form(Form(typed=typed))


@blueprint.post("/indices/publier")
@allow("operator")
def publish_sent() -> ResponseReturnValue:
    """Show the effect first; then publish."""
    form = Form.sent(request.form)
    values = form.read(_ENTRIES)
    if not form.refused:
        form.agree(IndexGiven(), values)
    if form.refused or form.value("do") == "edit":
        return _form(form)
    if form.value("do") != "record":
        return _effect(form, values)
    try:
        receipt = commands.publish_index(
            parts().ledger, PLATFORM, _OWNER, commands.PublishIndex(**values), asked(form.token)
        )
    except Refused as refused:
        form.refuse(refused)
        return _form(form)
    return recorded(url_for(".indices"), receipt)


@blueprint.get("/indices/<any(IPC_HT_AVG, PMSS, ONDAM):index>/<int:year>/reponse")
@allow("operator")
def answer(index: str, year: int) -> ResponseReturnValue:
    """The objections to a value, and the form to answer them."""
    return _answer(index, year, Form())


@blueprint.post("/indices/<any(IPC_HT_AVG, PMSS, ONDAM):index>/<int:year>/reponse")
@allow("operator")
def answer_sent(index: str, year: int) -> ResponseReturnValue:
    """The value stands."""
    form = Form.sent(request.form)
    values = form.read(
        [Entry("answer", written(CLAUSE), "Écrivez pourquoi la valeur est juste, avec sa source.")]
    )
    if form.refused:
        return _answer(index, year, form)
    row = latest(Desk().read(lambda reader: tariffs.indices(reader, index)), year)
    command = commands.UpholdIndex(index=row.name, year=year, published_on=row.published_on, **values)  # type: ignore[arg-type] # the route takes no other name
    try:
        receipt = commands.uphold_index(parts().ledger, PLATFORM, _OWNER, command, asked(form.token))
    except Refused as refused:
        form.refuse(refused)
        return _answer(index, year, form)
    return recorded(url_for(".indices"), receipt)


def latest(rows: Sequence[IndexRow], year: int) -> IndexRow:
    """The publication that counts for a year. Raises NotFoundError."""
    row = next((row for row in rows if row.year == year and not row.revised), None)
    if row is None:
        raise NotFoundError(str(year))
    return row


def _read(desk: Desk) -> tuple[list[IndexRow], list[IndexContestRow], Handed]:
    def query(reader: Reader) -> tuple[list[IndexRow], list[IndexContestRow], Handed]:
        return tariffs.indices(reader), tariffs.index_contests(reader), applied_to(reader)

    return desk.read(query)


def _key(row: IndexRow) -> tuple[str, int, date]:
    return row.name, row.year, row.published_on


def _of(contests: Sequence[IndexContestRow], row: IndexRow) -> list[IndexContestRow]:
    return [each for each in contests if (each.name, each.year, each.published_on) == _key(row)]


def _chosen(rows: Sequence[IndexRow]) -> list[IndexRow]:
    asked_for = request.args.get("indice", "")
    return [row for row in rows if asked_for not in INDEX_NAMES or row.name == asked_for]


def _title(rows: Sequence[IndexRow], waiting: int) -> str:
    if not rows:
        return "Aucun indice n’est encore publié"
    if waiting == 1:
        return "Une valeur publiée est contestée et attend votre réponse"
    if waiting:
        number = in_words(waiting, feminine=True).capitalize()
        return f"{number} valeurs publiées sont contestées et attendent votre réponse"
    return "Aucune valeur publiée n’est contestée"


def _form(form: Form) -> ResponseReturnValue:
    return page(
        "operator/index_publish.jinja",
        status=422 if form.refused else 200,
        errors=form.refused,
        form=form,
        options=list(INDEX_NAMES.items()),
        value_words=value_words,
    )


def _effect(form: Form, values: Mapping[str, Any]) -> ResponseReturnValue:
    rows, _, handed = _read(Desk())
    name, year = values["index"], values["year"]
    before = [row for row in rows if (row.name, row.year) == (name, year)]
    followers = {tenant for (index, _, _), tenants in handed.items() if index == name for tenant in tenants}
    return page(
        "operator/index_effect.jinja",
        form=form,
        values=values,
        before=before,
        followers=len(followers),
        called=INDEX_NAMES,
        value_words=value_words,
    )


def _answer(index: str, year: int, form: Form) -> ResponseReturnValue:
    desk = Desk()
    rows, contests, _ = _read(desk)
    row = latest([row for row in rows if row.name == index], year)
    return page(
        "operator/index_answer.jinja",
        status=422 if form.refused else 200,
        errors=form.refused,
        row=row,
        contests=_of(contests, row),
        called=INDEX_NAMES,
        value_words=value_words,
        href=href,
        form=form,
        read=desk.seal,
    )
