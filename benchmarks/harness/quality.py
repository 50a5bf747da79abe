"""Quality: how close estimates e come to the exact gradient g, over many independent draws, overall and by layer.

g is computed by backprop here, by the ruler. Where the estimator offers a simulated derivative (⟨g, v⟩ in place of a
Jacobian-vector product) the draws use it, after it was shown equal to the real one under the same random numbers. Beside each
mean stands its closed form, where one is known, and how many standard errors lie between. Intervals are over draws, within this
process.

The number of draws is decided in stages: a pilot, then as many as bring the standard error of the mean cosine to 1 % of it.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.harness.clock import Clock, clock_of
from benchmarks.harness.draws import Array, Draws, Reducer
from benchmarks.harness.gradient import Gradient, generator_for
from benchmarks.harness.quality_rows import cosines, quality_rows
from benchmarks.harness.rows import row
from benchmarks.harness.settings import Settings
from benchmarks.problems.problem import Problem
from benchmarks.records import Measurement, Metric
from benchmarks.statistics import standard_error
from estimators.estimator import Declaration, Estimator
from estimators.objective import Objective, WithKnownGradient

PILOT_DRAWS = (64, 1000)  # least and most; between them, as many as fit PILOT_COORDINATES
PILOT_COORDINATES = 1 << 20  # squares of few coordinates have heavy tails, and draws of few coordinates cost little
DETERMINISTIC_DRAWS = 2  # two, so that a deterministic estimator that is not shows a spread
MAXIMUM_DRAWS = 20_000
PRECISION = 0.01  # standard error of the mean cosine, relative to it
MARGIN = 1.02  # more draws than the spread so far suggests, so that one more stage is seldom needed
APPROACH = 0.75  # of the draws that a much smaller sample suggests are made before looking again
COMPARED_DRAWS = 3  # of the simulated with the real derivative
SIMULATED_TOLERANCE = 1e-3  # or this many roundings of the parameters' type, where it is a short one:
SIMULATED_ROUNDINGS = 16


def measure(problem: Problem, estimator: Estimator, settings: Settings, clock: Clock | None = None) -> Measurement:
    """Measure how good one estimator's estimates are.

    Args:
        problem: what is differentiated.
        estimator: what is measured.
        settings: seed, budget, and the number of draws if it is fixed.
        clock: for the budget; of the problem's device where None.

    Raises:
        MissingCapability: the problem lacks what the estimator needs.
        ValueError: the gradient is zero, an estimate is not finite, or the simulated and the real estimates differ.
    """
    objective = problem.objective
    loss, exact = exact_gradient(objective)
    if not any(bool(tensor.any()) for tensor in exact.values()):
        raise ValueError("the exact gradient is zero here, so no estimate has a direction or a length relative to it")
    shapes = {name: tuple(tensor.shape) for name, tensor in exact.items()}
    declaration = estimator.declaration(shapes, objective.batch_size)
    simulated = estimator.simulated() if declaration.stochastic else None
    metrics: list[Metric] = []
    facts: dict[str, Any] = {"simulated": simulated is not None}
    if simulated is not None:
        known = WithKnownGradient(objective, loss, exact)
        metrics.append(
            _compared(Gradient(objective, estimator, _generator(problem, settings)), simulated, known, problem, settings)
        )
        objective, estimator = known, simulated
    source = Gradient(objective, estimator, generator_for(settings.seed, "quality", problem.device))
    draws, reached = _draw(source, exact, declaration, settings, clock or clock_of(problem.device))
    metrics += quality_rows(draws, declaration)
    marks = frozenset() if reached else frozenset({"imprecise"})
    return Measurement(tuple(metrics), marks=marks, facts=facts)


def exact_gradient(objective: Objective) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss and its gradient by reverse mode.

    Returns:
        A 0-dimensional tensor, and name -> tensor; both without a tape.
    """
    leaves = objective.parameters
    with torch.enable_grad():
        loss = objective.loss()
        gradients = torch.autograd.grad(loss, list(leaves.values()), materialize_grads=True)
    return loss.detach(), dict(zip(leaves, gradients, strict=True))


def more_draws(cosine: Array, coordinates: int, limit: int = MAXIMUM_DRAWS) -> int:
    """How many draws are still wanted, from the cosines of those made; 0 when the mean is precise enough or the limit reached.

    Args:
        cosine: [N] cosine similarities of the draws so far.
        coordinates: the dimension n, which decides about the pilot.
        limit: no more than this many altogether.
    """
    count, (least, most) = len(cosine), PILOT_DRAWS
    pilot = min(limit, max(least, min(most, PILOT_COORDINATES // coordinates)))
    if count < pilot:
        return pilot - count
    goal, error = PRECISION * abs(float(cosine.mean())), standard_error(cosine)
    if error <= goal or count >= limit:
        return 0
    wanted = count * (error / goal) ** 2 * MARGIN if goal else math.inf
    if wanted * APPROACH > 2 * count:
        wanted *= APPROACH
    return max(1, math.ceil(min(wanted, limit)) - count)


def _draw(
    source: Gradient, exact: Mapping[str, Tensor], declaration: Declaration, settings: Settings, clock: Clock
) -> tuple[Draws, bool]:
    """Draw until no more is wanted or the budget is spent; whether all wanted was drawn."""
    reducer, end = Reducer(exact), clock() + settings.budget_s * 1e9
    fixed = settings.draws if declaration.stochastic else DETERMINISTIC_DRAWS
    coordinates = source.objective.coordinates()

    def wanted() -> int:
        if fixed is not None:
            return fixed - reducer.count
        return more_draws(cosines(reducer.result()) if reducer.count else np.empty(0), coordinates)

    spent = False
    while not spent and (left := wanted()) > 0:
        for _ in range(left):
            reducer.add(source.draw())
            if spent := (reducer.count >= DETERMINISTIC_DRAWS and clock() > end):
                break
    draws = reducer.result()
    if fixed is not None:
        return draws, reducer.count >= fixed
    cosine = cosines(draws)
    return draws, standard_error(cosine) <= PRECISION * abs(float(cosine.mean()))


def _compared(real: Gradient, simulated: Estimator, known: Objective, problem: Problem, settings: Settings) -> Metric:
    """Largest difference of real and simulated estimates under the same random numbers, over the root mean square norm."""
    other = Gradient(known, simulated, _generator(problem, settings))
    differences, norms = [], []
    for _ in range(COMPARED_DRAWS):
        pairs = list(zip(real.draw().items(), other.draw().items(), strict=True))
        differences.append(math.sqrt(sum(float((a.double() - b.double()).square().sum()) for (_, a), (_, b) in pairs)))
        norms.append(math.sqrt(sum(float(b.double().square().sum()) for _, (_, b) in pairs)))
    scale = math.sqrt(sum(norm**2 for norm in norms) / len(norms))
    difference = max(differences) / scale if scale else max(differences)
    tolerance = max(SIMULATED_TOLERANCE, SIMULATED_ROUNDINGS * torch.finfo(problem.dtype).eps)
    if not difference <= tolerance:
        raise ValueError(
            f"simulated and real estimates differ by {difference:.2g} of their norm under the same random numbers, expected at "
            f"most {tolerance:g}: the quality of one says nothing about the other"
        )
    return row("simulated_difference", difference, method="same random numbers", count=COMPARED_DRAWS)


def _generator(problem: Problem, settings: Settings) -> torch.Generator:
    return generator_for(settings.seed, "comparison", problem.device)
