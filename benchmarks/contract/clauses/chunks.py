"""Derivatives taken in chunks, in any order, are those of the whole, and combine to the same estimate: as ranks share them."""

from functools import partial
from itertools import accumulate, pairwise

import torch
from torch import Tensor

from benchmarks.contract.clause import Clause, Observation, failed, inapplicable, passed
from benchmarks.contract.comparing import flat, tolerance
from benchmarks.contract.examination import Examination
from benchmarks.contract.objectives import ContractObjective
from estimators.directional.estimator import Directional
from estimators.objective import Objective

SIZES = (1, 2)
"""Of the first chunks; one more holds whatever tangents are left."""


def look(examination: Examination, case: ContractObjective) -> Observation:
    """Take an estimate whole, and again from chunks of global tangent indices, last index first."""
    estimator = examination.estimator
    if not isinstance(estimator, Directional):
        return inapplicable("no derivatives by tangent index")
    objective = examination.subject(case).objective
    difference = examination.difference(case, partial(_in_chunks, examination, estimator, case, objective))
    text = f"off by {difference:.1e}"
    return passed(text) if difference <= tolerance(objective) else failed(text)


def _in_chunks(
    examination: Examination, estimator: Directional, case: ContractObjective, objective: Objective, shift: int
) -> Tensor:
    state = examination.taken(case, shift).state
    k = len(next(iter(estimator.tangents(state).values())))
    indices = list(range(k))[::-1]
    parts = [indices[start:end] for start, end in pairwise((0, *accumulate(SIZES), k))]
    chunks = [estimator.derivatives(objective, state, part) for part in parts if part]
    together = chunks[0]._replace(values=torch.cat([chunk.values for chunk in chunks]))
    return flat(estimator.space.carry(objective, estimator.combine(state, indices, together)).gradient)


CLAUSE = Clause(
    "chunks",
    "derivatives by tangent index, in chunks of any size and order, give the same estimate",
    look,
    presumes=("reproducible",),
)
