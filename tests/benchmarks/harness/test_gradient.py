"""The estimator's side: states are handed on, estimates are formed and dropped one at a time."""

from dataclasses import dataclass

import torch

from benchmarks.harness.gradient import Gradient, generator_for
from benchmarks.harness.settings import derived_seed
from estimators import Declaration, Estimate, Estimator, FunctionObjective

OBJECTIVE = FunctionObjective(lambda x: (x**2).sum(), torch.ones(3))


class Logged(Estimate):
    """Notes when it is formed and when it dies."""

    def __init__(self, log, number):
        self.loss, self.log, self.number = torch.zeros(()), log, number

    def items(self):
        self.log.append(f"formed {self.number}")
        yield "x", torch.zeros(3)

    def __del__(self):
        self.log.append(f"dropped {self.number}")


@dataclass(frozen=True)
class Counts(Estimator):
    """Its state is the number of the next call."""

    log: list

    def init(self, objective):
        self.log.append("init")
        return 1

    def estimate(self, objective, state, *, generator):
        self.log.append(f"call {state}")
        return Logged(self.log, state), state + 1

    def declaration(self, shapes, batch):
        return Declaration()


def test_each_estimate_is_formed_and_dropped_before_the_next_call_which_gets_its_state():
    log = []
    Gradient(OBJECTIVE, Counts(log), torch.Generator()).run(2)
    assert log == ["init", "call 1", "formed 1", "dropped 1", "call 2", "formed 2", "dropped 2"]


def test_a_drawn_estimate_is_the_callers_own():
    log = []
    gradient = Gradient(OBJECTIVE, Counts(log), torch.Generator())
    estimate = gradient.draw()
    assert list(estimate.gradient) == ["x"]
    assert gradient.state == 2
    assert "dropped 1" not in log


def test_generators_repeat_with_their_seed_and_differ_with_their_purpose():
    device = torch.device("cpu")
    draws = [torch.rand(4, generator=generator_for(*key, device)) for key in ((0, "a"), (0, "a"), (0, "b"), (1, "a"))]
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])
    assert not torch.equal(draws[0], draws[3])


def test_derived_seeds_are_63_bit_numbers_that_do_not_collide():
    seeds = {derived_seed(seed, purpose) for seed in range(200) for purpose in ("timing", "quality", "memory")}
    assert len(seeds) == 600
    assert all(0 <= seed < 2**63 for seed in seeds)
