"""Losses beside the parameters: operations get perturbed copies of the parameters they use, and the parameters stay as they are.

A copy is made for one operation and dropped after it, so that no more than one layer's exists at any moment; a dense layer whose
perturbation is a product of thin factors gets none at all. Perturbations of small parameters are drawn several at once
(`regenerated.OneTangent`).
"""

from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial

import torch
from torch import Tensor

from estimators.directional.derivatives.treatments import Treated
from estimators.directional.factored import MOVED, FactoredPlaceholder
from estimators.directional.placeholder import Placeholder
from estimators.directional.regenerated import OneTangent, Regenerated
from estimators.directional.space import Weights
from estimators.estimator import Factors
from estimators.objective import Objective


def losses(objective: Objective, tangents: Regenerated, index: int, distances: Sequence[float]) -> list[Tensor]:
    """The losses at x + distance v, v one of the tangents; a forward pass each.

    Args:
        objective: the loss.
        tangents: among others, v.
        index: which one is v.
        distances: where along it.

    Returns:
        One 0-dimensional tensor a distance.
    """
    point = Weights().point(objective)
    names, touched, tangent = list(point), tangents.touched(index), OneTangent(tangents, index)
    treated = Treated(MOVED) if any(map(tangents.factored, touched)) else nullcontext()

    def at(distance: float) -> Tensor:
        moved = {names[i]: _placeholder(point[names[i]], tangent, i, distance) for i in touched}
        with treated:
            return objective.loss({**point, **moved})

    return [at(distance) for distance in distances]


def _placeholder(value: Tensor, tangent: OneTangent, position: int, distance: float) -> Placeholder:
    make = partial(_moved, value, tangent, position, distance)
    if not tangent.tangents.factored(position):
        return Placeholder(value, make)
    return FactoredPlaceholder.of(value, make, partial(_factors, tangent, position, distance))


def _factors(tangent: OneTangent, position: int, distance: float) -> Factors:
    """Distance v of one block, unformed."""
    left, right = tangent.tangents.factors(position, tangent.index)
    return Factors(left.mul_(distance), right)


def _moved(value: Tensor, tangent: OneTangent, position: int, distance: float) -> Tensor:
    """X + distance v of one block, in the memory of v."""
    v = tangent.block(position)
    return torch.add(value, v, alpha=distance, out=v)
