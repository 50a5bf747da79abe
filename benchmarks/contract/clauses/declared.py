"""The declaration itself is well formed and does not contradict itself. What it says is the other clauses' business."""

import math

from benchmarks.contract.clause import Clause, Observation, failed, passed
from benchmarks.contract.examination import Examination
from benchmarks.contract.objectives import ContractObjective
from estimators.estimator import MEMORY_CLASSES, Declaration

CAPABILITIES = frozenset({"jvp", "module", "per_sample_loss", "sites", "gradient"})

DRIFT_OF_AN_EVALUATION = 1000.0
"""The most that parameters may be declared to drift for each evaluation of the loss. An evaluation perturbs them and puts them
back, which is a few roundings, and more where the perturbation is many times an entry. In float32 it is 10⁻⁴ of the entry."""


def look(examination: Examination, case: ContractObjective) -> Observation:
    """Read the declaration for this objective's shapes."""
    declaration: object = examination.declaration(case.make(examination.device).objective)
    if not isinstance(declaration, Declaration):
        return failed(f"declaration() returned {type(declaration).__name__}, not a Declaration")
    faults = list(_faults(declaration))
    return failed("; ".join(faults)) if faults else passed("well formed")


def _faults(declared: Declaration) -> list[str]:
    error, eta, again = declared.relative_error, declared.eta, declared.expected.get("relative_error")
    drift, most = getattr(declared, "drifts_parameters", 0.0), DRIFT_OF_AN_EVALUATION * max(1, declared.forward_calls or 1)
    checks = {
        f"memory={declared.memory!r} is none of {', '.join(MEMORY_CLASSES)}": declared.memory not in MEMORY_CLASSES,
        f"needs {sorted(declared.needs - CAPABILITIES)}: no objective knows them": not declared.needs <= CAPABILITIES,
        f"relative_error={error} is not 0 or more": error is not None and not error >= 0,
        f"eta={eta} is not between 0 and 1": eta is not None and not 0 <= eta <= 1 + 1e-9,
        f"drifts_parameters={drift} is not 0 or more": not drift >= 0,
        f"drifts_parameters={drift} is more than roundings explain, {most:g} for so many evaluations": drift > most,
        "exact, but not unbiased": declared.exact and not declared.unbiased,
        f"exact, but relative_error={error}": declared.exact and error not in (None, 0),
        "linear, but not homogeneous": declared.linear and not declared.homogeneous,
        f"relative_error={error}, but expected['relative_error']={again}": error is not None
        and again is not None
        and not math.isclose(error, again, rel_tol=1e-6, abs_tol=1e-9),
        f"unbiased with relative_error={error}, so eta cannot be {eta}": declared.unbiased
        and error is not None
        and eta is not None
        and not math.isclose(eta, 1 / (1 + error), rel_tol=1e-6),
    }
    return [fault for fault, found in checks.items() if found]


CLAUSE = Clause("declaration", "a Declaration in the known words that does not contradict itself", look)
