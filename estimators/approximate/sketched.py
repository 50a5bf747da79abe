"""Sketched weight gradients: random combinations of the rows of a layer's input are kept in their place."""

from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from estimators.approximate.backward import Approximate, check_share, declared, dense_layers, first_share, recorded, share_of
from estimators.approximate.draws import Draws
from estimators.approximate.pooling import POOLS
from estimators.approximate.rows import Kept, everything, reduced
from estimators.approximate.signs import SIGNS
from estimators.estimator import Declaration, Shapes
from estimators.objective import Objective

LAWS = {"rademacher": "signs", "gaussian": "normal"}
"""Word -> the law of the entries of S, before they are divided by √s."""

_PIECES = 4
"""What is drawn of S at once is so many times smaller than what it is applied to in the forward pass."""


@dataclass(frozen=True)
class SketchedProducts(Approximate):
    """In place of δᵀx, the gradient of a layer's weight, (Sᵀδ)ᵀ (Sᵀx) with a random [B, s] matrix S of E[S Sᵀ] = I.

    Rows are vectors for a dense layer (all positions of all samples) and samples for a convolution. What is saved is Sᵀx, s rows;
    for a ReLU one bit an entry, and for max-pooling the places of the maxima. S is another one for every call of a layer and is
    not saved: a seed gives it again for Sᵀδ, in pieces a quarter as large as x. Biases and gradients that travel on are exact.

    Unbiased. The squared error of one layer is on average (‖δ‖²‖x‖² + ‖δᵀx‖²) / s for Gaussian entries, and by
    2 Σ ‖δᵢ‖²‖xᵢ‖² / s less for random signs, in Frobenius norms.

    Cost for a perceptron: 2 + s/B forward passes for its products, less the first layer's input gradient, and s/m + s/n of a
    layer with m outputs and n inputs for its sketches. Memory: the activations, of which a share `keep` is saved. What other
    layers save stays; see `SampledProducts`.

    Source: Bershatsky et al. 2022, arXiv 2201.13195 (RMM).

    Args:
        keep: s/B, above 0 and at most 1; s is rounded down, and 1 at least. At 1 the rows themselves are kept: as
            many combinations would save nothing.
        sketch: `rademacher` (random signs) or `gaussian`.

    Example:
        >>> from estimators.objective import ModuleObjective
        >>> batch = torch.ones(8, 3), torch.zeros(8, 1)
        >>> objective = ModuleObjective(torch.nn.Linear(3, 1), torch.nn.functional.mse_loss, batch)
        >>> estimate, _ = SketchedProducts(0.25).estimate(objective, None, generator=torch.Generator())
        >>> tuple(estimate.gradient["weight"].shape)
        (1, 3)
    """

    keep: float = 0.25
    sketch: str = "rademacher"

    def __post_init__(self) -> None:
        """Check the bounds."""
        check_share(self.keep)
        if self.sketch not in LAWS:
            raise ValueError(f"sketch must be one of {', '.join(LAWS)}, got {self.sketch!r}")

    def forward(self, objective: Objective, generator: torch.Generator) -> Tensor:
        """See `Approximate.forward`."""
        return recorded(
            objective, reduced(partial(_sketched, LAWS[self.sketch], self.keep, Draws(generator))), {**SIGNS, **POOLS}
        )

    def at_full_budget(self, coordinates: int) -> "SketchedProducts":
        """With the rows themselves; see `Estimator.at_full_budget`."""
        return SketchedProducts(1.0, self.sketch)

    def declaration(self, shapes: Shapes, batch: int | None) -> Declaration:
        """See `Estimator.declaration`; operations are those of a perceptron of these weights, None for other models."""
        layers, multiple = dense_layers(shapes), None
        if layers and batch is not None:
            count = share_of(self.keep, batch)
            sketches = count * sum(m + n for m, n in layers) / sum(m * n for m, n in layers)
            multiple = 2 - first_share(layers) + count / batch + (sketches if count < batch else 0)
        return declared(self.keep, shapes, batch, multiple)


def _sketched(law: str, keep: float, draws: Draws, x: Tensor) -> Kept:
    """Sᵀx / s, with the entries of S drawn without the root of s."""
    count = share_of(keep, len(x))
    if count == len(x):
        return everything(x)
    piece = max(1, x.numel() // (_PIECES * count))
    first = draws.reserve(-(-len(x) // piece))
    combine = partial(_combined, draws, law, first, count, piece)
    return Kept(combine(x).div_(count), combine)


def _combined(draws: Draws, law: str, first: int, count: int, piece: int, rows: Tensor) -> Tensor:
    """Sᵀ rows, S drawn piece by piece: [rows, ...] -> [count, ...]."""
    flat = rows.flatten(1)
    total = flat.new_zeros(count, flat.shape[1])
    for number, part in enumerate(flat.split(piece)):
        shape = len(part), count
        torch.addmm(total, draws.draw(law, first + number, shape, rows.dtype, rows.device).mT, part, out=total)  # one at a time
    return total.view(count, *rows.shape[1:])
