"""What a clause of the contract is, and the examination that clauses share: fresh subjects, estimates, draws."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import torch
from torch import Tensor

from benchmarks.contract.objectives import ContractObjective, Subject
from estimators.estimator import Declaration, Estimate, Estimator
from estimators.objective import Objective, WithKnownGradient

EXACT = {torch.float64: 1e-6, torch.float32: 1e-3}
"""Largest relative error that counts as rounding (a central difference divides the rounding of the loss by its step, 1e-3)."""

_HALF = 0.1  # the same for the 16-bit types


class Verdict(Enum):
    """What became of a clause."""

    PASSED = "passed"
    FAILED = "failed"
    OMITTED = "omitted"


@dataclass(frozen=True)
class Observation:
    """What a clause saw on one objective.

    Attributes:
        verdict: whether it was kept.
        text: the figures or the defect, for people.
    """

    verdict: Verdict
    text: str


def passed(text: str) -> Observation:
    """The clause was kept."""
    return Observation(Verdict.PASSED, text)


def failed(text: str) -> Observation:
    """The clause was broken."""
    return Observation(Verdict.FAILED, text)


def omitted(text: str) -> Observation:
    """The clause does not apply, for this reason."""
    return Observation(Verdict.OMITTED, text)


@dataclass(frozen=True)
class Sample:
    """Independent estimates on one objective.

    Attributes:
        estimates: [draws, n], float64.
        gradient: [n], float64.
    """

    estimates: Tensor
    gradient: Tensor


@dataclass
class Examination:
    """One estimator under examination.

    Attributes:
        estimator: who.
        seed: of every generator that is handed to it.
        device: where the objectives lie.
    """

    estimator: Estimator
    seed: int
    device: torch.device
    _samples: dict[str, Sample] = field(default_factory=dict)

    def subject(self, case: ContractObjective) -> Subject:
        """A fresh objective; with its gradient, where the estimator asks for that."""
        subject = case.make(self.device)
        if "gradient" not in self.declaration(subject.objective).needs:
            return subject
        loss = subject.objective.loss().detach()
        known = WithKnownGradient(subject.objective, loss, reference(subject.objective))
        subject.fuse.passes = 0
        return Subject(known, subject.fuse)

    def declaration(self, objective: Objective) -> Declaration:
        """What the estimator declares for these parameters."""
        shapes = {name: tuple(parameter.shape) for name, parameter in objective.parameters.items()}
        return self.estimator.declaration(shapes, objective.batch_size)

    def generator(self, shift: int = 0) -> torch.Generator:
        """A generator on the device, seeded with the examination's seed plus `shift`."""
        return torch.Generator(self.device).manual_seed(self.seed + shift)

    def estimate(self, objective: Objective, *, shift: int = 0, estimator: Estimator | None = None) -> tuple[Estimate, Any]:
        """One estimate from a fresh state, with the state it returned.

        Args:
            objective: the objective.
            shift: added to the seed.
            estimator: another one than the examined.
        """
        who = estimator or self.estimator
        return who.estimate(objective, who.init(objective), generator=self.generator(shift))

    def sample(self, case: ContractObjective) -> Sample:
        """`case.draws` estimates in a row (2 where all are declared to be equal), taken once and kept."""
        if case.name not in self._samples:
            objective = self.subject(case).objective
            declaration = self.declaration(objective)
            draws = case.draws if declaration.stochastic and not declaration.exact else 2
            state, generator, rows = self.estimator.init(objective), self.generator(), []
            for _ in range(draws):
                estimate, state = self.estimator.estimate(objective, state, generator=generator)
                rows.append(flat(estimate.gradient))
            self._samples[case.name] = Sample(torch.stack(rows), flat(reference(objective)))
        return self._samples[case.name]


@dataclass(frozen=True)
class Clause:
    """One promise.

    Attributes:
        name: its name in results: a word or two.
        expected: what is asked, in words.
        look: finds out on one objective; what it raises counts as a failure.
    """

    name: str
    expected: str
    look: Callable[[Examination, ContractObjective], Observation]


def reference(objective: Objective) -> dict[str, Tensor]:
    """The gradient by reverse mode, at the objective's own parameters."""
    leaves = objective.parameters
    inner = getattr(objective, "objective", objective)  # one that knows its gradient need not know how to differentiate
    with torch.enable_grad():
        gradients = torch.autograd.grad(inner.loss(), list(leaves.values()))
    return dict(zip(leaves, gradients, strict=True))


def flat(tensors: Mapping[str, Tensor]) -> Tensor:
    """All tensors behind one another: shape [n], float64, on the CPU."""
    return torch.cat([tensor.detach().reshape(-1).to("cpu", torch.float64) for tensor in tensors.values()])


def relative_error(estimate: Tensor, gradient: Tensor) -> float:
    """‖estimate - gradient‖ / ‖gradient‖."""
    return float((estimate - gradient).norm() / gradient.norm())


def tolerance(objective: Objective) -> float:
    """The relative error that counts as rounding for the coarsest of the parameters' dtypes."""
    return max(EXACT.get(parameter.dtype, _HALF) for parameter in objective.parameters.values())


def differentiates(declaration: Declaration) -> bool:
    """Whether derivatives are exact on curved functions too, rather than by finite differences."""
    return declaration.records_tape or bool(declaration.needs & {"jvp", "gradient"})
