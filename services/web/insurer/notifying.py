"""Telling towns a draft: which ones, what each would read, the effect in words, then one result a town.

A run survives a reload: the address holds its token and how far it came, and each town's command comes of that token.
"""

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from domain.refusal import Refused
from domain.text import words
from infra.ledger import Receipt
from services.access import allow
from services.asking import asked
from services.commands.perform import StaleError
from services.web.desk import Desk, recorded, remembered
from services.web.exports import FileKind, download, euros
from services.web.forms import Form
from services.web.insurer.blueprint import blueprint
from services.web.render import ENVIRONMENT, page, wants_fragment
from services.web.studio.draft import Draft, load_draft, save, written
from services.web.studio.towns import (
    REASON_MISSING,
    Told,
    Town,
    notify_town,
    obstacle,
    targeted,
    told_so_far,
    towns_of,
    try_towns,
)
from services.web.words import STAGES

_AT_ONCE: Final = 50
"""Towns tried for one answer."""
_SECONDS: Final = 1.5
"""How long an answer goes on notifying before it shows how far it came."""


@blueprint.get("/tarifs/<key:draft>/communes")
@allow("insurer")
def studio_towns(draft: str) -> ResponseReturnValue:
    """The trial in every town that a draft shall go to, some at a time."""
    desk = Desk()
    saved = load_draft(desk.own, draft)
    every = targeted(saved, towns_of(desk))
    first = _place(request.args.get("depuis"), len(every))
    rows = try_towns(desk, saved, every[first : first + _AT_ONCE])
    done = first + len(rows)
    facts: dict[str, Any] = {
        "draft": saved,
        "rows": rows,
        "done": done,
        "total": len(every),
        "following": url_for(".studio_towns", draft=draft, depuis=done) if done < len(every) else None,
    }
    if wants_fragment():
        text = ENVIRONMENT.get_template("insurer/studio_towns_rows.jinja").render(more=True, **facts)
        return Response(text, mimetype="text/html")
    return page("insurer/studio_towns.jinja", first=first, read=desk.seal, **facts)


@blueprint.get("/tarifs/<key:draft>/communes.<any(csv, xlsx):kind>")
@allow("insurer")
def studio_towns_file(draft: str, kind: FileKind) -> ResponseReturnValue:
    """The trial in every town as a file."""
    desk = Desk()
    saved = load_draft(desk.own, draft)
    headers = (
        "Commune", "Code INSEE", "Prix au-dessus", "Plus fort dépassement", "Autres engagements rompus",
        "Effet au plus tôt", "Empêchement",
    )  # fmt: skip
    return download(
        kind,
        f"essai-communes-{saved.grid}",
        headers,
        (
            (row.town.name, row.town.code, row.prices, euros(row.worst) if row.worst else None, row.others,
             row.first_lawful, row.refused)
            for row in try_towns(desk, saved, targeted(saved, towns_of(desk)))
        ),
    )  # fmt: skip


@blueprint.get("/tarifs/<key:draft>/notifier")
@allow("insurer")
def targets(draft: str) -> ResponseReturnValue:
    """Which towns to tell: those of the draft are ticked, others are found by name or state."""
    desk = Desk()
    return _targets(desk, load_draft(desk.own, draft), Form())


@blueprint.post("/tarifs/<key:draft>/notifier")
@allow("insurer")
def targets_sent(draft: str) -> ResponseReturnValue:
    """Keep the towns with the draft and state the effect; once it is read, begin to notify."""
    desk = Desk()
    saved = load_draft(desk.own, draft)
    form = Form.sent(dict(request.form))
    if form.value("do") == "record":
        return _begin(desk, saved, form)
    chosen = set(request.form.getlist("commune"))
    going = [town for town in towns_of(desk) if town.code in chosen]
    if not going:
        form.general.append("Choisissez au moins une commune.")
        return _targets(desk, saved, form)
    if saved.saved.effective_on is None:
        form.general.append("Fixez la date d’effet dans le studio avant de notifier.")
        return _targets(desk, saved, form, going)
    try:
        saved = save(desk.own, saved, written(saved), asked(), towns=[town.target for town in going])
    except Refused as refused:
        form.refuse(refused)
        return _targets(desk, saved, form, going)
    return _confirm(desk, saved, form, going)


