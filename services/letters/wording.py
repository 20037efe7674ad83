"""The first version of what the town writes in a formal notice: it changes what it likes before it signs.

The letter stands on the convention alone: what was promised, what is broken, by when, and what follows otherwise.
"""

from datetime import date

from domain.money import SPACE
from services.letters.facts import Case, Parts
from services.web.typography import count, fr, long_day, plain_text


def first_version(case: Case, *, signatory: str = "") -> Parts:
    """The parts as they are proposed; addresses are the town's to complete."""
    return Parts(
        sender=fr(f"Ville de {case.town}\nHôtel de ville"),
        recipient=fr(f"{case.insurer}\nÀ l'attention de la direction"),
        sending="Lettre recommandée avec avis de réception",
        place=case.town,
        signatory=fr(signatory or f"Le maire ou la maire de {case.town}"),
        subject=fr(f"Mise en demeure de respecter {_article(case)} de la convention de mutuelle communale"),
        opening=fr(_opening(case)),
        demand=fr(_demand(case)),
        closing=fr(_closing(case)),
    )


def _opening(case: Case) -> str:
    promised, breach = case.promised, case.breach
    vote = f", sur {_vote(promised.council_vote)}" if promised.council_vote else ""
    said = (
        "Madame, Monsieur,\n\n"
        f"Par la convention signée le {_day(promised.signed_on)}{vote}, vous vous êtes engagés envers la ville de"
        f" {case.town} sur les cotisations proposées à ses habitants. Un de ces engagements n'est pas tenu."
    )
    grid = f"La grille « {breach.grid} »" if breach.grid else "Le tarif en vigueur"
    notified = f", notifiée le {_day(breach.notified_on)}" if breach.grid and breach.notified_on else ""
    since = "applicable depuis le" if breach.applied else "applicable à compter du"
    said += f"\n\n{grid}{notified} et {since} {_day(breach.from_on)}, dépasse ce que la convention permet."
    told = f"Cet écart est porté à votre connaissance depuis le {_day(breach.detected_on)}."
    if breach.explained_on is not None:
        told += f" L'explication que vous avez donnée le {_day(breach.explained_on)} ne le justifie pas."
    elif breach.silent:
        told += " Vous n'y avez pas répondu dans le délai que la convention vous donne."
    return f"{said} {told}"


def _demand(case: Case) -> str:
    said = (
        f"En conséquence, je vous mets en demeure de rétablir, au plus tard le {_day(case.cure_by)}, des cotisations"
        f" conformes à {_article(case)} de la convention, avec effet à la date à laquelle la grille en cause"
        f" {'a pris' if case.breach.applied else 'prend'} effet, et de notifier à la ville la grille qui la remplace."
    )
    if case.breach.applied:
        said += (
            "\n\nJe vous demande, dans le même délai, de rendre aux adhérents ce qu'ils ont payé au-delà du plafond,"
            " et de m'en donner le compte."
        )
    return said


def _closing(case: Case) -> str:
    promised = case.promised
    ground = (
        f", en application de {_of(promised.termination_article)}" if promised.termination_article else ""
    )
    return (
        "À défaut de correction à cette date, la ville sera en droit de mettre fin à la convention"
        f"{ground}, moyennant un préavis de {promised.notice_months}{SPACE}mois, et se réserve toute autre voie de"
        " droit. Les contrats individuels des adhérents se poursuivent dans tous les cas.\n\n"
        f"La convention vous donne {count(case.cure_days, 'jour')} à compter de l'envoi de la présente. Toute"
        " réponse écrite reçue dans ce délai est examinée.\n\n"
        "Je vous prie d'agréer, Madame, Monsieur, l'expression de ma considération distinguée."
    )


def _vote(number: str) -> str:
    """`délibération 2024-021`; one that names itself so keeps its words."""
    named = number.lower().startswith("délibération")
    return number[0].lower() + number[1:] if named else f"délibération {number}"


def _article(case: Case) -> str:
    return _of(case.promised.article)


def _of(article: str) -> str:
    """`l’article 5` from `Art. 5` or `Article 5`; other names stay as they are."""
    for beginning in ("Article ", "article ", "Art. ", "art. "):
        if article.startswith(beginning):
            return f"l'article{SPACE}{article.removeprefix(beginning)}"
    return f"la clause « {article} »"


def _day(value: date) -> str:
    return plain_text(long_day(value, weekday=False))
