"""What all activation spaces have in common: the outputs of the layers, and the way from them into the parameters.

Which outputs there are, and of which shapes, one pass of the model finds out; it is remembered as long as the objective lives.
"""

from abc import ABC
from dataclasses import replace
from math import prod
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from estimators.directional.derivatives import Derivative
from estimators.directional.space import Block, Layout, Space
from estimators.estimator import Declaration, DenseEstimate, Estimate, Shapes
from estimators.objective import MissingCapability, ModuleObjective, Objective
from estimators.perceptron import dense_layers
from estimators.sites import of_module, pulled_back, visited

_OUTPUTS: WeakKeyDictionary[ModuleObjective, Layout] = WeakKeyDictionary()

_INTO_PARAMETERS = 2.0  # forward passes: one with a tape, and the products that give the weights' tensors


class AtSites(Space, ABC):
    """A space of what is added to the outputs of the layers, zero where derivatives are taken."""

    needs = frozenset({"sites"})

    def layout(self, objective: Objective) -> Layout:
        """One block an output, with a row for each sample.

        Raises:
            MissingCapability: the objective is not that of a module, none of the modules returns floating-point numbers, or the
                model differentiates what they return.
        """
        return outputs(of_module(objective))

    def point(self, objective: Objective) -> dict[str, Tensor]:
        """Zeros."""
        return zeros(self.layout(objective))

    def carry(self, objective: Objective, estimate: Estimate) -> Estimate:
        """Into the parameters, each block by itself."""
        return DenseEstimate(estimate.loss.mean(), pulled_back(of_module(objective), dict(estimate.items())))

    def declared(
        self, declaration: Declaration, derivative: Derivative, products: float, k: int | None, shapes: Shapes
    ) -> Declaration:
        """See `Space.declared`; how far the estimate lies from the gradient depends on the activations."""
        return replace(
            declaration,
            in_span=False,
            rank=None,
            relative_error=0.0 if declaration.exact else None,
            eta=1.0 if declaration.exact else None,
            expected={},
            forward_multiple=None if k is None else self._multiple(derivative, products, k, shapes),
            forward_calls=None if declaration.forward_calls is None or k is None else declaration.forward_calls + 1,
            memory="activation-tangents",
            records_tape=True,
            descends=False,
            isotropic=False,
            linear=False,
            permutation_invariant=False,
        )

    def _multiple(self, derivative: Derivative, products: float, k: int, shapes: Shapes) -> float | None:
        """Forward passes of a perceptron of these weights; of other models where neither tangents nor products cost any."""
        in_weights, more = derivative.forward_multiple(k), self._products(products, k)
        dense = dense_layers(shapes)
        if in_weights is None or (not dense and (derivative.carrying or more)):
            return None
        weights, rows = sum(map(prod, dense)), sum(outputs for outputs, _ in dense)
        into_layers = 1 - prod(dense[0]) / weights if dense else 0.0  # passes that carry a tangent: none into the first layer
        each = rows / weights if dense else 0.0  # passes that one multiplication for each output takes
        return in_weights - k * derivative.carrying * (1 - into_layers / 2) + more * each + _INTO_PARAMETERS

    def _products(self, products: float, k: int) -> float:
        """Multiplications for each output of each sample, in matrix products, that the estimate in this space takes."""
        return products


def outputs(objective: ModuleObjective) -> Layout:
    """All outputs, in the order of the pass; found by one, and remembered."""
    if objective not in _OUTPUTS:
        found: list[Block] = []

        def note(name: str, output: Tensor) -> Tensor:
            if torch.is_grad_enabled() or torch._C._functorch.peek_interpreter_stack() is not None:
                reason = f"the model differentiates or transforms by itself what {name!r} returns, which then cannot be cut off"
                raise MissingCapability("sites", reason)
            found.append(Block(name, tuple(output.shape), output.dtype, output.device))
            return output

        with torch.no_grad(), visited(objective, note):
            objective.loss()
        if not found:
            raise MissingCapability("sites", "no module that owns trainable parameters returns floating-point numbers")
        _OUTPUTS[objective] = tuple(found)
    return _OUTPUTS[objective]


def zeros(layout: Layout) -> dict[str, Tensor]:
    """A zero for every coordinate."""
    return {block.name: torch.zeros(block.shape, dtype=block.dtype, device=block.device) for block in layout}
