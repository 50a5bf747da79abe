"""Derivatives taken in chunks, in any order, are those of the whole, and combine to the same estimate: as ranks share them."""

from functools import partial

import torch
from torch import Tensor

from benchmarks.contract.clause import Clause, Examination, Observation, failed, flat, inapplicable, passed, tolerance
from benchmarks.contract.objectives import ContractObjective
from estimators.directional.estimator import Directional
from estimators.objective import Objective

SIZES = (1, 2)


def look(examination: Examination, case: ContractObjective) -> Observation:
    """Take an estimate whole, and again from chunks of global tangent indices, last chunk first."""
    estimator = examination.estimator
    if not isinstance(estimator, Directional):
        return inapplicable("no derivatives by tangent index")
    subject = examination.subject(case)
    chunked = partial(_in_chunks, examination, estimator, subject.objective)
    found = {size: examination.difference(subject, partial(chunked, size)) for size in SIZES}
    worst = max(found, key=lambda size: found[size])
    text = f"off by {found[worst]:.1e} in chunks of {worst}"
    return passed(text) if found[worst] <= tolerance(subject.objective) else failed(text)


def _in_chunks(examination: Examination, estimator: Directional, objective: Objective, size: int, shift: int) -> Tensor:
    _, state = examination.estimate(objective, shift=shift)
    k = len(next(iter(estimator.tangents(state).values())))
    indices = list(range(k))[::-1]
    chunks = [estimator.derivatives(objective, state, indices[start : start + size]) for start in range(0, k, size)]
    together = chunks[0]._replace(values=torch.cat([chunk.values for chunk in chunks]))
    return flat(estimator.space.carry(objective, estimator.combine(state, indices, together)).gradient)


CLAUSE = Clause(
    "chunks",
    "derivatives by tangent index, in chunks of any size and order, give the same estimate",
    look,
    presumes=("reproducible",),
)
