"""What a clause of the contract is, and what it can say of an estimator."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from benchmarks.contract.examination import Examination
from benchmarks.contract.objectives import ContractObjective


class Verdict(Enum):
    """What became of a clause."""

    PASSED = "passed"
    FAILED = "failed"
    OMITTED = "omitted"
    INAPPLICABLE = "not applicable"


@dataclass(frozen=True)
class Observation:
    """What a clause saw on one objective.

    Attributes:
        verdict: whether it was kept.
        text: the figures or the defect, for people.
    """

    verdict: Verdict
    text: str


def passed(text: str) -> Observation:
    """The clause was kept."""
    return Observation(Verdict.PASSED, text)


def failed(text: str) -> Observation:
    """The clause was broken."""
    return Observation(Verdict.FAILED, text)


def omitted(text: str) -> Observation:
    """The declaration does not promise what the clause would hold it to."""
    return Observation(Verdict.OMITTED, text)


def inapplicable(text: str) -> Observation:
    """There is nothing that the clause could look at, for this reason; the declaration has no part in it."""
    return Observation(Verdict.INAPPLICABLE, text)


@dataclass(frozen=True)
class Clause:
    """One promise.

    Attributes:
        name: its name in results: a word or two.
        expected: what is asked, in words.
        look: finds out on one objective; what it raises counts as a failure.
        false_alarm: the largest probability that a correct estimator fails it on one objective.
        on: the objectives it looks at; None for those of the check.
        presumes: names of clauses without which it says nothing; all presume `output`.
    """

    name: str
    expected: str
    look: Callable[[Examination, ContractObjective], Observation]
    false_alarm: Callable[[ContractObjective], float] = lambda case: 0.0
    on: Sequence[ContractObjective] | None = None
    presumes: Sequence[str] = ()
