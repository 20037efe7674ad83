"""The commitments and promises of a convention in a form: what they ask, how they are read, added and removed.

A commitment has the fields of its rule; a promise, that no machine judges, says who makes it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from domain.partnerships.terms import Commitment, Promise, Terms
from domain.tariffs.assess import RULES
from services.schemas.text import CLAUSE, LINE
from services.web.forms import Entry, Form, one_of, text, written
from services.web.insurer.lists import EDIT, MOST, added, keys, names, part, removed
from services.web.rule_fields import ParamField, fields_of, read_params
from services.web.rule_fields import written as param_typed

COMMITMENTS: Final = "commitments"
PROMISES: Final = "promises"
NEW_RULE: Final = "new_rule"
PARTIES: Final = (("insurer", "L’organisme"), ("town", "La ville"))
RULE_TITLES: Final = tuple(
    (name, rule.prose.title[:1].upper() + rule.prose.title[1:]) for name, rule in RULES.items()
)
"""Every rule with its name in French, as a list offers them."""

_TITLES: Final = dict(RULE_TITLES)


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as a form shows it; its `fields` are the parameters of its rule, none for a promise."""

    key: str
    title: str
    fields: Sequence[ParamField] = ()


class Editor(msgspec.Struct, frozen=True, kw_only=True):
    """What the templates show of both lists."""

    commitments: Sequence[Line]
    promises: Sequence[Line]
    rules: Sequence[tuple[str, str]] = RULE_TITLES
    parties: Sequence[tuple[str, str]] = PARTIES
    most: int = MOST


def editor(form: Form) -> Editor:
    """The entries of a form as it was typed."""
    return Editor(
        commitments=[
            Line(key=key, title=_TITLES[rule], fields=fields_of(rule)) for key, rule in _promised(form)
        ],
        promises=[Line(key=key, title="Promesse") for key in keys(form, PROMISES)],
    )


def edited(form: Form) -> Form | None:
    """The form with an entry more or less, when a button asked for that; None when it was not one of these."""
    asked, _, key = form.value(EDIT).partition(":")
    typed = {name: value for name, value in form.typed.items() if name != EDIT}
    if asked == "add-commitment" and form.value(NEW_RULE) in RULES:
        rule = form.value(NEW_RULE)
        begun = {"rule": rule, "wording": RULES[rule].prose.clause}
        typed = added(typed, COMMITMENTS, "article", begun)
    elif asked == "add-promise":
        typed = added(typed, PROMISES, "by", {})
    elif asked == "remove-commitment":
        typed = removed(typed, COMMITMENTS, key, NEW_RULE)
    elif asked == "remove-promise":
        typed = removed(typed, PROMISES, key, "add-promise")
    elif not asked:
        return None
    return Form(typed=typed, token=form.token)


def typed_lists(terms: Terms) -> dict[str, str]:
    """The values of the form that say the commitments and the promises of these terms."""
    found = {
        COMMITMENTS: " ".join(each.id for each in terms.commitments),
        PROMISES: " ".join(each.id for each in terms.promises),
    }
    for commitment in terms.commitments:
        said = {name: getattr(commitment, name) for name in ("rule", "article", "wording")}
        said |= {
            field.name: param_typed(field, commitment.params.get(field.name))
            for field in fields_of(commitment.rule)
        }
        found |= {part(COMMITMENTS, commitment.id, name): value for name, value in said.items()}
    for promise in terms.promises:
        for name in ("by", "article", "wording"):
            found[part(PROMISES, promise.id, name)] = getattr(promise, name)
    return found


def listed_names(form: Form) -> list[str]:
    """The fields of both lists, to carry them on to the next step."""
    return [*names(form, COMMITMENTS), *names(form, PROMISES)]


def paths(form: Form) -> dict[str, str]:
    """The fields for the paths of the terms into both lists."""
    found: dict[str, str] = {}
    for place, (key, rule) in enumerate(_promised(form)):
        at = f"{COMMITMENTS}[{place}]"
        found |= {f"{at}.{name}": part(COMMITMENTS, key, name) for name in ("article", "wording")}
        found |= {
            f"{at}.params.{field.name}": part(COMMITMENTS, key, field.name) for field in fields_of(rule)
        }
    for place, key in enumerate(keys(form, PROMISES)):
        names_ = ("by", "article", "wording")
        found |= {f"{PROMISES}[{place}].{name}": part(PROMISES, key, name) for name in names_}
    return found


def read_commitments(form: Form, held: Sequence[Commitment]) -> tuple[Commitment, ...]:
    """The commitments that a form says; what is wrong the form says, and then they are of no use.

    What is typed as one of the same name was `held` stays exactly as that was.
    """
    before = {each.id: each for each in held}
    found = []
    for key, rule in _promised(form):
        old = before.get(key)
        same = old.params if old is not None and old.rule == rule else {}
        said = {field.name: form.value(part(COMMITMENTS, key, field.name)) for field in fields_of(rule)}
        values = _words(form, COMMITMENTS, key, "Recopiez la clause, mot pour mot.")
        params, wrong = read_params(rule, said, same)
        form.errors |= {part(COMMITMENTS, key, name): words for name, words in wrong.items()}
        found.append(
            Commitment(id=key, article=values["article"], wording=values["wording"], rule=rule, params=params)
        )
    return tuple(found)


def read_promises(form: Form) -> tuple[Promise, ...]:
    """The promises that a form says; what is wrong the form says, and then they are of no use."""
    found = []
    for key in keys(form, PROMISES):
        name = part(PROMISES, key, "by")
        missing = "Choisissez qui promet."
        by: Literal["insurer", "town"] = form.read(
            [Entry(name, one_of([party for party, _ in PARTIES]), missing, missing)]
        )[name]
        values = _words(form, PROMISES, key, "Recopiez la promesse, mot pour mot.")
        found.append(Promise(id=key, by=by, article=values["article"], wording=values["wording"]))
    return tuple(found)


def _promised(form: Form) -> list[tuple[str, str]]:
    """The key and the rule of each commitment; one whose rule nobody knows was not made by this form."""
    said = [(key, form.value(part(COMMITMENTS, key, "rule"))) for key in keys(form, COMMITMENTS)]
    return [(key, rule) for key, rule in said if rule in RULES]


def _words(form: Form, kind: str, key: str, missing: str) -> Mapping[str, Any]:
    """The article and the wording of an entry, as they were written."""
    article, wording = part(kind, key, "article"), part(kind, key, "wording")
    values = form.read(
        [
            Entry(article, lambda value: text(value, LINE), "Écrivez l’article, par exemple : Article 5."),
            Entry(wording, written(CLAUSE), missing),
        ]
    )
    return {"article": values[article], "wording": values[wording]}
