"""torchzero's forward gradient and MeZO as estimators, so that the contract and the rounds meet them like any other.

A user's step of torchzero up to where the estimate exists: drawing, derivative and scaling happen in its own modules, on the
model's own parameters; its optimiser's update is left out. MeZO draws from a seed of its own, the number of the step.
"""

from abc import abstractmethod
from dataclasses import dataclass

import torch
import torchzero as tz
from torch import Tensor
from torchzero.core import Objective as Step

from estimators.estimator import Declaration, DenseEstimate, Estimate, Estimator, Shapes
from estimators.objective import Objective

_SEEDS = 1 << 40  # torchzero multiplies them by a million


@dataclass(frozen=True)
class Peer(Estimator):
    """What both share.

    Args:
        k: number of tangents.
        directions: `gaussian` or `rademacher`.
    """

    k: int = 1
    directions: str = "gaussian"

    @abstractmethod
    def module(self, seed: int) -> tz.core.Module:
        """Torchzero's module for one estimate."""

    def estimate(self, objective: Objective, state: None, *, generator: torch.Generator) -> tuple[Estimate, None]:
        names, parameters = list(objective.parameters), list(objective.parameters.values())
        seed = int(torch.randint(_SEEDS, (), generator=generator, device=generator.device))
        module = self.module(seed)
        optimizer = tz.Optimizer(parameters, module)
        step = Step(parameters, lambda backward=False: objective.loss(), None, seed, modular=optimizer)
        module.update(step)
        estimates: list[Tensor] = [tensor.detach() for tensor in step.updates]
        loss = step.loss_approx if step.loss is None else step.loss  # MeZO gives the loss above the point
        return DenseEstimate(loss.detach(), dict(zip(names, estimates, strict=True))), None


@dataclass(frozen=True)
class ForwardGradient(Peer):
    """`tz.m.ForwardGradient`, exact derivatives along k tangents held at once."""

    def module(self, seed: int) -> tz.core.Module:
        return tz.m.ForwardGradient(self.k, self.directions, target="update", seed=seed)

    def declaration(self, shapes: Shapes, batch: int | None) -> Declaration:
        return Declaration(unbiased=True, memory="tangents", needs=frozenset({"jvp"}), descends=True)


@dataclass(frozen=True)
class MeZO(Peer):
    """`tz.m.MeZO`, central differences along tangents drawn again from their seeds."""

    def module(self, seed: int) -> tz.core.Module:
        return tz.m.MeZO(n_samples=self.k, distribution=self.directions, target="update")

    def declaration(self, shapes: Shapes, batch: int | None) -> Declaration:
        return Declaration(unbiased=True, memory="layer", descends=True)
