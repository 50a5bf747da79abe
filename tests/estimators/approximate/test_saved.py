"""What a tape holds, for a perceptron in bytes counted by hand: at a quarter of the rows, at most 0.3 of backprop's.

Counted are tensors that are alive when the loss is there and were not before: parameters and batch do not count, and neither does
what a tape shares with them. A number has 4 bytes, an index 8.
"""

import pytest
import torch
from torch import nn
from torch.nn import functional

from benchmarks.cell import measure_cell
from benchmarks.harness.allocations import tracked
from benchmarks.problems.registry import PROBLEMS
from benchmarks.records import Cell
from estimators.approximate.backward import Approximate
from estimators.approximate.randomised import RandomisedVjp
from estimators.approximate.rounded import RoundedActivations
from estimators.approximate.sampled import SampledProducts
from estimators.approximate.sketched import SketchedProducts
from estimators.exact import Backprop
from estimators.objective import ModuleObjective
from estimators.registry import ESTIMATORS
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


def held(estimator: Approximate | Backprop, objective: ModuleObjective) -> int:
    for _ in range(2):  # what torch and the estimator make once for a process does not count
        found = tracked(lambda: tape(estimator, objective))
    return found.kept


@pytest.mark.parametrize(("estimator", "expected"), BYTES, ids=[str(estimator) for estimator, _ in BYTES])
def test_the_tape_holds_as_many_bytes_as_counted_by_hand(estimator: Approximate | Backprop, expected: int) -> None:
    assert held(estimator, perceptron()) == expected


@pytest.mark.parametrize("estimator", [SampledProducts(0.25), SampledProducts(0.25, "norm"), SketchedProducts(0.25)], ids=str)
def test_a_quarter_of_the_rows_takes_at_most_three_tenths_of_the_bytes(estimator: Approximate) -> None:
    counted = dict(BYTES)
    assert counted[estimator] <= 0.3 * counted[Backprop()]


def convolutional() -> ModuleObjective:
    torch.manual_seed(0)
    layers = [
        nn.Conv2d(3, 8, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
    ]
    batch = torch.randn(16, 3, 16, 16), torch.arange(16) % CLASSES
    return ModuleObjective(nn.Sequential(*layers, nn.Flatten(), nn.Linear(256, CLASSES)), functional.cross_entropy, batch)


@pytest.mark.parametrize("estimator", [SampledProducts(0.25), SketchedProducts(0.25)], ids=str)
def test_so_it_is_for_a_network_of_convolutions_and_pooling(estimator: Approximate) -> None:
    objective = convolutional()
    assert held(estimator, objective) <= 0.3 * held(Backprop(), objective)


def test_the_peak_that_the_memory_suite_measures_is_lower_by_what_is_not_saved() -> None:
    problem = PROBLEMS.canonical("mlp[width=64,depth=8,batch=1024,data=synthetic[features=16]]")

    def peak(spec: str) -> float:
        record = measure_cell(Cell(ESTIMATORS.canonical(spec), problem, "memory", "cpu", threads=1))
        assert (record.outcome, record.reason) == ("ok", "")
        return next(metric.value for metric in record.metrics if metric.metric == "peak_bytes")

    backprop = peak("backprop")
    assert peak("rmm") < 0.6 * backprop
    assert peak("crs") < 0.6 * backprop
    assert peak("rounded-activations") < 0.8 * backprop
