"""The workload on the other side: one gradient estimate after another, each state handed on to the next call.

A gradient has been made when every tensor of it has existed: `items()` is consumed and each tensor dropped, so that an estimate
which never holds an n-vector need not hold one here.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from benchmarks.harness.settings import derived_seed
from estimators.estimator import Estimate, Estimator
from estimators.objective import Objective


class WrongEstimate(Exception):  # noqa: N818  (an outcome, "wrong", rather than a defect of the harness)
    """An estimate that is none: other names, shapes, dtypes or devices than the parameters', or numbers that are not finite."""


class Gradient:
    """Estimates of one objective's gradient, drawn one after another.

    Attributes:
        state: what the last call returned; from `init` before the first.
    """

    def __init__(self, objective: Objective, estimator: Estimator, generator: torch.Generator) -> None:
        """Run `init`."""
        self.objective, self.estimator, self.generator = objective, estimator, generator
        self.state: Any = estimator.init(objective)

    def draw(self) -> Estimate:
        """The next estimate."""
        estimate, self.state = self.estimator.estimate(self.objective, self.state, generator=self.generator)
        return estimate

    def run(self, count: int) -> None:
        """Make `count` gradients, dropping each."""
        for _ in range(count):
            self._once()

    def restore(self) -> None:
        """Nothing: an estimate leaves everything as it was."""

    def _once(self) -> None:
        for _ in self.draw().items():
            pass


def generator_for(seed: int, purpose: str, device: torch.device) -> torch.Generator:
    """A generator on `device` whose numbers depend on the seed and on what they are for."""
    return torch.Generator(device).manual_seed(derived_seed(seed, purpose))


def checked(estimate: Estimate, parameters: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The gradient of an estimate, held to the interface.

    Raises:
        WrongEstimate: names, shapes, dtypes or devices are not those of the parameters, or a number is not finite.
    """
    gradient = estimate.gradient
    if list(gradient) != list(parameters):
        raise WrongEstimate(f"the estimate has the names {_some(gradient)}, the parameters are {_some(parameters)}")
    for name, tensor in gradient.items():
        expected, found = _kind(parameters[name]), _kind(tensor)
        if expected != found:
            raise WrongEstimate(f"the estimate of {name!r} is {found}, the parameter is {expected}")
        if not bool(torch.isfinite(tensor).all()):
            raise WrongEstimate(f"the estimate of {name!r} is not finite")
    return gradient


def _kind(tensor: Tensor) -> str:
    return f"{str(tensor.dtype).removeprefix('torch.')}{list(tensor.shape)} on {tensor.device}"


def _some(names: Mapping[str, Tensor]) -> str:
    shown = [repr(name) for name in names][:4]
    return ", ".join(shown) + (f" and {len(names) - 4} more" if len(names) > 4 else "") if names else "(none)"
