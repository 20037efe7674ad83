"""Pages of what went wrong: what failed, what is safe, what to do, and a reference; never a code alone."""

import logging
from collections.abc import Mapping
from typing import Final

import msgspec
from flask import Response
from flask_wtf.csrf import CSRFError

from services.asking import correlation
from services.problems import Problem
from services.web.render import ENVIRONMENT, page

log = logging.getLogger(__name__)


class Words(msgspec.Struct, frozen=True):
    """What an error page says."""

    title: str
    safe: str
    todo: str


_NOTHING_RECORDED: Final = "Rien n’a été enregistré."
_NOT_FOUND: Final = Words(
    "Cette page n’existe pas, ou pas pour vous",
    "Vos données sont intactes.",
    "Vérifiez l’adresse, ou reprenez depuis l’accueil.",
)
_BUSY: Final = Words(
    "Le service est très sollicité",
    f"{_NOTHING_RECORDED} Ce que vous aviez enregistré avant est en sûreté.",
    "Attendez quelques secondes, puis renvoyez votre demande : elle ne sera pas comptée deux fois.",
)
_DOWN: Final = Words(
    "La base de données ne répond pas",
    "Ce qui était enregistré est en sûreté.",
    "Réessayez dans une minute. Si vous veniez d’envoyer un formulaire, renvoyez-le : il ne sera pas compté deux fois.",
)
_WORDS: Final = {
    "not-found": _NOT_FOUND,
    "commune-merged": Words(
        "Cette commune fait maintenant partie d’une autre",
        "Son registre est conservé.",
        "Reprenez avec le nom de la commune nouvelle.",
    ),
    "method-not-allowed": _NOT_FOUND,
    "lost-race": Words(
        "Quelqu’un d’autre vient de modifier la même chose",
        _NOTHING_RECORDED,
        "Rechargez la page, relisez, puis recommencez si c’est toujours nécessaire.",
    ),
    "stale": Words(
        "Ce que vous aviez sous les yeux a changé",
        _NOTHING_RECORDED,
        "Rechargez la page, relisez, puis recommencez si c’est toujours nécessaire.",
    ),
    "command-reused": Words(
        "Ce formulaire est déjà enregistré, avec d’autres valeurs",
        "Le premier envoi est en sûreté ; le second n’a rien changé.",
        "Ouvrez un nouveau formulaire si vous voulez enregistrer autre chose.",
    ),
    "not-recordable": Words(
        "Un caractère de votre saisie ne peut pas être enregistré",
        _NOTHING_RECORDED,
        "Revenez en arrière et retapez le texte qui a été collé.",
    ),
    "tariff-not-judged": Words(
        "Ce tarif ne peut pas être vérifié",
        _NOTHING_RECORDED,
        "Revenez en arrière et vérifiez la grille ligne par ligne.",
    ),
    "too-large": Words(
        "Votre envoi est trop volumineux",
        _NOTHING_RECORDED,
        "Envoyez un fichier plus petit : une grille tient en quelques dizaines de kilo-octets.",
    ),
    "ledger-full": _BUSY,
    "sign-in-busy": _BUSY,
    "ledger-unavailable": _DOWN,
    "database-unavailable": _DOWN,
    "view-not-ready": Words(
        "Cette liste se reconstruit",
        "Le registre est complet : rien n’est perdu.",
        "Réessayez dans quelques minutes.",
    ),
    "communes-not-loaded": Words(
        "La liste des communes n’est pas encore chargée",
        "Vos données sont intactes.",
        "Réessayez dans une minute.",
    ),
    "internal-error": Words(
        "Une erreur est survenue de notre côté",
        "Ce qui était enregistré est en sûreté.",
        "Réessayez. Si cela se répète, donnez la référence ci-dessous à la personne qui exploite Beffroi.",
    ),
    "form-expired": Words(
        "Ce formulaire est resté ouvert trop longtemps",
        _NOTHING_RECORDED,
        "Revenez en arrière, rechargez la page, puis envoyez-le à nouveau.",
    ),
    "forbidden": Words(
        "Cette action ne vous est pas ouverte",
        _NOTHING_RECORDED,
        "Reprenez depuis l’accueil.",
    ),
}
_OTHERWISE: Final = Words(
    "Cette demande n’a pas été comprise",
    _NOTHING_RECORDED,
    "Revenez en arrière et recommencez.",
)


def form_expired(_: CSRFError) -> Response:
    """The page of a form whose proof of origin is missing or too old."""
    return _page(400, "form-expired", None)


def show(problem: Problem) -> Response:
    """The page of a problem."""
    code = "forbidden" if problem.status == 403 else problem.code
    successor = problem.facts.get("successor")
    answer = _page(problem.status, code, successor if isinstance(successor, Mapping) else None)
    for name, value in problem.headers.items():
        answer.headers[name] = value
    return answer


def _page(status: int, code: str, successor: Mapping[str, str] | None) -> Response:
    words = _WORDS.get(code, _OTHERWISE)
    try:
        return page("error.jinja", status=status, words=words, successor=successor, reference=correlation())
    except Exception:
        # Who asks is not known when the database is away: the same words, without anything about them.
        log.exception("the error page itself failed")
        text = ENVIRONMENT.get_template("error_bare.jinja").render(words=words, reference=correlation())
        return Response(text, status=status, mimetype="text/html")
