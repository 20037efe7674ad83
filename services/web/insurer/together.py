"""One convention signed with several towns: choose them by pasted codes or names, declare once; each confirms alone."""

from collections.abc import Sequence
from typing import Final

import msgspec
from flask import request, url_for
from flask.typing import ResponseReturnValue

from domain.refusal import Refused
from infra.directory.records import Commune
from services.access import allow, own_accord
from services.asking import asked, parts, principal
from services.commands import partnerships
from services.web.desk import found_communes, recorded
from services.web.forms import Form
from services.web.insurer.blueprint import blueprint
from services.web.insurer.commitments_form import edited, editor
from services.web.insurer.terms_form import STARTING, paths_of, read_terms, sent
from services.web.render import page

MOST: Final = 300
_CODE: Final = 5


class Chosen(msgspec.Struct, frozen=True):
    """The communes that some lines name, in order of code, and what is wrong with the other lines."""

    communes: Sequence[Commune]
    faults: Sequence[str]


@blueprint.get("/conventions/nouvelle/ensemble")
@allow("insurer")
def declare_towns() -> ResponseReturnValue:
    """The form of a convention with the communes that `?communes=` names, one a line."""
    lines = request.args.get("communes", "")
    chosen = chosen_from(lines)
    if not chosen.communes or chosen.faults:
        form = Form(typed={"communes": lines})
        if lines.strip():
            form.errors["communes"] = " ".join(chosen.faults) or "Écrivez au moins une commune par ligne."
        return _choose(form, chosen)
    return _form(
        Form(typed={**STARTING, "communes": "\n".join(each.code for each in chosen.communes)}), chosen
    )


@blueprint.post("/conventions/nouvelle/ensemble")
@allow("insurer")
def declare_towns_sent() -> ResponseReturnValue:
    """Declare it to all of them, or to none."""
    form = sent()
    chosen = chosen_from(form.value("communes"))
    if not chosen.communes or chosen.faults:
        form.errors["communes"] = " ".join(chosen.faults) or "Écrivez au moins une commune par ligne."
        return _choose(form, chosen)
    again = edited(form)
    if again is not None:
        return _form(again, chosen)
    terms = read_terms(form)
    if terms is None:
        return _form(form, chosen)
    ask = asked(form.token)
    command = partnerships.DeclareConvention(
        id=ask.fresh_key(),
        insurer_name=principal().organisation,
        fictitious=principal().fictitious or bool(form.value("fictitious")),
        communes=tuple(each.code for each in chosen.communes),
        **msgspec.structs.asdict(terms),
    )
    try:
        receipt = partnerships.declare_together(parts().ledger, own_accord(), command, ask)
    except Refused as refused:
        form.refuse(refused, paths_of(form))
        return _form(form, chosen)
    return recorded(url_for(".portfolio", etape="declared"), receipt)


def chosen_from(lines: str) -> Chosen:
    """The communes of some lines: an INSEE code, or a name that only one commune has."""
    found: dict[str, Commune] = {}
    faults = []
    every = [line for line in (" ".join(line.split()) for line in lines.splitlines()) if line]
    if len(every) > MOST:
        return Chosen((), [f"Déclarez au plus {MOST} communes à la fois : il y a {len(every)} lignes."])
    for line in every:
        commune = _named(line)
        if commune is None:
            faults.append(f"« {line[:40]} » : écrivez le code INSEE de la commune.")
        else:
            found[commune.code] = commune
    return Chosen([found[code] for code in sorted(found)], faults)


def _named(line: str) -> Commune | None:
    """The commune whose code a line begins with, else the only one that answers to it."""
    head = line.replace(";", " ").replace(",", " ").split()
    code = head[0] if head and len(head[0]) == _CODE and head[0][-1].isdigit() else None
    if code is not None:
        hits = found_communes(code).hits
        exact = [hit.commune for hit in hits if hit.commune.code == code.upper()]
        return exact[0] if exact else None
    hits = found_communes(line, 5).hits
    same = [hit.commune for hit in hits if hit.commune.name.casefold() == line.casefold()]
    return same[0] if len(same) == 1 else hits[0].commune if len(hits) == 1 else None


def _choose(form: Form, chosen: Chosen) -> ResponseReturnValue:
    return page(
        "insurer/choose_towns.jinja",
        status=422 if form.refused else 200,
        errors=form.refused,
        form=form,
        chosen=chosen,
        most=MOST,
    )


def _form(form: Form, chosen: Chosen) -> ResponseReturnValue:
    return page(
        "insurer/declare_towns.jinja",
        status=422 if form.refused else 200,
        errors=form.refused,
        form=form,
        chosen=chosen,
        editor=editor(form),
        demo=parts().settings.demo,
    )
