"""NO_FEE: joining costs nothing besides the contribution.

Source: the clause « aucun frais de dossier ni d’adhésion ».
"""

from domain.money import french_euros
from domain.tariffs.assess.findings import Finding, Verdict
from domain.tariffs.assess.model import Params
from domain.tariffs.assess.reading import record
from domain.tariffs.assess.rules.rule import Case, Prose, Rule

NAME = "NO_FEE"


class NoFee(Params, frozen=True):
    """It has no parameter."""


def judge(commitment: str, _params: NoFee, case: Case) -> list[Finding]:
    """One finding, from the start of the convention; INDETERMINATE when the convention does not tell its fees."""
    convention = case.scenario.convention
    fees = convention.fees
    if fees is None:
        verdict, limit, reason = Verdict.INDETERMINATE, None, "Les frais de dossier ne sont pas renseignés."
    elif fees:
        verdict, limit = Verdict.VIOLATION, 0
        reason = f"Des frais de {french_euros(fees)} sont demandés, alors que la convention les exclut."
    else:
        verdict, limit, reason = Verdict.COMPLIANT, 0, "Aucuns frais ne sont demandés."
    return [
        Finding(
            commitment, NAME, None, None, None, convention.starts_on, None, verdict,
            None, limit, fees, fees, reason,
        )
    ]  # fmt: skip


RULE = Rule(
    NAME,
    NoFee,
    record(NoFee, {}),
    judge,
    prose=Prose(
        title="absence de frais d’adhésion",
        clause="L’adhésion ne donne lieu à aucun frais de dossier ni droit d’entrée.",
        anchor="none.",
        limit="zero: the convention's `fees`.",
        verdicts={
            Verdict.COMPLIANT: "There are no fees.",
            Verdict.VIOLATION: "There are fees.",
            Verdict.INDETERMINATE: "The file does not say.",
        },
        example=(
            "Joining costs 12.00 though it was promised to be free; the other promise of this convention, "
            "that cover begins at once, is kept."
        ),
    ),
)
