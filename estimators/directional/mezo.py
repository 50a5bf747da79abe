"""MeZO: the two-point zeroth-order estimate in the memory of inference, its perturbation drawn again wherever it is needed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from estimators.directional import beside
from estimators.directional.derivatives.central_difference import CentralDifference
from estimators.directional.directions import Directions
from estimators.directional.directions.gaussian import Gaussian
from estimators.directional.estimator import Directional
from estimators.directional.factored import products
from estimators.directional.regenerated import OneTangent, Regenerated, RegeneratedCombination, check_blockwise
from estimators.directional.space import Tangents, Weights
from estimators.estimator import Declaration, Estimate, Estimator, Shapes
from estimators.objective import Objective

Values = Callable[[Objective, Regenerated, int, float], tuple[Tensor, Tensor]]
"""The losses at x + h z and at x - h z, for a tangent z by its index."""


@dataclass(frozen=True)
class Mezo(Estimator):
    """(1/k) Σ dᵢ zᵢ with dᵢ = (f(x + h zᵢ) - f(x - h zᵢ)) / 2h, where no more than one layer of a z exists at any moment.

    The estimate of `rdsa` (`spsa` for random signs), bit by bit for k = 1: unbiased up to O(h²), and E‖estimate - g‖² is
    (n + 1)/k ‖g‖² for Gaussian z. Memory: one layer, and small parameters of a 64th of it, which are drawn several at once. A
    tangent costs two forward passes, two drawings and two passes over the parameters with `restore=exact`, which leaves the
    parameters alone and hands every operation a perturbed copy of its own;
    three and three with `restore=subtract`, which perturbs them in place (by h z, by -2 h z, by h z) and leaves the rounding of
    that behind. Whoever reads the estimate draws once more. The loss reported is the mean of the values.
    Tangents of low rank r are handed to dense layers as factors with `restore=exact`, and so is the estimate: no copy of a matrix
    is made, and a layer of p x q weights takes r (p + q) products a sample more (Sarkar et al. 2025, EGGROLL, arXiv 2511.16652).
    Source: Malladi et al. 2023, arXiv 2305.17333, algorithm 1 (k = 1) and n-SPSA there; Spall 1992.

    Args:
        k: number of tangents, 1 or more.
        directions: their law; one that draws block by block.
        step: h, positive.
        restore: `exact`, or `subtract` as published.

    Example:
        >>> from estimators.objective import FunctionObjective
        >>> objective = FunctionObjective(lambda x: (x**2).sum(), torch.ones(2))
        >>> estimator = Mezo(restore="subtract")
        >>> estimate, _ = estimator.estimate(objective, estimator.init(objective), generator=torch.Generator().manual_seed(1))
        >>> [tuple(tensor.shape) for _, tensor in estimate.items()]
        [(2,)]
    """

    k: int = 1
    directions: Directions = field(default_factory=Gaussian)
    step: float = 1e-3
    restore: str = "exact"

    def __post_init__(self) -> None:
        """Check the bounds."""
        if self.k < 1:
            raise ValueError(f"k must be 1 or more, got {self.k}")
        if not self.step > 0:
            raise ValueError(f"step must be positive, got {self.step}")
        if self.restore not in _WAYS:
            raise ValueError(f"restore must be one of {', '.join(_WAYS)}, got {self.restore!r}")
        check_blockwise(self.directions)

    def init(self, objective: Objective) -> Regenerated:
        """The coordinates; see `Estimator.init`."""
        return Regenerated.of(Weights().layout(objective), self.directions, self.k)

    @torch.no_grad()
    def estimate(self, objective: Objective, state: Regenerated, *, generator: torch.Generator) -> tuple[Estimate, Regenerated]:
        """See `Estimator.estimate`; with `restore=subtract` parameters are as before up to rounding."""
        state, values = state.opened(generator), _WAYS[self.restore]
        pairs = [values(objective, state, index, self.step) for index in range(self.k)]
        slopes = torch.stack([(above - below) / (2 * self.step) for above, below in pairs])
        loss = torch.stack([(above + below) / 2 for above, below in pairs]).mean()
        return RegeneratedCombination(loss, state, slopes / self.k), state

    def tangents(self, state: Regenerated) -> Tangents:
        """See `Estimator.tangents`."""
        return state.all()

    def with_step(self, factor: float) -> "Mezo":
        """See `Estimator.with_step`."""
        return replace(self, step=self.step * factor)

    def declaration(self, shapes: Shapes, batch: int | None) -> Declaration:
        """That of the same estimate from tangents that are held, in other memory; see `Estimator.declaration`."""
        held = Directional(self.k, directions=self.directions, derivative=CentralDifference(self.step))
        thin, _ = products(self.directions, shapes) if self.restore == "exact" else (0.0, 0.0)
        return replace(
            held.declaration(shapes, batch),
            forward_multiple=None if thin and max(map(len, shapes.values())) > 2 else 2 * self.k * (1 + thin),  # convolutions
            memory="layer",
            drifts_parameters=self._drift(),
        )

    def _drift(self) -> float:
        """Three additions a tangent, none to more than the parameter and the step times an entry of z."""
        return 1.5 * self.k * (1 + self.directions.largest() * self.step) if self.restore == "subtract" else 0.0


def _beside(objective: Objective, tangents: Regenerated, index: int, step: float) -> tuple[Tensor, Tensor]:
    """The parameters stay; every operation gets a perturbed copy of those it uses."""
    above, below = beside.losses(objective, tangents, index, (step, -step))
    return above, below


def _in_place(objective: Objective, tangents: Regenerated, index: int, step: float) -> tuple[Tensor, Tensor]:
    """The parameters themselves are perturbed, and moved back, also after an exception."""
    point = Weights().point(objective)  # the parameters' own memory
    with _perturbed(point, tangents, index) as move:
        move(step)
        above = objective.loss(point)
        move(-2 * step)
        return above, objective.loss(point)


@contextmanager
def _perturbed(point: Tangents, tangents: Regenerated, index: int) -> Iterator[Callable[[float], None]]:
    """Gives a function that adds a multiple of z to the parameters, and takes off in the end what it has added."""
    values, added = list(point.values()), dict.fromkeys(tangents.touched(index), 0.0)  # by block: drawing one may fail

    tangent = OneTangent(tangents, index)

    def move_one(position: int, distance: float) -> None:
        values[position].add_(tangent.block(position), alpha=distance)
        added[position] += distance

    def move(distance: float) -> None:
        for position in added:
            move_one(position, distance)

    try:
        yield move
    finally:
        for position, distance in added.items():
            if distance:
                move_one(position, -distance)


_WAYS: dict[str, Values] = {"exact": _beside, "subtract": _in_place}
