"""Check an estimator against the contract: every clause on every small objective, in about a second.

Example:
    >>> from benchmarks.contract.check import check_estimator
    >>> from estimators.exact import Backprop
    >>> [result.clause for result in check_estimator(Backprop()) if result.verdict is Verdict.FAILED]
    []
"""

from collections.abc import Mapping, Sequence

import torch

from benchmarks.contract.clause import Clause, Observation, Verdict, failed, inapplicable
from benchmarks.contract.clauses import (
    chunks,
    cost,
    declared,
    degenerate,
    descent,
    drift,
    exact,
    following,
    independence,
    invariance,
    isotropy,
    moments,
    output,
    rank,
    reproducible,
    span,
    tape,
    untouched,
)
from benchmarks.contract.examination import Examination
from benchmarks.contract.objectives import OBJECTIVES, ContractObjective
from benchmarks.contract.result import ClauseResult
from benchmarks.contract.snapshot import preserved_globals
from estimators.estimator import Estimator
from estimators.objective import MissingCapability

CLAUSES: tuple[Clause, ...] = (
    declared.CLAUSE,
    output.CLAUSE,
    exact.CLAUSE,
    exact.FULL_BUDGET,
    output.HALF,
    degenerate.CLAUSE,
    reproducible.CLAUSE,
    untouched.CLAUSE,
    untouched.AFTER_EXCEPTION,
    drift.CLAUSE,
    tape.CLAUSE,
    span.CLAUSE,
    rank.CLAUSE,
    descent.CLAUSE,
    moments.CLAUSE,
    moments.ERROR,
    isotropy.CLAUSE,
    independence.TENSORS,
    independence.TANGENTS,
    following.SCALE,
    following.LINEAR,
    following.PERMUTATION,
    invariance.STEP,
    invariance.LENGTHS,
    chunks.CLAUSE,
    cost.CALLS,
    cost.MULTIPLE,
    cost.MEMORY,
)


_GRAVEST_FIRST = (Verdict.FAILED, Verdict.PASSED, Verdict.OMITTED, Verdict.INAPPLICABLE)


def check_estimator(
    estimator: Estimator,
    *,
    objectives: Sequence[ContractObjective] | None = None,
    clauses: Sequence[Clause] = CLAUSES,
    seed: int = 0,
    device: str | torch.device = "cpu",
) -> list[ClauseResult]:
    """Look at an estimator clause by clause.

    Every clause has fresh objectives, what an estimator raises is a failure of that clause, and global states are put back after
    each, so that one defect shows where it is. Where an objective lacks a capability no clause applies, nor where the output is
    not as it should be.

    Args:
        estimator: who.
        objectives: on what; by default the four of `benchmarks.contract.objectives`. Some clauses have their own besides.
        clauses: which; what they presume must come before them, `output` first of all.
        seed: of the generators handed to the estimator; the statistical clauses' draws follow from it.
        device: where the objectives lie.

    Returns:
        One result a clause, in their order.
    """
    examination = Examination(estimator, seed, torch.device(device))
    cases = OBJECTIVES if objectives is None else tuple(objectives)
    observed: dict[str, dict[str, Observation]] = {}
    for clause in clauses:
        objectives = clause.on or cases
        observed[clause.name] = {
            case.name: _broken_before(clause, case, observed) or _observed(clause, examination, case) for case in objectives
        }
    return [_result(clause, observed[clause.name]) for clause in clauses]


def false_alarm_rate(objectives: Sequence[ContractObjective] = OBJECTIVES) -> float:
    """The largest probability that a check fails an estimator that keeps its word: the sum over clauses and objectives.

    Args:
        objectives: as for `check_estimator`.
    """
    return sum(clause.false_alarm(case) for clause in CLAUSES for case in clause.on or objectives)


def _broken_before(
    clause: Clause, case: ContractObjective, observed: Mapping[str, Mapping[str, Observation]]
) -> Observation | None:
    """That a clause without which this one says nothing failed on this objective (on any, where this one has its own)."""
    for name in ("output", *clause.presumes):
        failures = [on for on, seen in observed.get(name, {}).items() if seen.verdict is Verdict.FAILED]
        if case.name in failures or (clause.on and failures):
            return inapplicable(f"{name} failed")
    return None


def _observed(clause: Clause, examination: Examination, case: ContractObjective) -> Observation:
    with preserved_globals(examination.device):
        try:
            return clause.look(examination, case)
        except MissingCapability as error:
            return inapplicable(str(error))
        except Exception as error:
            return failed(f"{type(error).__name__}: {str(error)[:200]}")


def _result(clause: Clause, observations: dict[str, Observation]) -> ClauseResult:
    """Put the observations of all objectives together: the gravest verdict, and where it was seen."""
    verdicts = {observation.verdict for observation in observations.values()}
    verdict = next(each for each in _GRAVEST_FIRST if each in verdicts or not verdicts)
    where: dict[str, list[str]] = {}
    for name, observation in observations.items():
        if observation.verdict is verdict:
            where.setdefault(observation.text, []).append(name)
    same = len(where) == 1 and len(next(iter(where.values()))) == len(observations)
    observed = "; ".join(text if same else f"{text} ({'; '.join(names)})" for text, names in where.items())
    return ClauseResult(clause.name, verdict, clause.expected, observed)
