"""Bytes against counts made by hand, operator by operator: what is read, what is written, and what moves nothing."""

import pytest
import torch

from benchmarks.harness.base import Base
from benchmarks.harness.flops import measure
from benchmarks.harness.gradient import Gradient
from benchmarks.harness.traffic import Traffic
from benchmarks.problems.problem import build_problem
from estimators.registry import ESTIMATORS

N = 10
B = 4 * N  # bytes of a vector of that length


def moved(work) -> int:
    with Traffic() as traffic:
        work()
    return traffic.moved


def vectors(count: int = 3) -> list[torch.Tensor]:
    return [torch.ones(N) for _ in range(count)]


@pytest.mark.parametrize(
    ("work", "expected"),
    [
        (lambda a, b, c: a + b, 3 * B),
        (lambda a, b, c: a * a, 2 * B),  # one operand, twice
        (lambda a, b, c: a.add_(b), 3 * B),
        (lambda a, b, c: torch.add(a, b, out=c), 3 * B),
        (lambda a, b, c: a.copy_(b), 2 * B),
        (lambda a, b, c: a.zero_(), B),
        (lambda a, b, c: a.normal_(), B),
        (lambda a, b, c: torch.zeros(N), B),
        (lambda a, b, c: torch.cat([a, b]), 4 * B),
        (lambda a, b, c: torch._foreach_add_([a, b], [c, c]), 5 * B),
        (lambda a, b, c: torch.outer(a, b), 2 * B + N * B),
        (lambda a, b, c: torch.addmv(a, torch.ones(N, N), b, beta=0, out=a), (N * N * 4) + (N * N * 4 + B) + B),
        (lambda a, b, c: a.expand(7, N) + 1, B + 7 * B),  # seven rows that are one in memory
        (lambda a, b, c: a[::2] + 1, B),  # every other entry, read and written
        (lambda a, b, c: a[torch.tensor([1, 2])], 2 * 8 + 2 * 4),  # as many entries as were picked, and where they are
        (lambda a, b, c: a.index_put_((torch.tensor([1, 2]),), torch.ones(2)), (2 * 4) + (2 * 8 + 2 * 4)),
    ],
)
def test_an_operator_moves_its_operands_and_results_once(work, expected):
    assert moved(lambda: work(*vectors())) == expected + 3 * B  # the vectors are made


@pytest.mark.parametrize(
    "work",
    [
        lambda a: a.view(2, 5),
        lambda a: a.view(2, 5).T,
        lambda a: a[3:],
        lambda a: a.detach(),
        lambda a: a.expand(5, N),
        lambda a: torch.empty(N),
        lambda a: torch.empty_like(a),
    ],
)
def test_views_and_what_is_not_filled_move_nothing(work):
    [a] = vectors(1)
    assert moved(lambda: work(a)) == 0


@pytest.mark.parametrize(("dtype", "size"), [(torch.float64, 8), (torch.bfloat16, 2)])
def test_bytes_are_those_of_the_type(dtype, size):
    a = torch.ones(N, dtype=dtype)
    assert moved(lambda: a + a) == 2 * size * N


def test_vectorised_passes_are_counted_as_what_runs():
    a, rows = torch.ones(N), torch.ones(3, N)
    assert moved(lambda: torch.vmap(lambda row: row * a)(rows)) == 3 * B + B + 3 * B


BATCH, INPUTS, CLASSES = 64, 64, 10


def test_the_base_of_a_linear_model_moves_weights_batch_and_scores():
    problem = build_problem("logistic-regression")
    gradient = Gradient(problem.objective, ESTIMATORS.build("backprop"), torch.Generator())
    found = {metric.metric: metric for metric in measure(problem, Base(problem), gradient)}
    linear = 4 * (INPUTS * CLASSES + CLASSES + BATCH * INPUTS + BATCH * CLASSES)
    normalised = 2 * 4 * BATCH * CLASSES  # the logarithm of softmax
    chosen = 8 * BATCH + 2 * 4  # the targets; the loss and its weight, which are numbers
    assert found["base_operator_bytes"].value == linear + normalised + chosen
    assert found["operator_bytes"].value > found["base_operator_bytes"].value
    assert found["operator_bytes"].unit == "B"


def test_the_traffic_of_a_compiled_graph_is_not_counted():
    problem = build_problem("logistic-regression")
    gradient = Gradient(problem.objective, ESTIMATORS.build("backprop"), torch.Generator())
    names = {metric.metric for metric in measure(problem, Base(problem), gradient, eager=False)}
    assert {"flops", "forward_calls"} <= names
    assert not {"operator_bytes", "base_operator_bytes"} & names
