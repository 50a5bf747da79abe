"""What the tape of a perceptron holds, in bytes counted by hand: at a quarter of the rows, at most 0.3 of backprop's.

Counted are tensors that are alive when the loss is there and were not before: parameters and batch do not count, and neither does
what a tape shares with them. A number has 4 bytes, an index 8.
"""

import pytest
import torch
from torch import nn
from torch.nn import functional

from benchmarks.harness.allocations import tracked
from estimators.approximate.backward import Approximate
from estimators.approximate.randomised import RandomisedVjp
from estimators.approximate.rounded import RoundedActivations
from estimators.approximate.sampled import SampledProducts
from estimators.approximate.sketched import SketchedProducts
from estimators.exact import Backprop
from estimators.objective import ModuleObjective
from tests.estimators.approximate.problems import tape

pytestmark = pytest.mark.usefixtures("one_thread")

BATCH, INPUTS, WIDTH, DEPTH, CLASSES = 256, 64, 256, 8, 10
ROWS = BATCH // 4

SINGLE = 4 + 4  # the loss, and the number of samples that it was divided by
SCORES = BATCH * CLASSES  # logarithms of the softmax
HIDDEN = BATCH * WIDTH * DEPTH  # outputs of ReLUs, which are the inputs of the next layers
SIGNS = HIDDEN // 8
QUARTER = 4 * (ROWS * INPUTS + ROWS * WIDTH * DEPTH)

BYTES = [
    (Backprop(), 4 * (HIDDEN + SCORES) + SINGLE),
    (SampledProducts(0.25), QUARTER + 8 * ROWS * (DEPTH + 1) + SIGNS + 4 * SCORES + SINGLE),
    (SampledProducts(0.25, "norm"), QUARTER + 8 * ROWS * (DEPTH + 1) + SIGNS + 4 * SCORES + SINGLE),
    (SampledProducts(0.25, "winners"), QUARTER + 8 * ROWS * (DEPTH + 1) + SIGNS + 4 * SCORES + SINGLE),
    (SketchedProducts(0.25), QUARTER + SIGNS + 4 * SCORES + SINGLE),
    (RandomisedVjp(0.25), 4 * (HIDDEN + SCORES) + SINGLE),
    (RoundedActivations(), 2 * (HIDDEN + SCORES) + SINGLE),
    (RoundedActivations("stochastic"), 2 * (HIDDEN + SCORES) + SINGLE),
]


def perceptron() -> ModuleObjective:
    torch.manual_seed(0)
    layers: list[nn.Module] = [nn.Linear(INPUTS, WIDTH), nn.ReLU()]
    layers += [layer for _ in range(DEPTH - 1) for layer in (nn.Linear(WIDTH, WIDTH), nn.ReLU())]
    batch = torch.randn(BATCH, INPUTS), torch.arange(BATCH) % CLASSES
    return ModuleObjective(nn.Sequential(*layers, nn.Linear(WIDTH, CLASSES)), functional.cross_entropy, batch)


@pytest.mark.parametrize(("estimator", "expected"), BYTES, ids=[str(estimator) for estimator, _ in BYTES])
def test_the_tape_holds_as_many_bytes_as_counted_by_hand(estimator: Approximate | Backprop, expected: int) -> None:
    objective = perceptron()
    assert tracked(lambda: tape(estimator, objective)).kept == expected


@pytest.mark.parametrize("estimator", [SampledProducts(0.25), SampledProducts(0.25, "norm"), SketchedProducts(0.25)], ids=str)
def test_a_quarter_of_the_rows_takes_at_most_three_tenths_of_the_bytes(estimator: Approximate) -> None:
    held = dict(BYTES)
    assert held[estimator] <= 0.3 * held[Backprop()]
