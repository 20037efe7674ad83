"""A draft: a prepared grid, loaded and saved by the insurer alone, and the form in which it is typed.

Prices travel under the names of their cells, so that two tabs that hold other cells never mix them up.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec

from domain.money import format_euros
from domain.refusal import Refused
from domain.tariffs.assess import CellId
from domain.tariffs.prepared import Preparation, PreparedGrid, Target
from domain.tariffs.tariff import DeclaredRise
from domain.tenancy import Owner, Tenant
from services.asking import parts
from services.commands.given import GivenCell, stored_grid
from services.commands.perform import Ask, NotFoundError
from services.commands.prepared import SavePreparedGrid, prepared_stream, save_prepared
from services.commands.tariffs import NotifyGrid
from services.web.forms import Entry, Form, WrongValueError, cents, day, prose, text
from services.web.profiles import OLDEST, key_of
from services.web.refusals import sentence
from services.web.words import ROLES

PRICE: Final = "prix "
"""How the name of a price's field begins; the cell's name as JSON follows."""

_WRONG_DAY: Final = "Écrivez une date comme 25/11/2026."
_PERCENT: Final = re.compile(r"(-|−)?([0-9]{1,3})(?:[.,]([0-9]{1,4}))?", re.ASCII)
_LONGEST_KEY: Final = 50
_LONGEST_NAME: Final = 50
_CELL: Final = msgspec.json.Decoder(tuple[str, str, str, int, int | None])


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A prepared grid as it was saved last; `version` is what the next saving says that it saw."""

    id: str
    version: int
    saved_at: datetime
    saved: Preparation
    cells: tuple[GivenCell, ...]
    tax_percent: str | None

    @property
    def grid(self) -> str:
        """The name that towns will read: that of the draft, as an address can hold it."""
        name = re.sub(r"[^a-z0-9.]+", "-", key_of(self.saved.name)).strip("-.")
        return name[:_LONGEST_KEY].rstrip("-.") or self.id


def load_draft(own: Owner, identity: str) -> Draft:
    """A draft of the insurer's own drawer, as it is now: its own views may lag behind the last keystroke.

    Raises NotFoundError where there is none, or none any more.
    """
    ledger = parts().ledger
    found = ledger.find(PreparedGrid, prepared_stream(Tenant(own), own, identity))
    if found is None or found.saved is None or found.discarded:
        raise NotFoundError(identity)
    cells, tax = stored_grid(ledger.documents.get(found.saved.document))
    return Draft(
        id=identity,
        version=found.version,
        saved_at=found.modified_on,
        saved=found.saved,
        cells=cells,
        tax_percent=tax,
    )


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What a form says of a draft; `cells` hold the last saved price where what is typed cannot be read."""

    name: str
    cells: tuple[GivenCell, ...]
    effective_on: date | None
    decided_by: str | None
    decided_on: date | None
    declared_rise: DeclaredRise
    reason: str | None


def written(draft: Draft) -> Written:
    """The draft as it was saved."""
    facts = {name: getattr(draft.saved, name) for name in Written.__struct_fields__ if name != "cells"}
    return Written(cells=draft.cells, **facts)


def form_of(draft: Draft) -> Form:
    """The form as it begins: what was saved."""
    return Form(typed=typed_of(draft))


def typed_of(draft: Draft) -> dict[str, str]:
    """What the fields of the form hold for a draft."""
    saved = draft.saved
    return {
        "name": saved.name,
        "version": str(draft.version),
        "effective_on": saved.effective_on.isoformat() if saved.effective_on else "",
        "decided_by": saved.decided_by or "",
        "decided_on": saved.decided_on.isoformat() if saved.decided_on else "",
        "declared_rise": _rise_written(saved.declared_rise),
        "reason": saved.reason or "",
        **{field_of(cell.id()): cell.monthly.replace(".", ",") for cell in draft.cells},
    }


def read_form(form: Form, draft: Draft, cells: Sequence[GivenCell] | None = None) -> Written:
    """What a form says; wrong fields are told in it. `cells` of a pasted grid replace typed prices."""
    values = form.read(
        [
            Entry("name", text, "Donnez un nom à la grille, par exemple 2027-02."),
            Entry("effective_on", day, wrong=_WRONG_DAY),
            Entry("decided_by", text),
            Entry("decided_on", day, wrong=_WRONG_DAY),
            Entry("declared_rise", declared_rise),
            Entry("reason", prose),
        ]
    )
    read = tuple(cells) if cells is not None else _prices(form, draft)
    names = [name for name in Written.__struct_fields__ if name != "cells"]
    said: dict[str, Any] = {
        name: values.get(name) for name in names
    }  # what cannot be read is told, and stands for nothing
    return Written(**{**said, "name": said["name"] or draft.saved.name, "cells": read})


def _prices(form: Form, draft: Draft) -> tuple[GivenCell, ...]:
    """The typed prices; a price that changed says nothing of what it is before tax."""
    known = {cell.id(): cell for cell in draft.cells}
    found = []
    for name, typed in form.typed.items():
        if not name.startswith(PRICE):
            continue
        cell = cell_of(name)
        before = known.get(cell) if cell else None
        if cell is None or (before is None and not _plausible(cell)):
            continue
        try:
            monthly = format_euros(cents(typed))
        except WrongValueError:
            form.errors[name] = "Écrivez un prix comme 49,74."
            monthly = before.monthly if before else "0.00"
        if before is not None:
            kept = before.before_tax if before.monthly == monthly else None
            found.append(msgspec.structs.replace(before, monthly=monthly, before_tax=kept))
        else:
            found.append(GivenCell(**cell._asdict(), monthly=monthly))
    return tuple(found) if found else draft.cells


def _plausible(cell: CellId) -> bool:
    """Whether a cell that the draft has not may be one: another tab has it."""
    try:
        named = [text(part, _LONGEST_NAME) == part for part in (cell.formula, cell.category)]
    except WrongValueError:
        return False
    return all(named) and cell.role in ROLES and 0 <= cell.age_from <= (cell.age_to or OLDEST) <= OLDEST


def field_of(cell: CellId) -> str:
    """The name of a price's field."""
    return PRICE + msgspec.json.encode(tuple(cell)).decode()


