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
from weakref import WeakSet

import torch
from torch import Tensor

from estimators.directional.aggregations import Aggregation
from estimators.directional.at_sites import AtSites, zeros
from estimators.directional.derivatives import Derivative
from estimators.directional.interaction import check_apart
from estimators.directional.space import Draw, Layout, Tangents, matrix
from estimators.directional.streams import Stream
from estimators.estimator import Declaration, Shapes
from estimators.objective import ModuleObjective, Objective
from estimators.sites import moved, of_module

_APART: WeakSet[ModuleObjective] = WeakSet()  # whose samples were seen not to interact


@dataclass(frozen=True)
class Activations(AtSites):
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


class _EachSample(AtSites, ABC):
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
        """Of each sample, with the point added to the outputs: [B]."""
        inner = of_module(objective)
        with moved(inner, point):
            return inner.per_sample_loss()

    def coefficients(self, aggregation: Aggregation, tangents: Tangents, derivatives: Tensor) -> Tensor:
        """See `Space.coefficients`; of what each sample adds to the mean."""
        return super().coefficients(aggregation, tangents, derivatives / derivatives.shape[1])

    def gradient(self, objective: Objective) -> tuple[Tensor, Mapping[str, Tensor]]:
        """See `Space.gradient`: a row is that of the sample's own loss."""
        loss, gradient = Activations().gradient(objective)
        return loss, {name: rows * len(rows) for name, rows in gradient.items()}


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
        """See `Space.coefficients`; of each sample's tangents and what it adds to the mean."""
        slopes = derivatives / derivatives.shape[1]
        if aggregation.of_derivatives:
            return aggregation.coefficients({name: rows[:, 0] for name, rows in tangents.items()}, slopes)
        samples = ({name: rows[:, b] for name, rows in tangents.items()} for b in range(slopes.shape[1]))
        columns = [aggregation.coefficients(one, slope) for one, slope in zip(samples, slopes.unbind(1), strict=True)]
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
        return zeros(self.part(self.layout(objective)))

    def product(self, rows: Tensor, gradient: Tensor) -> Tensor:
        """See `Space.product`: [k, B]."""
        return matrix(rows) @ gradient.reshape(len(gradient), -1).T

    def declared(
        self, declaration: Declaration, derivative: Derivative, products: float, k: int | None, shapes: Shapes
    ) -> Declaration:
        """As of all activation spaces; but tangents do not depend on who else is in the batch."""
        found = super().declared(declaration, derivative, products, k, shapes)
        return replace(found, linear=declaration.linear, permutation_invariant=True)

    def _products(self, products: float, k: int) -> float:
        """Those of the sums; what is done once for all samples counts for little."""
        return float(k)
