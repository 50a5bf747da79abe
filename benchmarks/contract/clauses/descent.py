"""An estimate that is declared to descend never points uphill: a step against it does not raise the loss to first order."""

import torch

from benchmarks.contract.clause import Clause, Observation, failed, inapplicable, omitted, passed
from benchmarks.contract.comparing import differentiates, flat, reference, tolerance
from benchmarks.contract.examination import Examination
from benchmarks.contract.objectives import ContractObjective

_ESTIMATES = 5


def look(examination: Examination, case: ContractObjective) -> Observation:
    """Take the least cosine with the gradient of all estimates."""
    objective = examination.subject(case).objective
    declaration = examination.declaration(objective)
    if not (declaration.descends or declaration.exact):
        return omitted("not declared")
    if not case.linear and not differentiates(declaration):
        return inapplicable("finite differences are exact on linear functions only")
    if case.draws:
        estimates, gradient = examination.sample(case).estimates, examination.sample(case).gradient
    else:
        rows = [examination.taken(case, shift).vector for shift in range(_ESTIMATES)]
        estimates, gradient = torch.stack(rows), flat(reference(objective))
    lengths = estimates.norm(dim=1) * gradient.norm()
    least = float((estimates @ gradient / lengths.where(lengths > 0, 1)).min())
    text = f"least cosine {least:.1e}"
    return passed(text) if least >= -tolerance(objective) else failed(text)


CLAUSE = Clause("descent", "where declared, no estimate points uphill: ⟨estimate, g⟩ >= 0 (up to rounding)", look)
