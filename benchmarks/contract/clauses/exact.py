"""Estimates that are declared exact, or become exact at full budget, equal the gradient up to rounding.

A random basis of the whole space is ill-conditioned now and then, which amplifies rounding (above the bound about once in 400
times in float32), so the middle one of five estimates counts.
"""

from statistics import median

from benchmarks.contract.clause import Clause, Observation, failed, inapplicable, omitted, passed
from benchmarks.contract.comparing import differentiates, flat, reference, relative_error, tolerance
from benchmarks.contract.examination import Examination
from benchmarks.contract.objectives import ContractObjective
from estimators.estimator import Estimator
from estimators.objective import Objective

_ESTIMATES = 5


def look(examination: Examination, case: ContractObjective) -> Observation:
    """Compare a few estimates with the gradient."""
    objective = examination.subject(case).objective
    if not examination.declaration(objective).exact:
        return omitted("not declared")
    return _compared(examination, case, objective, examination.estimator)


def look_at_full_budget(examination: Examination, case: ContractObjective) -> Observation:
    """Compare a few estimates of the estimator at full budget with the gradient."""
    objective = examination.subject(case).objective
    full = examination.estimator.at_full_budget(objective.coordinates())
    return inapplicable("has none") if full is None else _compared(examination, case, objective, full)


def _compared(examination: Examination, case: ContractObjective, objective: Objective, estimator: Estimator) -> Observation:
    if not case.linear and not differentiates(examination.declaration(objective)):
        return inapplicable("finite differences are exact on linear functions only")
    gradient = flat(reference(objective))
    estimates = [examination.estimate(objective, shift=shift, estimator=estimator)[0] for shift in range(_ESTIMATES)]
    middle = median(relative_error(flat(estimate.gradient), gradient) for estimate in estimates)
    text = f"off by {middle:.1e}"
    return passed(text) if middle <= tolerance(objective) else failed(text)


CLAUSE = Clause("exact", "where declared, estimates equal the gradient (up to rounding)", look)
FULL_BUDGET = Clause(
    "exact-at-full-budget", "where there is one, estimates at full budget equal the gradient", look_at_full_budget
)
