"""Perturbation: how far loss and gradient change where every tensor moves by the same share of its norm along an estimate.

    W_l ← W_l - η (‖W_l‖/‖e_l‖) e_l,    change_l(η) = ‖g_l(η) - g_l(0)‖ / ‖g_l(0)‖

with Frobenius norms and exact gradients g, for relative sizes η from 0.0001 to 1. The estimator gives the direction e: backprop
the steepest one, a forward gradient one that is random. Beside it stands deep relative trust, Π_l (1 + η_l) - 1 over the weight
matrices, which Bernstein et al. 2020 take for the most that any of them changes by (`estimators.theory.trust`). A tensor that is
zero, or has no part in the estimate, stays as it is: its η_l is 0. Nothing here reads a clock.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor

from benchmarks.harness.gradient import Gradient, generator_for
from benchmarks.harness.quality import exact_gradient
from benchmarks.harness.rows import row
from benchmarks.harness.settings import Settings
from benchmarks.problems.problem import Problem
from benchmarks.records import Measurement, Metric, about
from estimators.estimator import Estimator
from estimators.objective import MissingCapability, Objective
from estimators.theory.trust import deep_relative_trust, reached

SIZES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0)
"""Relative sizes of a move."""

PROBED = 1e-2
"""The one that metrics are about: what Fromage moves by unless told otherwise."""

Tensors = Mapping[str, Tensor]
"""Parameter name -> tensor."""


class Change(NamedTuple):
    """What a move of one size changes.

    Attributes:
        size: η.
        loss: relative change of the loss; NaN where that was zero.
        gradient: relative change of all of the gradient, as one vector.
        matrices: weight matrix -> relative change of its part of the gradient; those whose part was zero are left out.
    """

    size: float
    loss: float
    gradient: float
    matrices: dict[str, float]

    @property
    def largest(self) -> float:
        """Of the weight matrix whose gradient changes most; NaN where there is none, or one is no number."""
        values = list(self.matrices.values())
        return max(values) if values and not any(map(math.isnan, values)) else math.nan


def measure(problem: Problem, estimator: Estimator, settings: Settings) -> Measurement:
    """Measure one direction.

    Args:
        problem: its parameters are moved, and put back.
        estimator: what gives the direction.
        settings: the seed of the estimate.

    Raises:
        MissingCapability: the problem has no weight matrix, or lacks what the estimator needs.
        ValueError: the exact gradient is zero, or no tensor can be moved.
    """
    objective = problem.objective
    matrices = [name for name, parameter in objective.parameters.items() if parameter.dim() > 1]
    if not matrices:
        raise MissingCapability("weight matrices", "the problem has none, so there are no layers that could move")
    generator = generator_for(settings.seed, "perturbation", problem.device)
    steps = whole_steps(objective.parameters, Gradient(objective, estimator, generator).draw().gradient)
    if not steps:
        raise ValueError("no tensor can be moved: each is zero, or the estimate of it is")
    loss, before = exact_gradient(objective)
    if not any(bool(tensor.any()) for tensor in before.values()):
        raise ValueError("the exact gradient is zero here, so there is nothing that its change could be relative to")
    changes = [_change(objective, steps, (float(loss), before), matrices, size) for size in SIZES]
    layers = sum(name in steps for name in matrices)
    return Measurement(
        metrics=tuple(_metrics(changes, layers)),
        facts={"layers": layers, "probed": PROBED},
        series=_columns(changes, layers),
    )


def whole_steps(parameters: Tensors, direction: Tensors) -> dict[str, Tensor]:
    """What is taken away from each tensor at η = 1: (‖W‖/‖e‖) e; tensors that cannot be moved are left out."""
    found = {}
    for name, parameter in parameters.items():
        size, length = _norm(parameter), _norm(direction[name])
        if size > 0 and 0 < length < math.inf:
            found[name] = (direction[name].double() * (size / length)).to(parameter.dtype)
    return found


def _change(objective: Objective, steps: Tensors, before: tuple[float, Tensors], matrices: Sequence[str], size: float) -> Change:
    loss, gradient = before
    with moved(objective.parameters, steps, size):
        loss_after, after = exact_gradient(objective)
    apart = {name: _norm(after[name].double() - gradient[name].double()) for name in gradient}
    lengths = {name: _norm(gradient[name]) for name in gradient}
    return Change(
        size,
        (float(loss_after) - loss) / abs(loss) if loss else math.nan,
        math.hypot(*apart.values()) / math.hypot(*lengths.values()),
        {name: apart[name] / lengths[name] for name in matrices if lengths[name]},
    )


@contextmanager
def moved(parameters: Tensors, steps: Tensors, size: float) -> Iterator[None]:
    """Move, and be back at the end to the bit, whatever happens."""
    kept = {name: parameters[name].detach().clone() for name in steps}
    try:
        with torch.no_grad():
            for name, step in steps.items():
                parameters[name].sub_(step, alpha=size)
        yield
    finally:
        with torch.no_grad():
            for name, parameter in kept.items():
                parameters[name].copy_(parameter)


def _norm(tensor: Tensor) -> float:
    """In float64: gradients of deep models are so small that their squares have no float32."""
    return float(torch.linalg.vector_norm(tensor.detach(), dtype=torch.float64))


def _metrics(changes: Sequence[Change], layers: int) -> list[Metric]:
    probed = next(change for change in changes if change.size == PROBED)
    unit = about("gradient_change").unit
    return [
        row("gradient_change", _known(probed.gradient)),
        row("largest_gradient_change", _known(probed.largest)),
        row("loss_change", _known(probed.loss)),
        row("deep_relative_trust", deep_relative_trust([PROBED] * layers)),
        row("trusted_size", reached(SIZES, [change.largest for change in changes])),
        *(Metric("gradient_change", _known(value), unit, name) for name, value in probed.matrices.items()),
    ]


def _columns(changes: Sequence[Change], layers: int) -> dict[str, list[float | None]]:
    return {
        "size": [change.size for change in changes],
        "loss_change": [change.loss for change in changes],
        "gradient_change": [change.gradient for change in changes],
        "largest_gradient_change": [change.largest for change in changes],
        "deep_relative_trust": [deep_relative_trust([change.size] * layers) for change in changes],
        **{f"change:{name}": [change.matrices[name] for change in changes] for name in changes[0].matrices},
    }


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
