"""Defects of what is said of costs: a tape, operations, evaluations, memory; and of words and figures that do not agree."""

from typing import Any

import torch

from estimators.estimator import DenseEstimate, Estimate
from estimators.objective import Objective
from tests.benchmarks.contract.defects.honest import EXACT, Defects, Honest
from tests.benchmarks.contract.defects.traces import InPlace


class Reverse(Honest):
    """Takes the gradient by reverse mode, without saying so."""

    def estimate(self, objective: Objective, state: Any, *, generator: torch.Generator) -> tuple[Estimate, Any]:
        loss, leaves = objective.loss(), objective.parameters
        gradients = torch.autograd.grad(loss, list(leaves.values()), materialize_grads=True)
        return DenseEstimate(loss.detach(), dict(zip(leaves, gradients, strict=True))), {}


DEFECTS: Defects = {
    "records a tape": (Reverse(EXACT), {"no-tape"}),
    "declares fewer operations": (Honest({"forward_multiple": 2.0}), {"forward-multiple"}),
    "declares fewer evaluations": (InPlace({"forward_multiple": 2.0}), {"untouched-after-exception", "forward-calls"}),
    "declares less memory than it holds": (Honest({"memory": "none"}), {"memory"}),
    "declares an unknown class of memory": (Honest({"memory": "little"}), {"declaration"}),
    "declares an efficiency that is not its error's": (Honest({"eta": 0.9}), {"declaration"}),
}
