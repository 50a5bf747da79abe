"""Norms and singular values of weights go with a training, few and outside of its clock; Fromage keeps norms."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from benchmarks.harness import training, weights
from benchmarks.harness.settings import Settings
from benchmarks.problems.problem import problem_of
from benchmarks.problems.task import Scores, Task, build_task
from benchmarks.records import Measurement
from estimators.optim.rule import Work
from estimators.registry import ESTIMATORS


def _trained(task: Task, rule: str, steps: int) -> Measurement:
    return training.measure(task, ESTIMATORS.build("backprop"), rule, steps, Settings())


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 2, 3, 3), (1, 1)])
def test_singular_values_are_those_of_the_matrix(shape: tuple[int, ...]) -> None:
    tensor = torch.randn(shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    values = np.linalg.svd(tensor.numpy().reshape(shape[0], -1), compute_uv=False)
    assert weights.singular_values(tensor) == pytest.approx((values.max(), np.median(values), values.min()))


@pytest.mark.parametrize(
    "tensor", [torch.full((3, 3), math.nan), torch.full((2, 2), math.inf), torch.ones(600, 600), torch.ones(0, 4)]
)
def test_of_what_is_too_large_or_no_number_there_are_none(tensor: Tensor) -> None:
    assert all(map(math.isnan, weights.singular_values(tensor)))


def test_few_matrices_are_watched_the_first_and_the_last_among_them() -> None:
    deep = {
        f"{place}.{kind}": torch.ones((2, 2) if kind == "weight" else 2) for place in range(51) for kind in ("weight", "bias")
    }
    watched = weights.watched_of(deep)
    assert len(watched) == weights.WATCHED
    assert (watched[0], watched[-1]) == ("0.weight", "50.weight")
    assert weights.watched_of({"a": torch.ones(3), "b": torch.ones(2, 2)}) == ["b"]


def test_the_curve_of_a_training_holds_norms_at_every_validation_and_singular_values_at_some() -> None:
    task = build_task("mlp[depth=1,width=8,batch=16]")
    first = {name: parameter.detach().clone() for name, parameter in task.problem.objective.parameters.items()}
    series = _trained(task, "sgd[lr=0.1]", 23).series
    last = task.problem.objective.parameters
    for name in ("0.weight", "2.weight"):
        norms = series[f"norm:{name}"]
        assert (norms[0], norms[-1]) == pytest.approx((first[name].norm().item(), last[name].norm().item()), rel=1e-6)
        assert all(math.isfinite(value) for value in norms)
        known = [place for place, value in enumerate(series[f"largest:{name}"]) if math.isfinite(value)]
        assert known == [0, 5, 10, 15, 20, 23]
        assert series[f"largest:{name}"][-1] == pytest.approx(torch.linalg.svdvals(last[name].detach())[0].item(), rel=1e-5)
    assert {len(column) for column in series.values()} == {24}


def test_what_has_no_matrices_has_no_such_columns() -> None:
    series = _trained(build_task("sphere[n=4]"), "sgd[lr=0.1]", 3).series
    assert set(series) == {"step", "seconds", "forwards", "loss", "accuracy"}


def test_a_training_that_ends_in_no_numbers_still_has_its_curve() -> None:
    found = _trained(build_task("mlp[depth=1,width=8,batch=16]"), "sgd[lr=1e30]", 10)
    assert found.marks == {"diverged"}
    assert len(found.series["norm:0.weight"]) == len(found.series["loss"])


def test_the_weights_are_looked_at_outside_of_the_clock() -> None:
    ticks = [0]

    def step() -> None:
        ticks[0] += 10

    def look(whole: bool) -> dict[str, float]:
        ticks[0] += 1000
        return {}

    task = Task(build_task("sphere[n=2]").problem, lambda: None, lambda: Scores(1.0, None), "")
    course = training.follow(task, SimpleNamespace(step=step, rule=SimpleNamespace(work=Work())), 7, 3.0, lambda: ticks[0], look)  # type: ignore[arg-type]
    assert course.step_ns == (10,) * 7


class OfTheDirection(nn.Module):
    """A linear layer that does not depend on the length of its weight, so that the gradient is across it."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(6, 5, generator=torch.Generator().manual_seed(3), dtype=torch.float64))

    def forward(self, inputs: Tensor) -> Tensor:
        """[batch, 5] -> [batch, 6]."""
        return inputs @ (self.weight / self.weight.norm()).T


def _across() -> Task:
    generator = torch.Generator().manual_seed(4)
    batch = tuple(torch.randn(16, size, generator=generator, dtype=torch.float64) for size in (5, 6))
    problem = problem_of((OfTheDirection(), nn.functional.mse_loss, batch), dtype="float64")
    return Task(problem, lambda: None, lambda: Scores(float(problem.objective.loss().detach()), None), "")


def test_fromage_keeps_the_norm_of_what_gradients_are_across_and_steps_of_the_same_size_let_it_grow() -> None:
    steps, lr = 200, 0.05
    kept = _trained(_across(), f"fromage[lr={lr}]", steps).series["norm:weight"]
    grown = _trained(_across(), f"lars[lr=1.0,momentum=0.0,trust={lr}]", steps).series["norm:weight"]
    assert kept == pytest.approx([kept[0]] * len(kept), rel=1e-12)
    assert grown[-1] / grown[0] == pytest.approx((1 + lr**2) ** (steps / 2), rel=1e-9)
