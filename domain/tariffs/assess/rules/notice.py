"""NOTICE: the commune hears of a new grid in time, with its justification if that was promised.

Source: the clause « notifiée à la commune au plus tard le 31 octobre, ou deux mois avant la prise d’effet ».
"""

from datetime import date

from domain.tariffs.assess.days import add_months, french_day
from domain.tariffs.assess.findings import Count, Finding, Verdict
from domain.tariffs.assess.model import Grid, Params
from domain.tariffs.assess.month_days import MonthDay, month_day
from domain.tariffs.assess.reading import Field, ScenarioError, flag, maybe, record, whole
from domain.tariffs.assess.rises import notified_grid
from domain.tariffs.assess.rules.rule import Case, Prose, Rule
from domain.tariffs.assess.sentences import FIRST_GRID, quoted

NAME = "NOTICE"

_MOST_MONTHS = 1200


class Notice(Params, frozen=True):
    """Either so many `months` before a grid takes effect, or by a `fixed_day` of the year before."""

    months: int | None = None
    fixed_day: MonthDay | None = None
    requires_justification: bool = False

    def last_day(self, effective_on: date) -> date:
        """The last day on which a grid may be notified; the last of its month where the month is too short."""
        if self.fixed_day is not None:
            return self.fixed_day.in_year(effective_on.year - 1)
        return add_months(effective_on, -(self.months or 0))


def judge(commitment: str, params: Notice, case: Case) -> list[Finding]:
    """One finding a grid; not applicable to the first, which is no change."""
    timeline = case.timeline
    findings = []
    for slot in timeline.slots:
        kept = notified_grid(timeline, slot.grid)
        limit: date | None = None
        excess: Count | None = None
        if not slot.index:
            verdict, reason = Verdict.NOT_APPLICABLE, FIRST_GRID
        else:
            limit = params.last_day(slot.first)
            late = max(0, (kept.notified_on - limit).days)
            is_unjustified = params.requires_justification and not kept.justified
            excess = None if is_unjustified else Count(late)
            verdict = Verdict.VIOLATION if is_unjustified or late else Verdict.COMPLIANT
            reason = _reason(slot.grid, kept, limit, late, is_unjustified=is_unjustified)
        findings.append(
            Finding(
                commitment, NAME, slot.grid.id, None, None, slot.first, slot.last, verdict,
                None, limit, kept.notified_on, excess, reason,
            )
        )  # fmt: skip
    return findings


def _reason(grid: Grid, kept: Grid, limit: date, late: int, *, is_unjustified: bool) -> str:
    when = f"le {french_day(kept.notified_on)}"
    whose = "" if kept is grid else f" avec la grille {quoted((kept.id,))} qu’elle corrige sans hausse"
    if is_unjustified:
        return f"La grille a été notifiée {when}{whose}, sans le justificatif que la convention exige."
    if late:
        plural = "s" if late > 1 else ""
        return (
            f"La grille a été notifiée {when}{whose}, {late} jour{plural} après le dernier jour admis, "
            f"le {french_day(limit)}."
        )
    return f"La grille a été notifiée {when}{whose}, dans le délai qui courait jusqu’au {french_day(limit)}."


def _make(**said: object) -> Notice:
    notice = Notice(**said)  # type: ignore[arg-type] # the fields below have read each of them
    if notice.months is None and notice.fixed_day is None:
        raise ScenarioError("", 'either "months" or "fixed_day"', "neither of them")
    if notice.months is not None and notice.fixed_day is not None:
        raise ScenarioError(".fixed_day", 'either "months" or "fixed_day"', "both of them")
    return notice


RULE = Rule(
    NAME,
    Notice,
    record(
        _make,
        {
            "months": Field(
                maybe(whole(0, _MOST_MONTHS)),
                None,
                about=(
                    "How many months ahead; where the month is too short, its last day. Either this or "
                    "`fixed_day`."
                ),
            ),
            "fixed_day": Field(
                maybe(month_day),
                None,
                about="The last day, month and day, in the year before the grid takes effect.",
            ),
            "requires_justification": Field(
                flag, default=False, about="Whether the documents must come with it."
            ),
        },
    ),
    judge,
    prose=Prose(
        title="préavis à la commune",
        clause=(
            "Toute nouvelle grille est notifiée à la commune, avec ses justificatifs, au plus tard le 31 "
            "octobre de l’année qui précède sa prise d’effet."
        ),
        anchor="none.",
        limit=(
            "the last lawful day: so many months before the grid takes effect, or a day of the year "
            "before. `observed` is the day of notification, `excess` whole days. A correction in which no "
            "cell rises keeps the notice of the grid that it corrects."
        ),
        verdicts={
            Verdict.COMPLIANT: "Notified in time, with its justification if that is asked.",
            Verdict.VIOLATION: "Notified late, or without the justification (the excess is then empty).",
            Verdict.NOT_APPLICABLE: "The first grid.",
        },
        example=(
            "One grid is notified on the very last day, the next one twenty days late, the third in time "
            "but without the documents that explain it."
        ),
    ),
)
