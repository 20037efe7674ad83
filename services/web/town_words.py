"""What a town's first page says: the title that answers, the sentence after it, and what waits for the town."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import msgspec

from projections.compliance.case_queries import CaseRow
from projections.oversight.queries import ConventionRow
from services.web.case_words import due_words, headline, left
from services.web.figures import figure
from services.web.partnership import Partner
from services.web.register import Entry
from services.web.sight import Sight
from services.web.town_facts import Town
from services.web.typography import count, day, in_words, plural

_SOON: Final = 366
"""Days before its end from which on a convention waits for a decision."""


class Task(msgspec.Struct, frozen=True):
    """Something that waits for the town, and until or since when; `href` None where there is nothing to open."""

    words: str
    href: str | None
    when: str
    tone: str | None = None


def title(town: Town, sight: Sight) -> str:
    """The sentence that answers: how many commitments are kept, how many are not."""
    told = [entry for entry in town.entries if entry.state != "none"]
    counts = {state: sum(entry.state == state for entry in told) for state in ("broken", "disputed", "kept")}
    if counts["broken"] or counts["disputed"]:
        said = [_kept(counts["kept"], len(told))] if counts["kept"] else []
        if counts["broken"]:
            said.append(_some(counts["broken"], "est rompu", "sont rompus", named=not said))
        if counts["disputed"]:
            said.append(_some(counts["disputed"], "est contesté", "sont contestés", named=not said))
        return " ".join(said)
    if any(not partner.judged for partner in town.open):
        return "Un nouveau tarif est en cours de vérification."
    if counts["kept"]:
        return _all_kept(counts["kept"], len(told))
    return _nothing_said(town, sight)


def _all_kept(kept: int, of: int) -> str:
    if kept < of:
        return f"{_kept(kept, of)} Aucun n’est rompu."
    return "L’engagement vérifié est tenu." if of == 1 else "Tous les engagements vérifiés sont tenus."


def _nothing_said(town: Town, sight: Sight) -> str:
    if town.open:
        return "Aucun engagement n’est rompu."
    if town.waiting:
        return (
            f"Une convention attend {'votre confirmation' if sight.acts else 'la confirmation de la ville'}."
        )
    refused = [partner.name for partner in town.partners if partner.convention.state == "refused"]
    if refused:
        who = "Vous avez" if sight.acts else "La ville a"
        return f"{who} refusé la convention que {' et '.join(refused)} {plural(len(refused), 'a', 'ont')} déclarée."
    return "Aucune mutuelle communale n’est encore déclarée ici."


def _kept(kept: int, of: int) -> str:
    verb = plural(kept, "est tenu", "sont tenus")
    return f"{in_words(kept).capitalize()} {plural(kept, 'engagement')} sur {in_words(of)} {verb}."


def _some(number: int, one: str, many: str, *, named: bool) -> str:
    noun = f" {plural(number, 'engagement')}" if named else ""
    return f"{in_words(number).capitalize()}{noun} {plural(number, one, many)}."


def lead(town: Town, today: date) -> str:
    """The next sentence: the gravest breach, or why there is little to say."""
    case = worst_case(town)
    if case is not None:
        name = _name(town, case)
        applied = case.from_on <= today
        cell = case.cells[0] if case.cells else None
        ending = "" if applied else " Ce prix peut encore être corrigé d’ici là."
        if cell is not None and case.unit == "euros" and cell["observed"] and cell["limit"]:
            verb = "applique" if applied else "annonce"
            since = f"{'depuis le' if applied else 'à partir du'} {day(case.from_on)}"
            price, limit = figure(cell["observed"], "euros"), figure(cell["limit"], "euros")
            return f"{name} {verb} {price} par mois {since}, pour un plafond de {limit}.{ending}"
        return f"{headline_of(town, case)}, avec {name}.{ending}"
    names = [partner.name for partner in town.open]
    if not names:
        return "Un organisme déclare la convention signée avec la ville ; la ville la confirme, et le registre s’ouvre."
    return (
        f"Beffroi compare chaque grille notifiée par {' et '.join(names)} aux engagements de la convention."
    )


def worst_case(town: Town) -> CaseRow | None:
    """The open case to look at first: the town's turn before the insurer's, then what is due first."""
    open_ = [case for case in town.cases if case.open]
    return min(open_, key=lambda case: (case.turn != "town", case.due_on or date.max, case.id), default=None)


def headline_of(town: Town, case: CaseRow) -> str:
    """What is wrong in a case, in a sentence."""
    partner = town.partner_of(case.owner)
    return headline_in(partner.convention if partner else None, case)


def headline_in(convention: ConventionRow | None, case: CaseRow) -> str:
    """The same, by the convention that counts today with the insurer of the case."""
    promised = convention.terms.commitments if convention else ()
    return headline(case, next((each for each in promised if each.id == case.commitment), None))


def _name(town: Town, case: CaseRow) -> str:
    partner = town.partner_of(case.owner)
    return partner.name if partner else "L’organisme"


def tasks(town: Town, sight: Sight) -> list[Task]:
    """What waits for the town, what is due first on top; then what it should know."""
    today, links = sight.today, sight.links
    return [
        *(
            Task(
                f"Convention avec {partner.name} : la lire, puis la confirmer si elle est exacte",
                links.to("confirm", siren=partner.siren, convention=partner.convention.id),
                f"déclarée, signée le {day(partner.convention.signed_on)}",
            )
            for partner in town.waiting
        ),
        *_cases(town, sight),
        *_decisions(town, sight),
        *(task for partner in town.open for task in _of_partner(partner, sight, today)),
    ]


def _cases(town: Town, sight: Sight) -> list[Task]:
    found = []
    for case in sorted(
        (case for case in town.cases if case.open and case.due_on is not None),
        key=lambda case: (case.turn != "town", case.due_on or date.max),
    ):
        what = {
            "explained": f"lire l’explication de {_name(town, case)}, puis accepter ou contester",
            "detected": f"attendre l’explication de {_name(town, case)}, ou contester",
            "disputed": f"attendre la réponse de {_name(town, case)}",
            "formal_notice": f"attendre la correction de {_name(town, case)}",
        }[case.state]
        due = case.due_on or sight.today
        found.append(
            Task(
                f"{headline_of(town, case)} : {what}",
                sight.links.to("case", case=case.id),
                f"{due_words(case.clock)} {left(due, sight.today)}",
                "broken" if case.turn == "town" or due < sight.today else None,
            )
        )
    return found


def _decisions(town: Town, sight: Sight) -> list[Task]:
    found = []
    for row in town.exemptions:
        partner = town.partner_of(row.owner)
        if row.state == "requested" and partner is not None and row.requested_at is not None:
            found.append(
                Task(
                    f"Dérogation demandée par {partner.name} : l’accorder ou la refuser",
                    sight.links.to(
                        "exemption", exemption=row.id, siren=partner.siren, convention=row.convention
                    ),
                    f"demandée le {day(row.requested_at)}",
                )
            )
    for partner in town.open:
        pending = partner.convention.pending
        if pending is not None:
            words = "Rectification" if pending.nature == "correction" else "Avenant"
            found.append(
                Task(
                    f"{words} de la convention avec {partner.name} : le lire, puis le confirmer ou le refuser",
                    sight.links.to(
                        "amendment",
                        amendment=pending.id,
                        siren=partner.siren,
                        convention=partner.convention.id,
                    ),
                    f"déclaré le {day(pending.declared_at)}, effet le {day(pending.effective_on)}",
                )
            )
    return found


def _of_partner(partner: Partner, sight: Sight, today: date) -> list[Task]:
    found = []
    silent = sum(row.overdue for row in partner.months)
    if silent:
        found.append(
            Task(
                f"{count(silent, 'permanence')} sans compte rendu : le demander à {partner.name}",
                sight.links.to("office_hours"),
                "le jour est passé, rien n’a été déclaré",
            )
        )
    convention = partner.convention
    ending = sight.links.to("notice", siren=partner.siren, convention=convention.id) or f"#{partner.siren}"
    days = (convention.last_day - today).days
    if convention.notice is not None and days >= 0:
        who = "la ville" if convention.notice.by == "town" else partner.name
        found.append(
            Task(
                f"Convention avec {partner.name} : résiliée par {who}",
                ending,
                f"dernier jour le {left(convention.last_day, today)}",
            )
        )
    elif 0 <= days <= _SOON:
        found.append(
            Task(
                f"Convention avec {partner.name} : décider de la suite",
                ending,
                f"fin le {left(convention.last_day, today)}, préavis de {convention.notice_months} mois",
            )
        )
    return found


def side_by_side(town: Town) -> list[tuple[Partner, dict[str, int]]]:
    """Several insurers in one town: how many commitments of each are in which state."""
    return (
        [(partner, tally(town.register[partner.owner])) for partner in town.open]
        if len(town.open) > 1
        else []
    )


def tally(every: Sequence[Entry]) -> dict[str, int]:
    """How many entries are in each state; promises that no machine judges are counted apart, as `together`."""
    found: dict[str, int] = {}
    for entry in every:
        key = entry.state if entry.verified or entry.state != "none" else "together"
        found[key] = found.get(key, 0) + 1
    return found
