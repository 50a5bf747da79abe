"""Peaks computed by hand, found by both counters to the byte, ten times over."""

import gc
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from benchmarks.harness.allocations import Allocated, profiled, summed, tracked

CHECKOUT = Path(__file__).resolve().parents[3]

FLOAT = 4
WEIGHT = torch.ones(256, requires_grad=True)
INPUT = torch.ones(256)
MATRIX = torch.ones(10, 20), torch.ones(20, 30)
COUNTERS = pytest.mark.parametrize("count", [profiled, tracked])


def one_after_another():
    """1000 and 500 together; 250 after the first is gone."""
    first = torch.empty(1000)
    second = torch.empty(500)
    del first
    return second, torch.empty(250)


def layer():
    """A product and its rectification together; then the latter and a number."""
    product = MATRIX[0] @ MATRIX[1]
    rectified = torch.relu(product)
    del product
    return rectified.sum()


def gradient():
    """The product and its sum; then the sum, its gradient 1 and the gradient of w (the expanded 1 is a view)."""
    loss = (WEIGHT * INPUT).sum()
    return torch.autograd.grad(loss, WEIGHT)


PROGRAMS = pytest.mark.parametrize(
    ("program", "peak", "kept"),
    [
        (one_after_another, 1500 * FLOAT, 750 * FLOAT),
        (layer, 2 * 300 * FLOAT, FLOAT),
        (gradient, 256 * FLOAT + 2 * FLOAT, 256 * FLOAT),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)


@COUNTERS
@PROGRAMS
def test_peaks_are_those_computed_by_hand_ten_times_to_the_byte(count, program, peak, kept):
    program()
    assert [count(program) for _ in range(10)] == [Allocated(peak, kept)] * 10


@COUNTERS
def test_what_existed_before_does_not_count(count):
    existing = torch.ones(1000)

    def program():
        existing.mul_(2)
        view = existing[::2].add_(1).view(2, -1)
        return view, torch.empty(10)

    assert count(program) == Allocated(10 * FLOAT, 10 * FLOAT)


@COUNTERS
def test_giving_up_what_existed_before_is_no_gain_for_what_comes_after(count):
    def program():
        return [torch.empty(100) for _ in range(3)]

    assert count(program) == Allocated(300 * FLOAT, 300 * FLOAT)


@COUNTERS
def test_forward_mode_and_vectorised_passes_are_seen(count):
    tangents = torch.eye(256)[:4].clone()

    def program():
        return torch.func.vmap(lambda v: torch.func.jvp(torch.sin, (INPUT,), (v,))[1])(tangents)

    program()
    sine_cosine_and_four_products = (256 + 256 + 4 * 256) * FLOAT
    assert count(program) == Allocated(sine_cosine_and_four_products, 4 * 256 * FLOAT)


def test_temporaries_inside_an_operator_are_seen_by_the_profiler_alone():
    matrix = torch.randn(64, 64, generator=torch.Generator().manual_seed(0))
    assert profiled(lambda: torch.linalg.qr(matrix)).peak > tracked(lambda: torch.linalg.qr(matrix)).peak


def test_a_cycle_that_only_the_collector_frees_counts_as_kept():
    def program():
        cycle = [torch.empty(100)]
        cycle.append(cycle)

    assert profiled(program).kept == 100 * FLOAT
    gc.collect()


def test_the_running_sum():
    assert summed([]) == Allocated(0, 0)
    assert summed([5, -5, 3, 4, -7, 2]) == Allocated(7, 2)


def test_the_tracker_leaves_nothing_behind():
    kept = []
    tracked(lambda: kept.append(torch.empty(10)))
    kept.clear()  # its storage dies after the tracker has ended
    assert tracked(lambda: torch.empty(5)) == Allocated(5 * FLOAT, 5 * FLOAT)


def test_the_first_count_of_a_process_is_that_of_the_others():
    code = (
        "import torch; from benchmarks.harness.allocations import tracked;"
        "from benchmarks.harness.gradient import Gradient, generator_for;"
        "from benchmarks.problems.problem import build_problem; from estimators.registry import ESTIMATORS;"
        "objective = build_problem('sphere[n=512]').objective; estimator = ESTIMATORS.build('forward-gradient[k=8]');"
        "work = lambda: Gradient(objective, estimator, generator_for(0, 'test', torch.device('cpu'))).run(2);"
        "work(); print(*(tracked(work) for _ in range(3)), sep=';')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=CHECKOUT)
    counts = done.stdout.strip().split(";")
    assert len(counts) == 3
    assert len(set(counts)) == 1, counts
