"""Where there is next to nothing to differentiate, an estimate is still of the right form, finite, and zero where it must be.

A loss that is zero everywhere, a single number, a batch of one sample, a parameter that the loss does not depend on.
"""

from benchmarks.contract.clause import Clause, Observation, failed, passed
from benchmarks.contract.clauses.output import faults
from benchmarks.contract.comparing import flat, reference, relative_error, tolerance
from benchmarks.contract.examination import Examination
from benchmarks.contract.objectives import DEGENERATE, NO_SLOPE, ContractObjective


def look(examination: Examination, case: ContractObjective) -> Observation:
    """Take one estimate."""
    objective = examination.subject(case).objective
    estimate, _ = examination.estimate(objective)
    found = faults(objective, estimate, case.linear)
    if found:
        return failed("; ".join(found[:3]))
    declaration, vector = examination.declaration(objective), flat(estimate.gradient)
    if case == NO_SLOPE and declaration.homogeneous and bool(vector.any()):
        return failed(f"an estimate of length {float(vector.norm()):.1e} of a loss that is zero everywhere")
    if case != NO_SLOPE and declaration.exact:
        error = relative_error(vector, flat(reference(objective)))
        if error > tolerance(objective):
            return failed(f"relative error {error:.1e}")
    return passed("as the parameters")


CLAUSE = Clause(
    "degenerate",
    "right form on a zero loss, one number, one sample, an unused parameter",
    look,
    on=DEGENERATE,
    presumes=("exact",),
)
