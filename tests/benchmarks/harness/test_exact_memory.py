"""The exact memory of three programs, computed by hand in bytes: ten measurements of ten give that number, by both counters.

Measured as `gradgauge run` does, cell by cell; a number has 4 bytes. Parameters, buffers and the batch are there before, so they
do not count. What a program holds at its peak is written beside it.
"""

from pathlib import Path

import pytest

from benchmarks.cell import measure_cell
from benchmarks.problems.registry import PROBLEMS
from benchmarks.records import Cell
from estimators.registry import ESTIMATORS

BATCH, INPUTS, WIDTH, CLASSES = 16, 8, 32, 4
N, K = 1000, 8

PERCEPTRON = f"mlp[width={WIDTH},depth=1,batch={BATCH},data=synthetic[features={INPUTS},classes={CLASSES}]]"

FORWARD = 4 * (
    BATCH * WIDTH  # the first layer's output
    + BATCH * WIDTH  # its rectification, made from it; what comes after is smaller
)

BACKPROP = 4 * (
    1  # the loss
    + 1  # its gradient, with which the backward pass begins
    + BATCH * WIDTH  # the activation, kept for both of the last two steps
    + (WIDTH * CLASSES + CLASSES)  # the last layer's gradient, formed before
    + BATCH * WIDTH  # the gradient of the activation
    + BATCH * WIDTH  # the gradient before the activation, made from it
)

TANGENTS = 4 * (
    K * N  # the tangents
    + N  # x², the value that is carried along
    + N  # x to the power of 1, in the derivative of the square
    + N  # 2x
    + K * N  # 2x times every tangent; summed up afterwards, when all of this is gone but the tangents
)

AUTHOR = '''
from dataclasses import dataclass

import torch

from estimators import Declaration, DenseEstimate, Estimator


@dataclass(frozen=True)
class Tangents(Estimator):
    """All derivatives along k tangents at once, and the tangents summed up with them."""

    k: int = 8

    def estimate(self, objective, state, *, generator):
        [(name, point)] = objective.parameters.items()
        tangents = torch.randn(self.k, point.numel(), generator=generator)

        def along(tangent):
            return torch.func.jvp(lambda x: objective.loss({name: x}), (point.detach(),), (tangent,))

        loss, derivatives = torch.func.vmap(along, out_dims=(None, 0))(tangents)
        return DenseEstimate(loss, {name: derivatives @ tangents}), None

    def declaration(self, shapes, batch):
        return Declaration()
'''


def ten_times(estimator: str, problem: str, *metrics: str) -> set[tuple[float | int | None, ...]]:
    """The different values of these metrics in ten measurements of one cell."""
    cell = Cell(ESTIMATORS.canonical(estimator), PROBLEMS.canonical(problem), "memory", "cpu", threads=1)
    found = set()
    for _ in range(10):
        record = measure_cell(cell)
        assert (record.outcome, record.reason) == ("ok", "")
        values = {metric.metric: metric.value for metric in record.metrics}
        found.add(tuple(values[name] for name in metrics))
    return found


@pytest.mark.usefixtures("one_thread")
def test_a_forward_pass_and_backprop_of_a_perceptron_hold_what_is_computed_by_hand() -> None:
    found = ten_times("backprop", PERCEPTRON, "base_peak_bytes", "peak_bytes", "tracked_peak_bytes", "kept_bytes")
    assert found == {(FORWARD, BACKPROP, BACKPROP, 0)}


@pytest.mark.usefixtures("one_thread")
def test_derivatives_along_k_tangents_hold_what_is_computed_by_hand(tmp_path: Path) -> None:
    author = tmp_path / "author.py"
    author.write_text(AUTHOR)
    found = ten_times(f"{author}:Tangents[k={K}]", f"sphere[n={N}]", "peak_bytes", "tracked_peak_bytes", "kept_bytes")
    assert found == {(TANGENTS, TANGENTS, 0)}
