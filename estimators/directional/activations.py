"""Activation spaces: what is perturbed is the outputs of the layers, and the estimate is carried on into their parameters.

The coordinates are added to the outputs z of all modules that own trainable parameters (`estimators.sites`), and are zero where
derivatives are taken. An estimate of dL/dz becomes one for the parameters by a backward pass within each block only: the model
runs once more, cut behind every output, and Σ (∂z/∂θ)ᵀ (estimate of dL/dz) needs no gradient that passes from block to block.
That map is linear: what is unbiased for dL/dz is unbiased for the parameters, and dL/dz itself gives backprop's gradient.

Three spaces differ in what has a derivative, and tangents, of its own: the whole batch, or each sample.
"""

from abc import ABC
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from weakref import WeakKeyDictionary, WeakSet

import torch
from torch import Tensor

from estimators.directional.aggregations import Aggregation
from estimators.directional.derivatives import Derivative
from estimators.directional.interaction import check_apart
from estimators.directional.space import Block, Draw, Layout, Space, Tangents, matrix
from estimators.directional.streams import Stream
from estimators.estimator import Declaration, DenseEstimate, Estimate, Shapes
from estimators.objective import MissingCapability, ModuleObjective, Objective
from estimators.sites import moved, of_module, pulled_back, visited

_OUTPUTS: WeakKeyDictionary[ModuleObjective, Layout] = WeakKeyDictionary()
_APART: WeakSet[ModuleObjective] = WeakSet()  # whose samples were seen not to interact

_MEMORY = {"parameters": "activations", "tangents": "activation-tangents"}
_INTO_PARAMETERS = 2.0  # forward passes: one with a tape, and the products that give the weights' tensors


class _AtSites(Space, ABC):
    """What all activation spaces have in common."""

    needs = frozenset({"sites"})

    def layout(self, objective: Objective) -> Layout:
        """One block an output, with a row for each sample.

        Raises:
            MissingCapability: the objective is not that of a module, or none of the modules returns floating-point numbers.
        """
        return _outputs(of_module(objective))

    def point(self, objective: Objective) -> dict[str, Tensor]:
        """Zeros."""
        return _zeros(self.layout(objective))

    def carry(self, objective: Objective, estimate: Estimate) -> Estimate:
        """Into the parameters, each block by itself."""
        return DenseEstimate(estimate.loss.sum(), pulled_back(of_module(objective), dict(estimate.items())))

    def declared(
        self, declaration: Declaration, derivative: Derivative, aggregation: Aggregation, k: int | None, shapes: Shapes
    ) -> Declaration:
        """See `Space.declared`; how far the estimate lies from the gradient depends on the activations."""
        return replace(
            declaration,
            in_span=False,
            rank=None,
            relative_error=0.0 if declaration.exact else None,
            eta=1.0 if declaration.exact else None,
            expected={},
            forward_multiple=self._multiple(declaration.forward_multiple, derivative, aggregation, k, shapes),
            forward_calls=None if declaration.forward_calls is None or k is None else declaration.forward_calls + 1,
            memory=_MEMORY[declaration.memory],
            records_tape=True,
            descends=False,
            isotropic=False,
            linear=False,
            permutation_invariant=False,
        )

    def _multiple(
        self, in_weights: float | None, derivative: Derivative, aggregation: Aggregation, k: int | None, shapes: Shapes
    ) -> float | None:
        """Forward passes for dense layers of these shapes, in order, given what they are along tangents of the weights."""
        if in_weights is None or k is None:
            return None
        dense = _dense(shapes)
        more = self._products(aggregation, k)
        if not dense and (derivative.carrying or more):
            return None
        share = 1 - prod(dense[0]) / sum(map(prod, dense)) if dense else 0.0  # of a pass: nothing is carried into the first layer
        outputs = sum(rows for rows, _ in dense) / sum(map(prod, dense)) if dense else 0.0  # one product for each, in passes
        return in_weights - k * derivative.carrying * (1 - share / 2) + more * outputs + _INTO_PARAMETERS

    def _products(self, aggregation: Aggregation, k: int) -> float:
        """Multiplications for each output of each sample, as matrix products, that the estimate in this space takes."""
        return aggregation.products(k)


@dataclass(frozen=True)
class Activations(_AtSites):
    """The outputs of all layers for the whole batch: a tangent runs over all of them, and along it the loss has one derivative.

    With B samples of m outputs each, n = B m. Unbiased where the directions and the aggregation are; the error is about B times
    that of a derivative for each sample. Samples may interact (batch normalisation in train mode).

    Cost for dense layers: 3 + k forward passes for k Jacobian-vector products, less k times the first layer, which no tangent
    enters (perturbed weights take 1 + 2k); differences take two passes more than of the weights. The two are a pass with a tape
    of each block and the products that it leads to. Memory: the activations of all layers, and as much for each tangent.
    Source: Ren et al. 2022, arXiv 2210.03310, section 3; the carrying of Flügel et al. 2024, arXiv 2410.17764, section 4.4.
    """

    def loss(self, objective: Objective, point: Mapping[str, Tensor]) -> Tensor:
        """The loss with the point added to the outputs."""
        inner = of_module(objective)
        with moved(inner, point):
            return inner.loss()


