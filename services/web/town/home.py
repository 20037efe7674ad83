"""The town's first page: one sentence that answers, a brick for each commitment, what waits, how many are helped."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec
from flask import url_for
from flask.typing import ResponseReturnValue

from projections.compliance import queries as compliance
from projections.compliance.queries import BreachRow
from projections.engine.reading import Reader
from projections.oversight import queries as oversight
from projections.oversight.queries import CitationRow
from services.access import allow
from services.web.charts import Curve, months
from services.web.desk import Desk
from services.web.exports import FileKind, download
from services.web.partnership import Partner, judged_up_to, partners
from services.web.render import page
from services.web.standing import Standing, by_urgency
from services.web.town.blueprint import blueprint
from services.web.typography import count, day, eur, in_words, plural

_MONTHS_SHOWN = 24


class Task(msgspec.Struct, frozen=True):
    """Something that waits for the town, and until or since when."""

    words: str
    href: str
    when: str
    tone: str | None = None


class Town(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a town reads of its schemes."""

    partners: Sequence[Partner]
    breaches: Sequence[BreachRow]
    citations: Sequence[CitationRow]

    @property
    def open(self) -> list[Partner]:
        """The partners whose convention the town has recognised."""
        return [partner for partner in self.partners if partner.open]

    @property
    def waiting(self) -> list[Partner]:
        """Those that wait for it."""
        return [partner for partner in self.partners if not partner.open]

    @property
    def standings(self) -> list[tuple[Partner, Standing]]:
        """Every commitment of every partner."""
        return [(partner, standing) for partner in self.open for standing in partner.standings]


def town_of(desk: Desk) -> Town:
    """What this town may read."""
    checked = judged_up_to()

    def query(reader: Reader) -> Town:
        return Town(
            partners=partners(reader, desk.tenant, desk.owners, desk.today, checked),
            breaches=compliance.breaches(reader, desk.tenant, desk.owners),
            citations=oversight.citations(reader, desk.tenant),
        )

    return desk.read(query)


@blueprint.get("")
@allow("town")
def home() -> ResponseReturnValue:
    """The first page."""
    desk = Desk()
    town = town_of(desk)
    return page(
        "town/home.jinja",
        town=town,
        title=_title(town),
        lead=_lead(town, desk.today),
        tasks=_tasks(town, desk.today),
        standings=town.standings,
        ordered=by_urgency([standing for _, standing in town.standings]),
        figures={partner.owner: facts(partner, desk.today) for partner in town.partners},
        curves={partner.owner: curve(partner) for partner in town.partners},
        today=desk.today,
        read=desk.seal,
    )


@blueprint.get("/engagements.<any(csv, xlsx):kind>")
@allow("town")
def register_file(kind: FileKind) -> ResponseReturnValue:
    """The register of commitments as a file."""
    desk = Desk()
    words = {"kept": "Tenu", "broken": "Rompu", "undecidable": "Sans verdict", "none": "Sans objet"}
    return download(
        kind,
        f"engagements-{desk.who.code}",
        ("Organisme", "Article", "Engagement", "Clause", "État", "Preuve"),
        (
            (
                partner.name,
                standing.article,
                standing.title,
                standing.wording,
                standing.word or words[standing.state],
                standing.evidence,
            )
            for partner, standing in town_of(desk).standings
        ),
    )


def curve(partner: Partner) -> Curve | None:
    """Members month by month; None when no month is published, or none may be shown."""
    shown = partner.figures[-_MONTHS_SHOWN:]
    if all(row.members is None for row in shown):
        return None
    return months([(row.month, row.members) for row in shown])


def _title(town: Town) -> str:
    every = [standing for _, standing in town.standings]
    broken = [standing for standing in every if standing.state == "broken"]
    verified = [standing for standing in every if standing.state in {"broken", "kept"}]
    if broken:
        told = in_words(len(broken)).capitalize()
        verb = plural(len(broken), "est rompu", "sont rompus")
        if len(verified) > len(broken):
            kept = len(verified) - len(broken)
            return (
                f"{in_words(kept).capitalize()} {plural(kept, 'engagement')} sur {in_words(len(verified))}"
                f" {plural(kept, 'est tenu', 'sont tenus')}. {told} {verb}."
            )
        return f"{told} {plural(len(broken), 'engagement')} {verb}."
    if any(not partner.judged for partner in town.open):
        return "Un nouveau tarif est en cours de vérification."
    if verified:
        if len(verified) == 1:
            return "L’engagement vérifié est tenu."
        return "Tous les engagements vérifiés sont tenus."
    if town.open:
        return "Aucun engagement n’est rompu."
    if town.waiting:
        return "Une convention attend votre confirmation."
    return "Aucune mutuelle communale n’est encore déclarée ici."


