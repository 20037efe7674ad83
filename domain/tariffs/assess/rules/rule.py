"""What a rule is: a name, parameters that can be read from a file, and a judgement of one commitment.

A rule is pure: the same case gives the same findings, in the order of the report. Its page is made from its prose.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from domain.tariffs.assess.findings import Finding, Verdict
from domain.tariffs.assess.model import Commitment, Params, Scenario
from domain.tariffs.assess.reading import Reader
from domain.tariffs.assess.timeline import Timeline

P = TypeVar("P", bound=Params)


class Case(NamedTuple):
    """What every commitment of a scenario is judged on: the scenario as known then, and its grids in time."""

    scenario: Scenario
    timeline: Timeline


class Prose(NamedTuple):
    """What people are told of a rule; the rest of its page is made from its module, its parameters and its example.

    `title` (French, in the middle of a sentence) names it on screens, `clause` is the French wording that a convention
    may use; `anchor` and `limit` tell what is compared with what, `verdicts` when each is given, `example` the story of
    the example in docs/commitments/examples/.
    """

    title: str
    clause: str
    anchor: str
    limit: str
    verdicts: Mapping[Verdict, str]
    example: str


NOTHING_EARLIER = "The first grid, and a cell without an earlier price or parent."
WITHIN_EXEMPTIONS = "Above the limit, but within it times the exemptions then in force."


def nothing_more(params: Params, scenario: Scenario) -> None:
    """The check of a rule that no scenario contradicts."""


@dataclass(frozen=True)
class Rule(Generic[P]):
    """A rule by its permanent name; `read` gives its parameters or a ScenarioError, paths beginning at `params`.

    `check` raises a ScenarioError, paths beginning at the scenario, where the rest of the file contradicts them.
    """

    name: str
    params: type[P]
    read: Reader[P]
    judge: Callable[[str, P, Case], list[Finding]]
    prose: Prose
    check: Callable[[P, Scenario], None] = nothing_more

    def findings(self, commitment: Commitment, case: Case) -> list[Finding]:
        """The findings about a commitment to this rule; TypeError when its parameters are those of another."""
        if not isinstance(commitment.params, self.params):
            raise TypeError(
                f"{self.name} takes {self.params.__name__}, not {type(commitment.params).__name__}"
            )
        return self.judge(commitment.id, commitment.params, case)