class _EachSample(_AtSites, ABC):
    """What the spaces in which every sample has a derivative of its own have in common."""

    needs = frozenset({"sites", "per_sample_loss"})

    def layout(self, objective: Objective) -> Layout:
        """One block an output, with a row for each sample.

        Raises:
            MissingCapability: as without a derivative for each sample; or the samples of a batch interact.
        """
        inner, layout = of_module(objective), super().layout(objective)
        if inner not in _APART:
            check_apart(inner, layout)
            _APART.add(inner)
        return layout

    def part(self, layout: Layout) -> Layout:
        """The outputs for one sample."""
        return tuple(replace(block, shape=block.shape[1:]) for block in layout)

    def loss(self, objective: Objective, point: Mapping[str, Tensor]) -> Tensor:
        """What each sample adds to the loss, with the point added to the outputs: [B]."""
        inner = of_module(objective)
        with moved(inner, point):
            losses = inner.per_sample_loss()
        return losses / len(losses)

    def gradient(self, objective: Objective) -> tuple[Tensor, Mapping[str, Tensor]]:
        """See `Space.gradient`: a row is that of the sample's own loss."""
        return Activations().gradient(objective)


@dataclass(frozen=True)
class SampleActivations(_EachSample):
    """The outputs of all layers for each sample by itself: tangents of its own, independent of other samples', and derivatives.

    With x_b the input of a dense layer and u_b the tangent at its output, the forward gradient of its weights is
    Σ_b t_b u_b x_bᵀ, t_b the derivative of sample b's part of the loss along its u. For Gaussian u and k tangents its variance is
    (1/k) Σ_b ‖x_b‖² [(m + 1) ‖δ_b‖² + m Σ ‖δ'_b‖²], with m outputs and the gradient δ_b of that part of the loss in them; the
    inner sum is over the other layers. Refused where samples interact; an aggregation is made for each sample.

    Cost and memory as with one derivative of the whole batch. Source: Ren et al. 2022, arXiv 2210.03310, section 3, equation of
    activity-perturbed forward gradients; the variance over layers is derived here.
    """

    def draw(self, draw: Draw, layout: Layout, indices: Sequence[int], stream: Stream, *, entrywise: bool) -> Tangents:
        """Block name -> [k, B, ...]; each sample's from a stream of its own, unless all entries are independent anyway."""
        if entrywise:
            return draw(layout, indices, stream)
        part, count = self.part(layout), layout[0].shape[0]
        tangents = {b.name: torch.empty((len(indices), *b.shape), dtype=b.dtype, device=b.device) for b in layout}
        for number in range(count):
            for name, rows in draw(part, indices, stream.of_sample(number, count)).items():
                tangents[name][:, number] = rows
        return tangents

    def coefficients(self, aggregation: Aggregation, tangents: Tangents, derivatives: Tensor) -> Tensor:
        """[k, B]: of each sample's tangents and derivatives."""
        if aggregation.of_derivatives:
            return aggregation.coefficients({name: rows[:, 0] for name, rows in tangents.items()}, derivatives)
        samples = ({name: rows[:, b] for name, rows in tangents.items()} for b in range(derivatives.shape[1]))
        columns = [aggregation.coefficients(one, d) for one, d in zip(samples, derivatives.unbind(1), strict=True)]
        return torch.stack(columns, dim=1)

    def product(self, rows: Tensor, gradient: Tensor) -> Tensor:
        """See `Space.product`: [k, B]."""
        return (rows * gradient).reshape(*rows.shape[:2], -1).sum(2)


@dataclass(frozen=True)
class SharedActivations(_EachSample):
    """The outputs of all layers along the same tangents for every sample, which has derivatives and an aggregation of its own.

    Of each sample the estimate of dL/dz is that of its own tangents; but the errors of different samples are not independent, so
    their mean is further off. k tangents of m numbers instead of k B m, and one Gram matrix for all samples. What the published
    network experiments do. Refused where samples interact. Cost as with one derivative of the whole batch; memory: the
    activations in flight for each tangent. Source: Flügel et al. 2024, arXiv 2410.17764, sections 4.4 and 4.5, its code.
    """

    def point(self, objective: Objective) -> dict[str, Tensor]:
        """Zeros, without a row for each sample."""
        return _zeros(self.part(self.layout(objective)))

    def product(self, rows: Tensor, gradient: Tensor) -> Tensor:
        """See `Space.product`: [k, B]."""
        return matrix(rows) @ gradient.reshape(len(gradient), -1).T

    def declared(
        self, declaration: Declaration, derivative: Derivative, aggregation: Aggregation, k: int | None, shapes: Shapes
    ) -> Declaration:
        """As of all activation spaces; but tangents do not depend on who else is in the batch."""
        found = super().declared(declaration, derivative, aggregation, k, shapes)
        return replace(found, linear=declaration.linear, permutation_invariant=True)

    def _products(self, aggregation: Aggregation, k: int) -> float:
        """Those of the sums; a Gram matrix for all samples counts for little."""
        return float(k)


def _outputs(objective: ModuleObjective) -> Layout:
    """All outputs, in the order of the pass; found by one, and remembered."""
    if objective not in _OUTPUTS:
        found: list[Block] = []

        def note(name: str, output: Tensor) -> Tensor:
            found.append(Block(name, tuple(output.shape), output.dtype, output.device))
            return output

        with torch.no_grad(), visited(objective, note):
            objective.loss()
        if not found:
            raise MissingCapability("sites", "no module that owns trainable parameters returns floating-point numbers")
        _OUTPUTS[objective] = tuple(found)
    return _OUTPUTS[objective]


def _zeros(layout: Layout) -> dict[str, Tensor]:
    return {block.name: torch.zeros(block.shape, dtype=block.dtype, device=block.device) for block in layout}


def _dense(shapes: Shapes) -> list[tuple[int, ...]]:
    """The matrices, in order; none where there are convolutions, whose operations do not follow from their weights."""
    return [shape for shape in shapes.values() if len(shape) == 2] if all(len(shape) <= 2 for shape in shapes.values()) else []
