"""Tangents of a method of low rank have it: dense noise costs what such a method is there to save."""

import torch
from torch import Tensor

from benchmarks.contract.clause import Clause, Observation, failed, inapplicable, passed
from benchmarks.contract.comparing import tolerance
from benchmarks.contract.examination import Examination
from benchmarks.contract.objectives import ContractObjective


def look(examination: Examination, case: ContractObjective) -> Observation:
    """Count the singular values of every tangent, matrix by matrix, that are more than rounding."""
    objective = examination.subject(case).objective
    declared: int | None = getattr(examination.declaration(objective), "rank", None)
    if declared is None:
        return inapplicable("declares no rank")
    tangents = examination.estimator.tangents(examination.taken(case).state)
    if tangents is None:
        return failed("declared to be of low rank, but tangents(state) is None")
    ranks = {name: _rank(rows, tolerance(objective)) for name, rows in tangents.items() if rows.dim() > 2}
    higher = {name: rank for name, rank in ranks.items() if rank > declared}
    if higher:
        return failed("; ".join(f"rank {rank} in {name!r}, {declared} declared" for name, rank in list(higher.items())[:3]))
    return passed(f"rank {declared} at most") if ranks else inapplicable("no matrices")


def _rank(rows: Tensor, rounding: float) -> int:
    """The highest rank of k tensors [k, *shape], as matrices of the first dimension of their shape against all others."""
    values = torch.linalg.svdvals(rows.detach().to("cpu", torch.float64).flatten(2))
    return int((values > rounding * values[:, :1]).sum(1).max())


CLAUSE = Clause("rank", "where declared, no tangent has a higher rank on any matrix", look)
