"""Check an estimator against the contract: every clause on every small objective, in about a second.

Example:
    >>> from benchmarks.contract.check import check_estimator
    >>> from estimators.exact import Backprop
    >>> [result.clause for result in check_estimator(Backprop()) if result.verdict is Verdict.FAILED]
    []
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from benchmarks.contract.clause import Clause, Examination, Observation, Verdict, failed, omitted
from benchmarks.contract.clauses import declared, exact, moments, output, reproducible, span, tape, untouched
from benchmarks.contract.objectives import OBJECTIVES, ContractObjective
from benchmarks.contract.snapshot import preserved_globals
from estimators.estimator import Estimator
from estimators.objective import MissingCapability

CLAUSES: tuple[Clause, ...] = (
    declared.CLAUSE,
    output.CLAUSE,
    reproducible.CLAUSE,
    untouched.CLAUSE,
    untouched.AFTER_EXCEPTION,
    tape.CLAUSE,
    span.CLAUSE,
    exact.CLAUSE,
    exact.FULL_BUDGET,
    moments.CLAUSE,
    moments.ERROR,
)


@dataclass(frozen=True)
class ClauseResult:
    """What became of one clause over all objectives.

    Attributes:
        clause: its name.
        verdict: failed if it failed on one objective; omitted if it applied to none.
        expected: what was asked, in words.
        observed: the figures or the defects, each with its objective.
    """

    clause: str
    verdict: Verdict
    expected: str
    observed: str


def check_estimator(
    estimator: Estimator,
    *,
    objectives: Sequence[ContractObjective] | None = None,
    seed: int = 0,
    device: str | torch.device = "cpu",
) -> list[ClauseResult]:
    """Look at an estimator clause by clause.

    Every clause has fresh objectives, what an estimator raises is a failure of that clause, and global states are put back after
    each, so that one defect shows where it is. A capability that an objective lacks omits the clause there, and so does an output
    that is not as it should be.

    Args:
        estimator: who.
        objectives: on what; by default the four of `benchmarks.contract.objectives`.
        seed: of the generators handed to the estimator; the statistical clauses' draws follow from it.
        device: where the objectives lie.

    Returns:
        One result a clause, in the order of `CLAUSES`.
    """
    examination = Examination(estimator, seed, torch.device(device))
    cases = OBJECTIVES if objectives is None else tuple(objectives)
    observed: dict[str, dict[str, Observation]] = {}
    for clause in CLAUSES:
        unusable = {name for name, seen in observed.get(output.CLAUSE.name, {}).items() if seen.verdict is Verdict.FAILED}
        observed[clause.name] = {
            case.name: omitted("the output is unusable") if case.name in unusable else _observed(clause, examination, case)
            for case in cases
        }
    return [_result(clause, observed[clause.name]) for clause in CLAUSES]


def _observed(clause: Clause, examination: Examination, case: ContractObjective) -> Observation:
    with preserved_globals(examination.device):
        try:
            return clause.look(examination, case)
        except MissingCapability as error:
            return omitted(str(error))
        except Exception as error:
            return failed(f"{type(error).__name__}: {str(error)[:200]}")


def _result(clause: Clause, observations: dict[str, Observation]) -> ClauseResult:
    """Put the observations of all objectives together: the gravest verdict, and where it was seen."""
    verdicts = {observation.verdict for observation in observations.values()}
    verdict = next(each for each in (Verdict.FAILED, Verdict.PASSED, Verdict.OMITTED) if each in verdicts or not verdicts)
    where: dict[str, list[str]] = {}
    for name, observation in observations.items():
        if observation.verdict is verdict:
            where.setdefault(observation.text, []).append(name)
    same = len(where) == 1 and len(next(iter(where.values()))) == len(observations)
    observed = "; ".join(text if same else f"{text} ({'; '.join(names)})" for text, names in where.items())
    return ClauseResult(clause.name, verdict, clause.expected, observed)