@blueprint.get("/tarifs/<key:draft>/resultat")
@allow("insurer")
def results(draft: str) -> ResponseReturnValue:
    """What became of each town."""
    desk = Desk()
    saved = load_draft(desk.own, draft)
    every = targeted(saved, towns_of(desk))
    first = _place(request.args.get("depuis"), len(every)) if "depuis" in request.args else len(every)
    rows = told_so_far(desk, saved, every, _since())
    explained = 0
    for place, row in enumerate(rows):
        if row.at is None and place < first and explained < _AT_ONCE:
            rows[place] = msgspec.structs.replace(row, refused=obstacle(desk, saved, row.town))
            explained += 1
    return page(
        "insurer/notify_result.jinja",
        draft=saved,
        rows=rows,
        running=first < len(every),
        first=first,
        form=Form(token=request.args.get("envoi", "") or Form().token),
        since=request.args.get("debut", ""),
        read=desk.seal,
    )


@blueprint.post("/tarifs/<key:draft>/resultat")
@allow("insurer")
def results_sent(draft: str) -> ResponseReturnValue:
    """Go on with a run, or try again those whom it did not reach."""
    desk = Desk()
    return _run(desk, load_draft(desk.own, draft), Form.sent(dict(request.form)))


def _begin(desk: Desk, draft: Draft, form: Form) -> ResponseReturnValue:
    if form.value("version") != str(draft.version):
        raise StaleError(draft.version)
    return _run(desk, draft, form)


def _run(desk: Desk, draft: Draft, form: Form) -> ResponseReturnValue:
    """Notify for a moment, then show how far it came."""
    every = targeted(draft, towns_of(desk))
    first = _place(form.value("depuis"), len(every))
    started = form.value("debut") if form.value("debut").isdigit() else str(int(desk.now.timestamp()))
    told: list[Told] = []
    last: Receipt | None = None
    until = time.monotonic() + _SECONDS
    for one, receipt in _telling(desk, draft, every[first:], form.token):
        told.append(one)
        last = receipt or last
        if time.monotonic() > until:
            break
    done = first + len(told)
    over = done >= len(every)
    asked_for: dict[str, Any] = {"envoi": form.token, "debut": started}
    if not over:
        asked_for["depuis"] = done
    address = url_for(".results", draft=draft.id, **asked_for)
    if not wants_fragment():
        return recorded(address, last) if last else redirect(address, 303)
    text = ENVIRONMENT.get_template("insurer/notify_result_rows.jinja").render(
        draft=draft, told=told, done=done, total=len(every), over=over, form=form, since=started
    )
    answer = remembered(Response(text, mimetype="text/html"), last)
    answer.headers["HX-Replace-Url"] = address
    return answer


def _telling(
    desk: Desk, draft: Draft, towns: Sequence[Town], token: str
) -> Iterator[tuple[Told, Receipt | None]]:
    for town in towns:
        yield notify_town(desk, draft, town, token)


def _since() -> datetime | None:
    text = request.args.get("debut", "")
    return (
        datetime.fromtimestamp(int(text), UTC)
        if text.isascii() and text.isdigit() and len(text) < 11
        else None
    )


def _place(text: str | None, most: int) -> int:
    return min(int(text), most) if text and text.isascii() and text.isdigit() and len(text) < 9 else 0


def _targets(
    desk: Desk, draft: Draft, form: Form, chosen: Sequence[Town] | None = None
) -> ResponseReturnValue:
    every = towns_of(desk)
    beginnings, stage = words(request.args.get("q", "")), request.args.get("etape", "")
    shown = [town for town in every if town.answers(beginnings) and (not stage or town.stage == stage)]
    ticked = {town.code for town in (chosen if chosen is not None else targeted(draft, every))}
    if request.args.get("tout"):
        ticked |= {town.code for town in shown if town.open}
    return page(
        "insurer/notify_towns.jinja",
        status=422 if form.refused else 200,
        errors=form.refused,
        draft=draft,
        form=form,
        towns=shown,
        kept=[code for code in ticked if code not in {town.code for town in shown}],
        ticked=ticked,
        chosen={name: request.args.get(name, "") for name in ("q", "etape")},
        stages=list(STAGES.items()),
    )


def _confirm(desk: Desk, draft: Draft, form: Form, going: Sequence[Town]) -> ResponseReturnValue:
    """The effect in words; a broken commitment without a motive goes no further."""
    tried = try_towns(desk, draft, going[:_AT_ONCE])
    breaks = sum(row.breaks for row in tried)
    if breaks and draft.saved.reason is None and len(going) <= _AT_ONCE:
        form.general.append(REASON_MISSING)
        return _targets(desk, draft, form, going)
    return page(
        "insurer/notify_confirm.jinja", draft=draft, form=form, going=going, tried=tried, breaks=breaks
    )
