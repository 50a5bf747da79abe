"""Forward gradients as one writes them at first: what the figures of directional estimators are set beside.

Draw a tangent (`randn_like`, or `randint * 2 - 1`), `torch.func.jvp`, scale and add, tangent by tangent; the projection stacks
the tangents and solves with their Gram matrix.
"""

import torch
from torch import Tensor
from torch.func import functional_call, jvp
from torch.nn.attention import SDPBackend, sdpa_kernel

from benchmarks.problems.problem import Problem


def draw(point: dict[str, Tensor], law: str) -> dict[str, Tensor]:
    if law == "gaussian":
        return {name: torch.randn_like(value) for name, value in point.items()}
    return {name: (torch.randint(0, 2, value.shape) * 2 - 1).to(value.dtype) for name, value in point.items()}


class Naive:
    """Forward gradients as one would write them at first."""

    def __init__(self, problem: Problem, law: str, k: int) -> None:
        self.objective, self.law, self.k = problem.objective, law, k
        self.point = {name: value.detach() for name, value in problem.objective.parameters.items()}

    def loss(self, point: dict[str, Tensor]) -> Tensor:
        objective = self.objective
        with sdpa_kernel(SDPBackend.MATH):  # the fused kernels have no forward mode
            return objective.loss_function(functional_call(objective.module, point, (objective.inputs,)), objective.targets)

    def mean(self) -> dict[str, Tensor]:
        estimate: dict[str, Tensor] = {}
        for _ in range(self.k):
            tangent = draw(self.point, self.law)
            _, derivative = jvp(self.loss, (self.point,), (tangent,))
            scaled = {name: derivative / self.k * tangent[name] for name in tangent}
            estimate = {name: estimate[name] + value for name, value in scaled.items()} if estimate else scaled
        return estimate

    def projection(self) -> Tensor:
        rows, derivatives = [], []
        for _ in range(self.k):
            tangent = draw(self.point, self.law)
            derivatives.append(jvp(self.loss, (self.point,), (tangent,))[1])
            rows.append(torch.cat([value.flatten() for value in tangent.values()]))
        matrix = torch.stack(rows)
        return matrix.T @ torch.linalg.solve(matrix @ matrix.T, torch.stack(derivatives))
