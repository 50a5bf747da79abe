"""torchzero's forward gradient and MeZO as estimators, so that the contract and the rounds meet them like any other.

A user's step of torchzero up to where the estimate exists: drawing, derivative and scaling happen in its own modules, made once,
on the model's own parameters; its optimiser's update is left out. The forward gradient draws from the generator handed to it;
MeZO draws from a seed of its own, which follows from the number of the step, and that number is drawn.

The contract holds an estimator to its own word. torchzero promises no class of memory and no freedom from a tape, so declared is
what its modules do: the closure of its documentation records one, the forward gradient holds all of its tangents at once, and
MeZO perturbs all parameters at once.
"""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
import torchzero as tz
from torch import Tensor
from torchzero.core import Objective as Step

from estimators.estimator import Declaration, DenseEstimate, Estimate, Estimator, Shapes
from estimators.objective import Objective

_STEPS = 1 << 40  # torchzero multiplies them by a million, and a seed has 63 bits
_ROUNDINGS = (
    2.0  # of a MeZO tangent in units of a parameter or 1: two additions and a subtraction, half a unit each, and a margin
)


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
    def module(self) -> tz.core.Module:
        """Torchzero's module."""

    @abstractmethod
    def step(self, module: Any, generator: torch.Generator) -> int:
        """The number of the next step, with the module ready for it."""

    def init(self, objective: Objective) -> "Kept":
        return Kept(self.module(), tuple(objective.parameters))

    def estimate(self, objective: Objective, state: "Kept", *, generator: torch.Generator) -> tuple[Estimate, "Kept"]:
        number = self.step(state.module, generator)
        parameters = list(objective.parameters.values())
        step = Step(parameters, closure=lambda backward=False: objective.loss(), current_step=number)
        state.module.update(step)
        estimates: list[Tensor] = [tensor.detach() for tensor in step.updates]
        loss = step.loss_approx if step.loss is None else step.loss  # MeZO gives the loss above the point
        return DenseEstimate(loss.detach(), dict(zip(state.names, estimates, strict=True))), state


class Kept(NamedTuple):
    """A module of torchzero with what it keeps, and the names of its parameters."""

    module: Any
    names: tuple[str, ...]


class _Drawing(tz.m.ForwardGradient):
    """Draws from a generator that is handed in, where its own draws from torch's global one or from that of a fixed seed."""

    generator: torch.Generator | None = None

    def get_generator(self, device: torch.device, seed: int | None) -> torch.Generator | None:
        return self.generator


@dataclass(frozen=True)
class ForwardGradient(Peer):
    """`tz.m.ForwardGradient`, exact derivatives along k tangents held at once, one pass each."""

    def module(self) -> tz.core.Module:
        return _Drawing(self.k, self.directions, target="update")

    def step(self, module: _Drawing, generator: torch.Generator) -> int:
        module.generator = generator
        return 0

    def tangents(self, state: Kept) -> Mapping[str, Tensor]:
        """As the module holds them, parameter by parameter; made stacks only for who asks."""
        held = [torch.stack(kept["perturbations"]) for kept in state.module.state.values()]
        return dict(zip(state.names, held, strict=True))

    def declaration(self, shapes: Shapes, batch: int | None) -> Declaration:
        return Declaration(
            unbiased=True, in_span=True, memory="guided", needs=frozenset({"jvp"}), records_tape=True, descends=True
        )


@dataclass(frozen=True)
class MeZO(Peer):
    """`tz.m.MeZO`, central differences along tangents drawn again from their seeds."""

    def module(self) -> tz.core.Module:
        return tz.m.MeZO(n_samples=self.k, distribution=self.directions, target="update")

    def step(self, module: tz.core.Module, generator: torch.Generator) -> int:
        return int(torch.randint(_STEPS, (), generator=generator, device=generator.device))

    def declaration(self, shapes: Shapes, batch: int | None) -> Declaration:
        return Declaration(unbiased=True, memory="parameters", drifts_parameters=_ROUNDINGS * self.k, descends=True)
