"""« Communes »: the whole portfolio on one page, what is urgent first; the address is the saved filter."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

import msgspec
from flask import request, url_for
from flask.typing import ResponseReturnValue

from domain.tenancy import code_of
from domain.text import search_key, words
from infra.directory.records import Commune
from projections.compliance import queries as compliance
from projections.crm import queries as crm
from projections.engine.reading import Reader
from projections.oversight import queries as oversight
from projections.oversight.queries import OfficeHourRow
from services.access import allow
from services.asking import parts
from services.web.communes import communes
from services.web.desk import Desk
from services.web.exports import FileKind, download
from services.web.insurer.blueprint import blueprint
from services.web.partnership import Partner, judged_up_to, partner
from services.web.render import page
from services.web.standing import WORST_FIRST, worst
from services.web.typography import count, hour, in_words, number, plural
from services.web.words import STAGES, STANDINGS

PAGE: Final = 100
_AROUND: Final = timedelta(days=92)
_MOST_OFFICE_HOURS: Final = 10_000
_STAGE_ORDER: Final = ("declared", "current", "upcoming", "ended")


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One commune of the portfolio. `members` None: nothing was ever recorded there, which is not 0."""

    code: str
    name: str
    commune: Commune | None
    partner: Partner
    members: int | None
    next_hour: OfficeHourRow | None
    overdue: int

    @property
    def state(self) -> str:
        """The state that speaks for all commitments."""
        return worst(self.partner.standings)

    @property
    def kept(self) -> int:
        """How many commitments are kept."""
        return sum(standing.state == "kept" for standing in self.partner.standings)

    @property
    def broken(self) -> int:
        """How many commitments are broken."""
        return len(self.partner.broken)


class Sort(msgspec.Struct, frozen=True):
    """A header link: where it leads, and the order if it is the present one."""

    href: str
    direction: str | None


_Key = Callable[[Line], Any]
_KEYS: Final[Mapping[str, _Key]] = {
    "commune": lambda line: search_key(line.name),
    "etape": lambda line: (_STAGE_ORDER.index(line.partner.stage), search_key(line.name)),
    "etat": lambda line: (WORST_FIRST.index(line.state), -line.broken, -line.overdue, search_key(line.name)),
    "adherents": lambda line: (line.members is not None, line.members or 0),
    "permanence": lambda line: (
        line.next_hour is None,
        line.next_hour.on_day if line.next_hour else date.max,
    ),
    "fin": lambda line: (line.partner.convention.ends_on, search_key(line.name)),
}
_USUAL: Final = "etat"


@blueprint.get("/communes")
@allow("insurer")
def portfolio() -> ResponseReturnValue:
    """Every commune with a convention, filtered and sorted as the address says."""
    desk = Desk()
    every = _lines(desk)
    shown = _sorted(_filtered(every))
    after = request.args.get("apres", "")
    place = next((i + 1 for i, line in enumerate(shown) if line.code == after), 0)
    rows = shown[place : place + PAGE]
    following = url_for(".portfolio", **_saved(apres=rows[-1].code)) if len(shown) > place + PAGE else None
    return page(
        "insurer/portfolio.jinja",
        title=_title(every),
        every=every,
        rows=rows,
        total=len(shown),
        following=following,
        facts=_facts(every),
        sorts={key: _sort(key) for key in _KEYS},
        saved=_saved(),
        chosen={name: request.args.get(name, "") for name in ("q", "etape", "etat", "tri")},
        stages=list(STAGES.items()),
        states=[(state, STANDINGS[state]) for state in WORST_FIRST],
        read=desk.seal,
    )


@blueprint.get("/communes.<any(csv, xlsx):kind>")
@allow("insurer")
def portfolio_file(kind: FileKind) -> ResponseReturnValue:
    """The same rows as a file."""
    headers = (
        "Commune", "Code INSEE", "Département", "Étape", "Engagements", "Rompus", "Tenus", "Adhérents ce jour",
        "Prochaine permanence", "Heure", "Lieu", "Fin de convention", "Fictif",
    )  # fmt: skip
    return download(
        kind,
        "communes",
        headers,
        (
            (
                line.name,
                line.code,
                line.commune.department.name if line.commune else None,
                STAGES[line.partner.stage],
                STANDINGS[line.state],
                line.broken,
                line.kept,
                "Non communiqué" if line.members is None else line.members,
                line.next_hour.on_day if line.next_hour else None,
                line.next_hour.starts_at if line.next_hour else None,
                line.next_hour.place if line.next_hour else None,
                line.partner.convention.ends_on,
                line.partner.convention.fictitious,
            )
            for line in _sorted(_filtered(_lines(Desk())))
        ),
    )


