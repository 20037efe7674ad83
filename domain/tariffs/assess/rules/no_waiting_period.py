"""NO_WAITING_PERIOD: cover begins on the first day.

Source: the clause « sans délai de carence ».
"""

from domain.tariffs.assess.findings import Count, Finding, Verdict
from domain.tariffs.assess.model import Params
from domain.tariffs.assess.reading import record
from domain.tariffs.assess.rules.rule import Case, Prose, Rule

NAME = "NO_WAITING_PERIOD"


class NoWaitingPeriod(Params, frozen=True):
    """It has no parameter."""


def judge(commitment: str, _params: NoWaitingPeriod, case: Case) -> list[Finding]:
    """One finding, from the start of the convention; INDETERMINATE when the convention does not tell its period."""
    convention = case.scenario.convention
    days = convention.waiting_period_days
    waits = None if days is None else Count(days)
    if days is None:
        verdict, reason = Verdict.INDETERMINATE, "Le délai de carence n’est pas renseigné."
    elif days:
        plural = "s" if days > 1 else ""
        verdict = Verdict.VIOLATION
        reason = f"Un délai de carence de {days} jour{plural} s’applique, alors que la convention l’exclut."
    else:
        verdict, reason = Verdict.COMPLIANT, "Aucun délai de carence ne s’applique."
    return [
        Finding(
            commitment, NAME, None, None, None, convention.starts_on, None, verdict,
            None, None if waits is None else Count(0), waits, waits, reason,
        )
    ]  # fmt: skip


RULE = Rule(
    NAME,
    NoWaitingPeriod,
    record(NoWaitingPeriod, {}),
    judge,
    prose=Prose(
        title="absence de délai de carence",
        clause="Les garanties prennent effet dès l’adhésion, sans délai de carence.",
        anchor="none.",
        limit="zero: the convention's `waiting_period_days`.",
        verdicts={
            Verdict.COMPLIANT: "There is no waiting period.",
            Verdict.VIOLATION: "There is one.",
            Verdict.INDETERMINATE: "The file does not say.",
        },
        example=(
            "Members wait for ninety days though cover was promised to begin at once; the other promise "
            "of this convention, that joining is free, is kept."
        ),
    ),
)