def cell_of(field: str) -> CellId | None:
    """The cell of a price's field; None for a name that is none."""
    try:
        return CellId(*_CELL.decode(field.removeprefix(PRICE)))
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None


def declared_rise(value: str) -> DeclaredRise:
    """`2,9 %` for the whole grid, or `Niveau 1 : 2,5 ; Niveau 2 : 3` by formula."""
    if ":" not in value:
        return _percent(value)
    rates = {}
    for part in value.split(";"):
        formula, _, rate = part.rpartition(":")
        if part.strip():
            rates[text(formula)] = _percent(rate)
    return rates


def _percent(value: str) -> str:
    match = _PERCENT.fullmatch(re.sub(r"[\s%+]", "", value))
    if match is None:
        msg = "Écrivez un pourcentage comme 2,9, ou un par formule : Niveau 1 : 2,5 ; Niveau 2 : 3."
        raise WrongValueError(msg)
    sign = "-" if match[1] else ""
    return f"{sign}{int(match[2])}" + (f".{match[3]}" if match[3] else "")


def _rise_written(declared: DeclaredRise) -> str:
    if declared is None:
        return ""
    if isinstance(declared, str):
        return declared.replace(".", ",")
    return " ; ".join(f"{formula} : {rate.replace('.', ',')}" for formula, rate in declared.items())


def save(
    own: Owner,
    draft: Draft,
    said: Written,
    ask: Ask,
    *,
    justification: str | None = None,
    towns: Sequence[Target] | None = None,
) -> Draft:
    """Save what a form says, and the draft as it is then. Raises StaleError, Refused."""
    facts: dict[str, Any] = msgspec.structs.asdict(said)
    command = SavePreparedGrid(
        id=draft.id,
        tax_percent=draft.tax_percent,
        justification=justification or draft.saved.justification,
        corrects=draft.saved.corrects,
        towns=draft.saved.towns if towns is None else tuple(towns),
        **facts,
    )
    save_prepared(parts().ledger, Tenant(own), own, command, ask)
    return load_draft(own, draft.id)


def tried(draft: Draft, said: Written, convention: str, today: date) -> NotifyGrid:
    """The grid as a town would be told it; without a first day, from today."""
    return NotifyGrid(
        convention=convention,
        id=draft.grid if draft.saved.name == said.name else draft.id,
        prepared=draft.id,
        tax_percent=draft.tax_percent,
        corrects=draft.saved.corrects,
        justification=draft.saved.justification,
        justified=draft.saved.justification is not None,
        **{**_facts(said), "effective_on": said.effective_on or today},
    )


def _facts(said: Written) -> dict[str, Any]:
    return {name: getattr(said, name) for name in Written.__struct_fields__ if name != "name"}


def told(form: Form, refused: Refused, cells: Sequence[GivenCell]) -> None:
    """Say a refusal beside the price that it is about, or as any other."""
    match = re.match(r"\$\.cells\[([0-9]+)\]", refused.path)
    if match and int(match[1]) < len(cells):
        form.errors[field_of(cells[int(match[1])].id())] = sentence(refused)
    else:
        form.refuse(refused)


def typed_of_prices(cells: Sequence[GivenCell]) -> Mapping[str, str]:
    """What the fields of prices hold."""
    return {field_of(cell.id()): cell.monthly.replace(".", ",") for cell in cells}
