"""One estimator under examination: fresh subjects, estimates, and what several clauses look at, taken once and kept.

The first estimate on an objective (its vector, its state, how often it evaluated the loss) and the sample of the statistical
clauses belong to all clauses. What a clause does to an objective or to the estimator happens on a subject of its own.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from benchmarks.contract.comparing import flat, reference, tolerance
from benchmarks.contract.objectives import AS_IT_IS, ContractObjective, Subject, Variant
from benchmarks.contract.snapshot import preserved_globals
from benchmarks.harness.flops import counted_evaluations
from estimators.estimator import Declaration, Estimate, Estimator
from estimators.objective import Objective, WithKnownGradient

PASSES = 1500
"""Forward passes, by the declared multiple, that a sample of estimates may take: what 500 of a single tangent take. One of 64
tangents needs fewer draws, for it varies less by as much as it costs more."""

_SEEDS = 3  # at most, for what rounding may hide under one
_TANGENTS_KEPT = 150  # of a sample: what they are held to shows in so many
_AGAIN = 1_000_003  # added to the seed for a second sample


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


@dataclass(frozen=True)
class Taken:
    """One estimate on a fresh subject, from a fresh state.

    Attributes:
        vector: the estimate, [n], float64.
        state: as the estimator returned it.
        evaluations: of the loss, by the estimate; what prepares it is not counted.
        passes: forward passes of the model, whoever ran them, also to prepare; none are counted where the objective has no fuse.
    """

    vector: Tensor
    state: Any
    evaluations: int
    passes: int


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
    _taken: dict[tuple[str, int], Taken] = field(default_factory=dict)

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

    def drift(self, objective: Objective) -> float:
        """How far it declares that an estimate moves these parameters; 0 for estimators older than that promise."""
        return getattr(self.declaration(objective), "drifts_parameters", 0.0)

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

    def taken(self, case: ContractObjective, shift: int = 0) -> Taken:
        """The estimate under one seed, taken once and kept: for clauses that compare with it, and do nothing to it.

        Args:
            case: on what.
            shift: added to the seed.
        """
        if (case.name, shift) not in self._taken:
            subject = self.subject(case)
            with preserved_globals(self.device):
                state = self.estimator.init(subject.objective)
                with counted_evaluations(subject.objective) as evaluations:
                    estimate, state = self.estimator.estimate(subject.objective, state, generator=self.generator(shift))
                    vector = flat(dict(estimate.items()))
            self._taken[case.name, shift] = Taken(vector, state, evaluations(), subject.fuse.passes)
        return self._taken[case.name, shift]

    def difference(self, case: ContractObjective, other: Callable[[int], Tensor], *, factor: float = 1.0) -> float:
        """‖factor · estimate - other‖ over the larger of ‖factor · estimate‖ and ‖factor · g‖: the least of up to three seeds.

        A random basis is ill-conditioned now and then, which amplifies rounding, and a finite difference along a tangent across
        the gradient is nothing but rounding: one seed alone does not tell. What is within the tolerance needs no second.

        Args:
            case: where the estimates are taken.
            other: shift of the seed -> what it should equal, [n] in float64.
            factor: of the estimate.
        """
        objective = self.subject(case).objective
        slope, found = abs(factor) * flat(reference(objective)).norm(), math.inf
        for shift in range(_SEEDS):
            estimate = factor * self.taken(case, shift).vector
            found = min(found, float((estimate - other(shift)).norm() / max(estimate.norm(), slope)))
            if found <= tolerance(objective):
                break
        return found

    def sample(self, case: ContractObjective, *, again: bool = False) -> Sample:
        """Estimates in a row, so many as `draws` says, taken once and kept.

        Args:
            case: on what.
            again: other draws than the first, independent of them.
        """
        if (case.name, again) not in self._samples:
            objective = self.subject(case).objective
            state, generator = self.estimator.init(objective), self.generator(_AGAIN * again)
            rows, tangents = [], []
            for number in range(draws(case, self.declaration(objective))):
                estimate, state = self.estimator.estimate(objective, state, generator=generator)
                rows.append(flat(estimate.gradient))
                tangents.append(self.estimator.tangents(state) if number < _TANGENTS_KEPT else None)
            named = [one for one in tangents if one is not None]
            self._samples[case.name, again] = Sample(torch.stack(rows), flat(reference(objective)), named)
        return self._samples[case.name, again]


def draws(case: ContractObjective, declaration: Declaration) -> int:
    """How many estimates make up a sample, known before the first is taken.

    Two where all are declared to be equal; otherwise `case.draws`, or fewer, down to `case.fewest`, where an estimate is declared
    to take so many forward passes that all of them together would exceed `PASSES`.
    """
    if declaration.exact or not declaration.stochastic:
        return 2
    affordable = int(PASSES / max(1.0, declaration.forward_multiple or 1.0))
    return min(case.draws, max(case.fewest, affordable))
