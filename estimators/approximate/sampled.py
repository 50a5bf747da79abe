"""Sampled weight gradients: a few rows of a layer's input are kept, and stand for all of them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from estimators.approximate.backward import Approximate, check_share, declared, dense_layers, first_share, recorded, share_of
from estimators.approximate.draws import Draws, Numbers
from estimators.approximate.pooling import POOLS
from estimators.approximate.rows import Kept, everything, reduced
from estimators.approximate.signs import SIGNS
from estimators.estimator import Declaration, Shapes
from estimators.objective import Objective

Law = Callable[[Tensor, int, Numbers], tuple[Tensor, Tensor]]
"""(x, s, numbers) -> the indices of s rows of x, and the factors that these are multiplied by."""


@dataclass(frozen=True)
class SampledProducts(Approximate):
    """In place of δᵀx = Σ δᵢ xᵢᵀ, the gradient of a layer's weight, the sum over s of its B rows, each divided by s pᵢ.

    Rows are vectors for a dense layer (all positions of all samples) and samples for a convolution. They are drawn anew for every
    call of a layer, in the forward pass: what is saved is s rows of x and their indices; for a ReLU one bit an entry, and for
    max-pooling the places of the maxima. The probabilities can follow from x alone, for δ is not known yet. Biases and the
    gradients that travel on are exact.

    Unbiased. With aᵢ = δᵢ xᵢᵀ, the squared error of one layer is on average

    * `uniform`, s different rows: B (B - s) / (s (B - 1)) (Σ‖aᵢ‖² - ‖Σ aᵢ‖²/B);
    * `norm`, s draws with pᵢ in proportion to ‖xᵢ‖: (Σ‖aᵢ‖²/pᵢ - ‖Σ aᵢ‖²) / s, least among all pᵢ where all ‖δᵢ‖ are equal;
    * `winners`: the w rows of largest norm are kept as they are, and s - w draws by norm among the others stand for these, with
      the error of `norm` on them alone. w makes (1 - the winners' pᵢ) / (s - w) least.

    Cost for a perceptron: 2 + s/B forward passes, less the first layer's input gradient. Memory: the activations, of which a
    share `keep` is saved. What other operations save stays: GELU, normalisation and attention keep their inputs, and tanh its
    output, so that behind a tanh the rows come on top of what backprop saves.

    Source: Adelman et al. 2018, arXiv 1805.08079 (column-row sampling; here for the weight's gradient alone); `winners` is
    WTA-CRS, Liu et al. 2023, arXiv 2305.15265, with norms of x in place of norms of both factors.

    Args:
        keep: s/B, above 0 and at most 1; s is rounded down, and 1 at least. At 1 all rows are kept once, and nothing is drawn.
        sampling: `uniform`, `norm` or `winners`.

    Example:
        >>> from estimators.exact import Backprop
        >>> from estimators.objective import ModuleObjective
        >>> layer = torch.nn.Linear(3, 1)
        >>> batch = torch.ones(8, 3), torch.zeros(8, 1)
        >>> objective = ModuleObjective(layer, torch.nn.functional.mse_loss, batch)
        >>> sampled, _ = SampledProducts(0.25).estimate(objective, None, generator=torch.Generator())
        >>> exact, _ = Backprop().estimate(objective, None, generator=torch.Generator())
        >>> bool((sampled.gradient["weight"] - exact.gradient["weight"]).norm() < 1e-5)  # where all rows are equal
        True
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
        return recorded(
            objective, reduced(partial(_sampled, LAWS[self.sampling], self.keep, Draws(generator))), {**SIGNS, **POOLS}
        )

    def at_full_budget(self, coordinates: int) -> "SampledProducts":
        """With all rows; see `Estimator.at_full_budget`."""
        return SampledProducts(1.0, self.sampling)

    def declaration(self, shapes: Shapes, batch: int | None) -> Declaration:
        """See `Estimator.declaration`; operations are those of a perceptron of these weights, None for other models."""
        layers, multiple = dense_layers(shapes), None
        if layers and batch is not None:
            multiple = 2 - first_share(layers) + share_of(self.keep, batch) / batch
        return declared(self.keep, shapes, batch, multiple)


def _sampled(law: Law, keep: float, draws: Draws, x: Tensor) -> Kept:
    """Some rows of x, multiplied by their factors."""
    count, stream = share_of(keep, len(x)), draws.reserve()
    if count == len(x):
        return everything(x)
    indices, factors = law(x, count, draws.numbers(stream, x.device))
    wide = factors.to(torch.promote_types(x.dtype, torch.float32)).view(-1, *[1] * (x.dim() - 1))  # 16 bits may not hold them
    return Kept((x.index_select(0, indices) * wide).to(x.dtype), lambda delta: delta.index_select(0, indices))


def _uniform(x: Tensor, count: int, numbers: Numbers) -> tuple[Tensor, Tensor]:
    """So many different rows, all sets of them equally likely."""
    factors = torch.full((count,), len(x) / count, dtype=torch.float64, device=x.device)
    return numbers(len(x)).argsort()[:count].clone(), factors  # a view would keep the whole order


def _by_norm(x: Tensor, count: int, numbers: Numbers) -> tuple[Tensor, Tensor]:
    """Independent draws of a row, in proportion to norms."""
    return _drawn(_norms(x), count, numbers)


def _winners(x: Tensor, count: int, numbers: Numbers) -> tuple[Tensor, Tensor]:
    """The rows of largest norm with factor 1, and independent draws among the others."""
    norms, order = _norms(x).sort(descending=True)
    others = norms.flip(0).cumsum(0).flip(0)  # others[w]: the norms of all but the w first
    winners = int((others[:count] / torch.arange(count, 0, -1, device=x.device)).argmin())
    drawn, factors = _drawn(norms[winners:], count - winners, numbers)
    chosen = torch.cat([torch.arange(winners, device=x.device), winners + drawn])
    return order[chosen], torch.cat([factors.new_ones(winners), factors])


def _drawn(weights: Tensor, count: int, numbers: Numbers) -> tuple[Tensor, Tensor]:
    """Indices drawn independently in proportion to weights, with 1 / (count · probability); what has no weight is nothing."""
    ends = weights.cumsum(0)
    indices = torch.searchsorted(ends, numbers(count) * ends[-1], right=True).clamp_(max=len(weights) - 1)
    chosen = weights[indices]
    return indices, torch.where(chosen > 0, ends[-1] / (count * chosen), 0)


def _norms(x: Tensor) -> Tensor:
    """The length of each row, in float64."""
    kind = torch.promote_types(x.dtype, torch.float32)
    norms: Tensor = torch.linalg.vector_norm(x.flatten(1), dim=1, dtype=kind)
    return norms.double()


LAWS: dict[str, Law] = {"uniform": _uniform, "norm": _by_norm, "winners": _winners}
"""Word -> how rows are chosen."""
