"""An estimate declared to lie in the span of its tangents does."""

import torch

from benchmarks.contract.clause import Clause, Observation, failed, omitted, passed
from benchmarks.contract.comparing import relative_error, tolerance
from benchmarks.contract.examination import Examination
from benchmarks.contract.objectives import ContractObjective


def look(examination: Examination, case: ContractObjective) -> Observation:
    """Project the estimate onto the tangents, in float64, and look at what is left."""
    objective = examination.subject(case).objective
    if not examination.declaration(objective).in_span:
        return omitted("not declared")
    taken = examination.taken(case)
    tangents = examination.estimator.tangents(taken.state)
    if tangents is None:
        return failed("declared in the span of its tangents, but tangents(state) is None")
    blocks = [tangents[name].detach().reshape(len(tangents[name]), -1).to("cpu", torch.float64) for name in objective.parameters]
    spanning = torch.cat(blocks, dim=1).T  # [n, k]
    vector = taken.vector
    nearest = spanning @ torch.linalg.lstsq(spanning, vector[:, None], driver="gelsd").solution[:, 0]
    left = relative_error(nearest, vector) if vector.any() else 0.0  # of sparse tangents, which may all be zero
    text = f"{left:.1e} of it outside"
    return passed(text) if left <= tolerance(objective) else failed(text)


CLAUSE = Clause("in-span", "where declared, the estimate is a combination of the tangents (up to rounding)", look)