def _lead(town: Town, today: date) -> str:
    """The next sentence: the gravest breach, or why there is little to say."""
    broken = [(partner, standing) for partner, standing in town.standings if standing.state == "broken"]
    if broken:
        partner, standing = broken[0]
        breach = standing.breach
        if breach is not None and breach.observed_price is not None and breach.limit_price is not None:
            applied = breach.from_on <= today
            verb = "applique" if applied else "annonce"
            end = "" if applied else " Ce prix peut encore être corrigé d’ici là."
            since = f"{'depuis le' if applied else 'à partir du'} {day(breach.from_on)}"
            price, limit = eur(breach.observed_price), eur(breach.limit_price)
            return f"{partner.name} {verb} {price} par mois {since}, pour un plafond de {limit}.{end}"
    names = [partner.name for partner in town.open]
    if not names:
        return "Un organisme déclare la convention signée avec vous ; vous la confirmez ici, et le registre s’ouvre."
    return f"Beffroi compare chaque grille notifiée par {' et '.join(names)} aux plafonds de la convention."


def _tasks(town: Town, today: date) -> list[Task]:
    tasks = [
        Task(
            f"Convention avec {partner.name} : la lire, puis la confirmer si elle est exacte",
            url_for(".confirm", siren=partner.siren, convention=partner.convention.id),
            f"déclarée, signée le {day(partner.convention.signed_on)}",
        )
        for partner in town.waiting
    ]
    for _, standing in town.standings:
        if standing.state == "broken" and standing.breach is not None:
            first = min(breach.from_on for breach in standing.breaches)
            left = (first - today).days
            when = (
                f"effet le {day(first)}, dans {count(left, 'jour')}"
                if left > 0
                else f"appliqué depuis le {day(first)}"
            )
            cells = len(standing.breaches)
            tasks.append(
                Task(
                    f"{standing.title} : lire {plural(cells, 'le prix', f'les {cells} prix')} au-dessus du plafond",
                    url_for(".alert", breach=standing.breach.id),
                    when,
                    "broken",
                )
            )
    for partner in town.open:
        silent = sum(row.overdue for row in partner.months)
        if silent:
            tasks.append(
                Task(
                    f"{count(silent, 'permanence')} sans compte rendu : le demander à {partner.name}",
                    url_for(".office_hours"),
                    "le jour est passé, rien n’a été déclaré",
                )
            )
        left = (partner.convention.ends_on - today).days
        if 0 <= left <= 366:
            tasks.append(
                Task(
                    f"Convention avec {partner.name} : décider de la suite",
                    f"#{partner.siren}",
                    f"fin le {day(partner.convention.ends_on)}, préavis de {partner.convention.notice_months} mois",
                )
            )
    return tasks


def facts(partner: Partner, today: date) -> list[tuple[str, Any, str]]:
    """The figures of a partner, frozen at a month's end."""
    latest = partner.latest
    ago = next((row for row in partner.figures if latest and row.month == _year_before(latest.month)), None)
    year = [row for row in partner.months if row.month < f"{today:%Y-%m}"][:12]
    promised = sum(row.promised or 0 for row in year)
    held = sum(row.held for row in year)
    visitors = sum(row.visitors for row in year)
    if latest is None:
        members: tuple[str, Any, str] = ("Adhérents", "Non communiqué", "aucun mois publié")
    elif latest.members is None:
        members = ("Adhérents", "Non diffusé", "moins de 11 personnes")
    elif ago is not None and ago.members is not None:
        change = latest.members - ago.members
        members = (
            "Adhérents",
            latest.members,
            f"{abs(change)} de {'plus' if change >= 0 else 'moins'} en un an",
        )
    else:
        members = ("Adhérents", latest.members, f"au {day(latest.on_day)}")
    return [
        members,
        (
            "Permanences tenues",
            f"{held} sur {promised}" if promised else str(held),
            f"sur {len(year)} mois finis",
        ),
        ("Reçus en permanence", visitors, f"personnes, sur {len(year)} mois finis"),
        (
            "Fin de convention",
            day(partner.convention.ends_on),
            f"préavis de {partner.convention.notice_months} mois",
        ),
    ]


def _year_before(month: str) -> str:
    return f"{int(month[:4]) - 1}{month[4:]}"


__all__ = ["Town", "curve", "facts", "home", "register_file", "town_of"]
