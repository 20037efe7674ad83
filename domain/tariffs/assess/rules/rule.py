"""What a rule is: a name, parameters that can be read from a file, and a judgement of one commitment.

A rule is pure: the same case gives the same findings, in the order of the report.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from domain.tariffs.assess.findings import Finding
from domain.tariffs.assess.model import Commitment, Params, Scenario
from domain.tariffs.assess.reading import Reader
from domain.tariffs.assess.timeline import Timeline

P = TypeVar("P", bound=Params)


class Case(NamedTuple):
    """What every commitment of a scenario is judged on: the scenario as known then, and its grids in time."""

    scenario: Scenario
    timeline: Timeline


@dataclass(frozen=True)
class Rule(Generic[P]):
    """A rule by its permanent name; `read` gives its parameters or a ScenarioError, paths beginning at `params`."""

    name: str
    params: type[P]
    read: Reader[P]
    judge: Callable[[str, P, Case], list[Finding]]

    def findings(self, commitment: Commitment, case: Case) -> list[Finding]:
        """The findings about a commitment to this rule; TypeError when its parameters are those of another."""
        if not isinstance(commitment.params, self.params):
            raise TypeError(
                f"{self.name} takes {self.params.__name__}, not {type(commitment.params).__name__}"
            )
        return self.judge(commitment.id, commitment.params, case)
