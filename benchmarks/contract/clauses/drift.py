"""Parameters that are declared to drift do so by the declared rounding and no more, also when an exception ends the estimate.

Declared is a multiple of ε, the spacing of numbers at 1 in the parameter's dtype, for tensors whose entries are within 1, and of
ε times the largest entry for others. A perturbation that was not taken off again, or not all of it, is thousands of times as far.
"""

import math
from collections.abc import Mapping
from contextlib import suppress

import torch
from torch import Tensor

from benchmarks.contract.clause import Clause, Observation, failed, inapplicable, passed
from benchmarks.contract.examination import Examination
from benchmarks.contract.networks import Interruption
from benchmarks.contract.objectives import ContractObjective


def look(examination: Examination, case: ContractObjective) -> Observation:
    """Compare the parameters before and after an estimate, and after one that was interrupted in each of its first two passes."""
    declared = examination.drift(examination.subject(case).objective)
    if not declared:
        return inapplicable("declares none")
    found = {moment: _moved(examination, case, moment) for moment in (None, 1, 2)}
    moment, furthest = max(found.items(), key=lambda item: item[1])
    when = "" if moment is None else f" by an estimate interrupted in forward pass {moment}"
    text = f"moved {furthest:.2g} units{when}, {declared:.2g} declared"
    return passed(text) if furthest <= declared else failed(text)


def _moved(examination: Examination, case: ContractObjective, blows_at: int | None) -> float:
    """The largest change of an entry, in the declaration's unit."""
    subject = examination.subject(case)
    subject.fuse.blows_at = blows_at
    before = _copied(subject.objective.parameters)
    with suppress(Interruption):
        examination.estimate(subject.objective)
    after = _copied(subject.objective.parameters)
    return max(
        float((after[name] - kept).abs().nan_to_num(math.inf).max()) / _unit(kept, subject.objective.parameters[name])
        for name, kept in before.items()
    )


def _copied(parameters: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: parameter.detach().to("cpu", torch.float64, copy=True) for name, parameter in parameters.items()}


def _unit(values: Tensor, parameter: Tensor) -> float:
    return torch.finfo(parameter.dtype).eps * max(1.0, float(values.abs().max()))


CLAUSE = Clause("drift", "where declared, parameters move by no more than the declared rounding, also after an exception", look)
