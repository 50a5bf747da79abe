"""What a clause of the contract is, and the examination that clauses share: fresh subjects, estimates, draws."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import torch
from torch import Tensor

from benchmarks.contract.objectives import AS_IT_IS, ContractObjective, Subject, Variant
from estimators.estimator import Declaration, Estimate, Estimator
from estimators.objective import Objective, WithKnownGradient

EXACT = {torch.float64: 1e-6, torch.float32: 1e-3}
"""Largest relative error that counts as rounding (a central difference divides the rounding of the loss by its step, 1e-3)."""

_HALF = 0.1  # the same for the 16-bit types
_SEEDS = 3  # at most, for what rounding may hide under one
_TANGENTS_KEPT = 150  # of a sample: what they are held to shows in so many
_AGAIN = 1_000_003  # added to the seed for a second sample


class Verdict(Enum):
    """What became of a clause."""

    PASSED = "passed"
    FAILED = "failed"
    OMITTED = "omitted"
    INAPPLICABLE = "not applicable"


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
    """The declaration does not promise what the clause would hold it to."""
    return Observation(Verdict.OMITTED, text)


def inapplicable(text: str) -> Observation:
    """There is nothing that the clause could look at, for this reason; the declaration has no part in it."""
    return Observation(Verdict.INAPPLICABLE, text)


@dataclass(frozen=True)
class Sample:
    """Independent estimates on one objective.

    Attributes:
        estimates: [draws, n], float64.
        gradient: [n], float64.
        tangents: of the first estimates, name -> [k, *shape]; empty where it names none.
    """

    estimates: Tensor
    gradient: Tensor
    tangents: Sequence[Mapping[str, Tensor]] = ()


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
    _samples: dict[tuple[str, bool], Sample] = field(default_factory=dict)

    def subject(self, case: ContractObjective, variant: Variant = AS_IT_IS) -> Subject:
        """A fresh objective; with its gradient, where the estimator asks for that."""
        subject = case.make(self.device, variant)
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

    def difference(self, subject: Subject, other: Callable[[int], Tensor], *, factor: float = 1.0) -> float:
        """‖factor · estimate - other‖ over the larger of ‖factor · estimate‖ and ‖factor · g‖: the least of up to three seeds.

        A random basis is ill-conditioned now and then, which amplifies rounding, and a finite difference along a tangent across
        the gradient is nothing but rounding: one seed alone does not tell. What is within the tolerance needs no second.

        Args:
            subject: where the estimates are taken.
            other: shift of the seed -> what it should equal, [n] in float64.
            factor: of the estimate.
        """
        slope, found = abs(factor) * flat(reference(subject.objective)).norm(), math.inf
        for shift in range(_SEEDS):
            estimate = factor * flat(self.estimate(subject.objective, shift=shift)[0].gradient)
            found = min(found, float((estimate - other(shift)).norm() / max(estimate.norm(), slope)))
            if found <= tolerance(subject.objective):
                break
        return found

    def sample(self, case: ContractObjective, *, again: bool = False) -> Sample:
        """`case.draws` estimates in a row (2 where all are declared to be equal), taken once and kept.

        Args:
            case: on what.
            again: other draws than the first, independent of them.
        """
        if (case.name, again) not in self._samples:
            objective = self.subject(case).objective
            declaration = self.declaration(objective)
            draws = case.draws if declaration.stochastic and not declaration.exact else 2
            state, generator = self.estimator.init(objective), self.generator(_AGAIN * again)
            rows, tangents = [], []
            for number in range(draws):
                estimate, state = self.estimator.estimate(objective, state, generator=generator)
                rows.append(flat(estimate.gradient))
                tangents.append(self.estimator.tangents(state) if number < _TANGENTS_KEPT else None)
            named = [one for one in tangents if one is not None]
            self._samples[case.name, again] = Sample(torch.stack(rows), flat(reference(objective)), named)
        return self._samples[case.name, again]


@dataclass(frozen=True)
class Clause:
    """One promise.

    Attributes:
        name: its name in results: a word or two.
        expected: what is asked, in words.
        look: finds out on one objective; what it raises counts as a failure.
        false_alarm: the largest probability that a correct estimator fails it on one objective.
        on: the objectives it looks at; None for those of the check.
        presumes: names of clauses without which it says nothing; all presume `output`.
    """

    name: str
    expected: str
    look: Callable[[Examination, ContractObjective], Observation]
    false_alarm: Callable[[ContractObjective], float] = lambda case: 0.0
    on: Sequence[ContractObjective] | None = None
    presumes: Sequence[str] = ()


def reference(objective: Objective) -> dict[str, Tensor]:
    """The gradient by reverse mode, at the objective's own parameters."""
    leaves = objective.parameters
    inner = getattr(objective, "objective", objective)  # one that knows its gradient need not know how to differentiate
    with torch.enable_grad():
        gradients = torch.autograd.grad(inner.loss(), list(leaves.values()), materialize_grads=True)
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
