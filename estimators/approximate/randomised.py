"""Randomised vector-Jacobian products: both products of a layer's way back see some of its outputs only."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from estimators.approximate.backward import Approximate, check_share, declared, dense_layers, recorded, share_of
from estimators.approximate.draws import Draws, Numbers
from estimators.approximate.rows import bias_gradient
from estimators.estimator import Declaration, Shapes
from estimators.layers import Call
from estimators.objective import Objective

Mask = Callable[[Tensor], tuple[Tensor, Tensor]]
"""δ, [rows, outputs, ...] -> the indices of the outputs that are kept, and the factors that these are multiplied by."""


@dataclass(frozen=True)
class RandomisedVjp(Approximate):
    """On the way back through a layer y = x W, δ M in place of δ: M random and diagonal, E[M] = I, s of its m entries not 0.

    Both products then run over s outputs (channels of a convolution): δ M W, which travels on, and (δ M)ᵀ x, in which the rows of
    the weight's gradient that belong to other outputs are 0. M is another one for every call of a layer. Unbiased, for the way
    back is linear in δ; but the error of one layer travels on and is masked again in the next, so that the variance grows with
    depth. The bias's gradient sees all of δ.

    With `uniform` all sets of s outputs are equally likely, and one layer adds (m/s - 1) ‖δ‖² to the mean square of its δ. With
    `norm` the probability of output j is in proportion to ‖δⱼ‖, 1 at most, by systematic sampling (one number for all outputs):
    the largest are always there.

    Cost for a perceptron: 1 forward pass, and twice s/m, once in the first layer. Memory: the activations, all of them, for which
    outputs are left out is drawn on the way back. Left to torch: convolutions in groups.

    Source: Bakong et al. 2026, arXiv 2602.14701 (uniform masks, data-dependent diagonal sketches).

    Args:
        keep: s/m, above 0 and at most 1; s is rounded down, and 1 at least. At 1 this is backprop.
        sampling: `uniform` or `norm`.

    Example:
        >>> from estimators.objective import ModuleObjective
        >>> batch = torch.ones(8, 3), torch.zeros(8, 4)
        >>> objective = ModuleObjective(torch.nn.Linear(3, 4), torch.nn.functional.mse_loss, batch)
        >>> estimate, _ = RandomisedVjp(0.25).estimate(objective, None, generator=torch.Generator())
        >>> int(estimate.gradient["weight"].any(dim=1).sum())  # outputs that were not left out
        1
    """

    keep: float = 0.25
    sampling: str = "uniform"

    def __post_init__(self) -> None:
        """Check the bounds."""
        check_share(self.keep)
        if self.sampling not in LAWS:
            raise ValueError(f"sampling must be one of {', '.join(LAWS)}, got {self.sampling!r}")

    def forward(self, objective: Objective, generator: torch.Generator) -> Tensor:
        """See `Approximate.forward`."""
        draws = Draws(generator)

        def replacement(call: Call) -> Tensor:
            count, stream = share_of(self.keep, len(call.weight)), draws.reserve()
            if call.groups > 1 or count == len(call.weight):
                return call.run(call.batched)
            mask = partial(_mask, self.sampling, count, draws, stream)
            y: Tensor = _Masked.apply(call.batched, call.weight, call.bias, call, mask)  # type: ignore[no-untyped-call]
            return y

        return recorded(objective, replacement)

    def at_full_budget(self, coordinates: int) -> "RandomisedVjp":
        """With all outputs; see `Estimator.at_full_budget`."""
        return RandomisedVjp(1.0, self.sampling)

    def declaration(self, shapes: Shapes, batch: int | None) -> Declaration:
        """See `Estimator.declaration`; operations are those of a perceptron of these weights, None for other models."""
        layers, multiple = dense_layers(shapes), None
        if layers:
            products = [share_of(self.keep, m) * n * (2 if number else 1) for number, (m, n) in enumerate(layers)]
            multiple = 1 + sum(products) / sum(m * n for m, n in layers)
        linear = self.keep == 1 or self.sampling == "uniform"  # then which outputs are left out does not depend on the batch
        return replace(declared(self.keep, shapes, batch, multiple), linear=linear, permutation_invariant=True)


class _Masked(torch.autograd.Function):
    """A layer whose way back sees the outputs that a mask chooses."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, call: Call, mask: Mask) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.mask, ctx.transposed, ctx.for_weight = mask, call.transposed, call.for_weight
        return call.run(x)

    @staticmethod
    def backward(ctx: Any, delta: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        for_x, for_weight, for_bias = ctx.needs_input_grad[:3]
        to_x = to_weight = None
        chosen, factors = ctx.mask(delta)
        some = delta.index_select(1, chosen) * factors.to(delta.dtype).view(-1, *[1] * (delta.dim() - 2))
        rows = weight.index_select(0, chosen)
        if for_x:
            to_x = ctx.transposed(some, rows.to(delta.dtype))
        if for_weight:
            found = ctx.for_weight(some, x.to(delta.dtype), rows.shape)
            to_weight = torch.zeros_like(weight).index_copy_(0, chosen, found.to(weight.dtype))
        return to_x, to_weight, bias_gradient(delta) if for_bias else None, None, None


def _mask(sampling: str, count: int, draws: Draws, stream: int, delta: Tensor) -> tuple[Tensor, Tensor]:
    """So many outputs of δ; see `Mask`."""
    return LAWS[sampling](delta, count, draws.numbers(stream, delta.device))


def _uniform(delta: Tensor, count: int, numbers: Numbers) -> tuple[Tensor, Tensor]:
    """So many different outputs, all sets of them equally likely."""
    outputs = delta.shape[1]
    return numbers(outputs).argsort()[:count], torch.full((count,), outputs / count, dtype=torch.float64, device=delta.device)


def _by_norm(delta: Tensor, count: int, numbers: Numbers) -> tuple[Tensor, Tensor]:
    """Outputs by their norms: where the sum of the probabilities up to an output passes a whole number, it is in."""
    others = [dimension for dimension in range(delta.dim()) if dimension != 1]
    kind = torch.promote_types(delta.dtype, torch.float32)
    norms = torch.linalg.vector_norm(delta, dim=others, dtype=kind).double()
    probabilities = inclusion(norms, count)
    steps = (probabilities.cumsum(0) + numbers(1)).floor()
    chosen = steps.diff(prepend=steps.new_zeros(1)).nonzero()[:, 0]
    return chosen, 1 / probabilities[chosen]


def inclusion(weights: Tensor, count: int) -> Tensor:
    """Probabilities in proportion to weights, but 1 at most; they add up to `count`, or to as many weights as are not 0.

    Weights that are infinite or NaN have 1 each besides, so that none of them is lost.

    Args:
        weights: 0 or more, [m]; equal probabilities where all are 0.
        count: from 1 to m.
    """
    finite = weights.isfinite()
    weights = torch.where(finite, weights, 0)
    weights = torch.where(weights.any(), weights, 1)
    largest_first = weights.sort(descending=True).values
    rest = largest_first.flip(0).cumsum(0).flip(0)  # rest[c]: all but the c largest
    room = torch.arange(count, count - len(weights), -1, device=weights.device)  # room[c]: what is left where these have 1 each
    certain = (room * largest_first <= rest).int().argmax()  # the fewest that leave none of the others above 1
    shares = (weights * (room[certain] / rest[certain])).nan_to_num(nan=0.0, posinf=1.0).clamp(max=1)  # 0 * inf is no share
    return torch.where(finite, shares, 1)


LAWS: dict[str, Callable[[Tensor, int, Numbers], tuple[Tensor, Tensor]]] = {"uniform": _uniform, "norm": _by_norm}
"""Word -> how outputs are chosen."""