def _lines(desk: Desk) -> list[Line]:
    checked = judged_up_to()

    def query(reader: Reader) -> list[Line]:
        owners = [desk.accord]
        conventions = _by_tenant(oversight.conventions(reader, None, owners))
        grids = _by_tenant(compliance.grids(reader, None, owners))
        breaches = _by_tenant(compliance.breaches(reader, None, owners))
        members = crm.members_by_town(reader, desk.own, desk.today)
        around = _by_tenant(
            oversight.office_hours(
                reader,
                None,
                owners,
                first=desk.today - _AROUND,
                last=desk.today + _AROUND,
                limit=_MOST_OFFICE_HOURS,
            )
        )
        names = communes(parts(), [code_of(tenant) for tenant in conventions])
        found = []
        for tenant, mine in conventions.items():
            code = code_of(tenant)
            commune = names.get(code)
            known = members.get(tenant)
            found.append(
                Line(
                    code=code,
                    name=commune.name if commune else code,
                    commune=commune,
                    # Office hours month by month are the town's page's: here only what waits to be said.
                    partner=partner(
                        mine, grids.get(tenant, []), breaches.get(tenant, []), None, [], desk.today, checked
                    ),
                    members=known.members if known else None,
                    next_hour=next(
                        (row for row in around.get(tenant, []) if _to_come(row, desk.today)), None
                    ),
                    overdue=sum(to_report(row, desk.today) for row in around.get(tenant, [])),
                )
            )
        return found

    return desk.read(query)


def _to_come(row: OfficeHourRow, today: date) -> bool:
    return row.state == "planned" and row.on_day >= today


def to_report(row: OfficeHourRow, today: date) -> bool:
    """Whether the day of an office hour has passed, and nobody has said what became of it."""
    return row.state == "overdue" or (row.state == "planned" and row.on_day < today)


def _by_tenant(rows: Sequence[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row.tenant, []).append(row)
    return found


def _filtered(lines: Sequence[Line]) -> list[Line]:
    text, stage, state = (request.args.get(name, "") for name in ("q", "etape", "etat"))
    beginnings = words(text)
    return [
        line
        for line in lines
        if (not stage or line.partner.stage == stage)
        and (not state or line.state == state)
        and all(_answers(line, beginning) for beginning in beginnings)
    ]


def _answers(line: Line, beginning: str) -> bool:
    names = [*words(line.name), line.code.casefold(), *(line.commune.postcodes if line.commune else ())]
    return any(name.startswith(beginning) for name in names)


def _order() -> tuple[str, bool]:
    asked = request.args.get("tri", _USUAL)
    key = asked.removeprefix("-")
    return (key, asked.startswith("-")) if key in _KEYS else (_USUAL, False)


def _sorted(lines: Sequence[Line]) -> list[Line]:
    key, descending = _order()
    return sorted(lines, key=_KEYS[key], reverse=descending)


def _sort(key: str) -> Sort:
    present, descending = _order()
    if key != present:
        return Sort(url_for(".portfolio", **_saved(tri=key)), None)
    turned = key if descending else f"-{key}"
    return Sort(url_for(".portfolio", **_saved(tri=turned)), "descending" if descending else "ascending")


def _saved(**changed: str) -> dict[str, Any]:
    names = ("q", "etape", "etat", "tri")
    return {name: value for name in names if (value := request.args.get(name, ""))} | changed


def _title(lines: Sequence[Line]) -> str:
    if not lines:
        return "Aucune commune pour l’instant"
    communes_ = count(len(lines), "commune")
    broken = sum(line.broken for line in lines)
    if broken:
        return f"{communes_}, {in_words(broken, feminine=True)} {plural(broken, 'rupture')} à traiter"
    silent = sum(line.overdue for line in lines)
    if silent:
        return f"{communes_}, {in_words(silent, feminine=True)} {plural(silent, 'permanence')} à déclarer"
    return f"{communes_}, rien d’urgent"


def _facts(lines: Sequence[Line]) -> list[tuple[str, str, str]]:
    counted = [line for line in lines if line.members is not None]
    unknown = [line.name for line in lines if line.members is None and line.partner.stage == "current"]
    silent = [line for line in lines if line.overdue]
    waiting = [line.name for line in lines if line.partner.stage == "declared"]
    first = min((line for line in lines if line.next_hour), key=_KEYS["permanence"], default=None)
    return [
        (
            "Adhérents",
            number(sum(line.members or 0 for line in counted)),
            f"{count(len(counted), 'commune')}{_without(unknown)}",
        ),
        (
            "Engagements rompus",
            number(sum(line.broken for line in lines)),
            ", ".join(line.name for line in lines if line.broken)[:60] or "aucune commune",
        ),
        (
            "Permanences à déclarer",
            number(sum(line.overdue for line in silent)),
            ", ".join(line.name for line in silent)[:60]
            or (
                f"prochaine le {first.next_hour.on_day:%d/%m/%Y}, {hour(first.next_hour.starts_at)}"
                if first and first.next_hour
                else ""
            ),
        ),
        ("Conventions à confirmer", number(len(waiting)), ", ".join(waiting)[:60] or "aucune"),
    ]


def _without(names: Sequence[str]) -> str:
    if not names:
        return ""
    return f", {names[0]} non comptée" if len(names) == 1 else f", {len(names)} non comptées"
