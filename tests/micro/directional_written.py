"""The derivative of a perceptron along k tangents, written out by its formula in the fewest and fastest calls of torch.

Memory is kept between calls. The activations of a layer and their tangents are one tensor, [1 + k, batch, outputs], which one
product multiplies by the next layer's weights; the tangents of the few outputs of the last layer lie the other way round,
[k, outputs, batch], for products are faster so.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from benchmarks.problems.problem import Problem
from estimators.estimator import Factors

_masked = torch.ops.aten.threshold_backward.grad_input


def dense(problem: Problem) -> list[nn.Linear]:
    """The layers of a perceptron; none for other models."""
    layers = [module for module in problem.objective.module.modules() if isinstance(module, nn.Linear)]
    return layers if 2 * len(layers) == len(problem.objective.parameters) else []


class Written:
    """The derivative of the mean cross-entropy, beside the loss.

    Args:
        problem: of a perceptron with ReLU.
        tangents: [k, *shape] for each parameter, or the factors of one where k = 1.
    """

    def __init__(self, problem: Problem, tangents: Sequence[Tensor | Factors]) -> None:
        self.inputs, self.targets = problem.objective.inputs.flatten(1), problem.objective.targets
        *hidden, self.last = dense(problem)
        *weights, self.weight = tangents[::2]
        *biases, self.bias = tangents[1::2]
        self.k, batch = len(self.bias), len(self.targets)
        made = [torch.empty(1 + self.k, batch, layer.out_features) for layer in hidden]
        self.hidden = list(zip(hidden, weights, biases, made, strict=True))
        self.change = torch.empty(self.k * self.last.out_features, batch)

    @torch.no_grad()
    def __call__(self) -> Tensor:
        """The derivatives, [k]."""
        x, before = self.inputs, None
        for layer, weight, bias, made in self.hidden:
            value, moved = made[0], made[1:]
            made.copy_(torch.cat((layer.bias.unsqueeze(0), bias)).unsqueeze(1))
            if before is None:
                value.addmm_(x, layer.weight.t())
            else:
                made.flatten(0, 1).addmm_(before.flatten(0, 1), layer.weight.t())
            inner, outer = (x @ weight.right, weight.left.unsqueeze(0)) if isinstance(weight, Factors) else (x, weight)
            if self.k == 1:
                moved[0].addmm_(inner, outer[0].t())
            else:
                moved.baddbmm_(inner.expand(self.k, *inner.shape), outer.mT)
            value.relu_()
            _masked(moved, value.expand_as(moved), 0, grad_input=moved)
            x, before = value, made
        return self._of_the_loss(x, None if before is None else before[1:])

    def _of_the_loss(self, x: Tensor, dx: Tensor | None) -> Tensor:
        inner, outer = (
            (x @ self.weight.right, self.weight.left) if isinstance(self.weight, Factors) else (x, self.weight.flatten(0, 1))
        )
        torch.addmm(self.bias.view(-1, 1), outer, inner.t(), out=self.change)
        change = self.change.view(self.k, -1, len(x))
        if dx is not None and self.k == 1:
            self.change.addmm_(self.last.weight, dx[0].t())
        elif dx is not None:
            change += torch.mm(self.last.weight, dx.flatten(0, 1).t()).view(-1, self.k, len(x)).transpose(0, 1)
        logs = torch.addmm(self.last.bias, x, self.last.weight.t()).log_softmax(1)
        logs.gather(1, self.targets.unsqueeze(1)).mean().neg_()
        aimed = change.gather(1, self.targets.expand(self.k, 1, -1)).squeeze(1)
        return (logs.exp().t() * change).sum(1).sub_(aimed).mean(1)
