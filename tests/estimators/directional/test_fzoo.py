"""FZOO is the one-sided difference along random signs over the spread of the probes' losses."""

from typing import Any

import pytest
import torch
from torch import Tensor

from benchmarks.harness.flops import counted_evaluations, operations
from benchmarks.harness.gradient import Gradient
from benchmarks.harness.memory import measure
from benchmarks.harness.settings import Settings
from benchmarks.problems.problem import build_problem
from estimators.directional.fzoo import Fzoo
from estimators.directional.space import Weights
from estimators.objective import FunctionObjective, Objective
from tests.awkward_models import objective

pytestmark = pytest.mark.usefixtures("one_thread")


def generator(seed: int = 7) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@torch.no_grad()
def naive(problem: Objective, probes: dict[str, Tensor], step: float) -> dict[str, Tensor]:
    """Algorithm 1 of the publication: one perturbation after another, then one update over their standard deviation."""
    point, k = Weights().point(problem), len(next(iter(probes.values())))
    values = [problem.loss({name: value + step * probes[name][i] for name, value in point.items()}) for i in range(k)]
    mean = sum(values) / k
    spread = (sum((value - mean) ** 2 for value in values) / (k - 1)) ** 0.5
    loss = problem.loss(point)
    return {name: sum((values[i] - loss) / (k * spread) * rows[i] for i in range(k)) for name, rows in probes.items()}


@pytest.mark.parametrize("k", [2, 5])
@pytest.mark.parametrize("kind", ["convolution, batch norm, ReLU in place", "tied and frozen", "encoder layer", "LSTM"])
def test_it_is_the_published_loop(kind: str, k: int) -> None:
    problem, estimator = objective(kind, torch.float64), Fzoo(k=k)
    found, state = estimator.estimate(problem, estimator.init(problem), generator=generator())
    probes = estimator.tangents(state)
    assert all(len(rows) == k and bool((rows.abs() == 1).all()) for rows in probes.values())
    expected = naive(problem, probes, estimator.step)
    for name, tensor in found.items():
        torch.testing.assert_close(tensor, expected[name], rtol=1e-6, atol=1e-8)
    torch.testing.assert_close(found.loss, problem.loss().detach())


def linear(scale: float = 1.0, n: int = 256) -> FunctionObjective:
    slope = scale * torch.linspace(-1, 2, n, dtype=torch.float64)
    return FunctionObjective(lambda x: (slope * x).sum(), torch.zeros(n, dtype=torch.float64))


def test_neither_the_loss_scale_nor_the_step_matters() -> None:
    cases = ((1.0, Fzoo()), (1e4, Fzoo()), (1.0, Fzoo().with_step(50)))
    first, *others = [
        each.estimate(problem, each.init(problem), generator=generator())[0].gradient["x"]
        for problem, each in ((linear(scale), each) for scale, each in cases)
    ]
    for other in others:
        torch.testing.assert_close(other, first, rtol=1e-6, atol=1e-8)


def test_many_probes_point_along_the_gradient_with_length_one() -> None:
    problem, estimator, k, n = linear(), Fzoo(k=4000), 4000, 256
    found = estimator.estimate(problem, estimator.init(problem), generator=generator())[0].gradient["x"]
    slope = torch.linspace(-1, 2, n, dtype=torch.float64)
    unit = slope / slope.norm()
    assert float(found @ unit) == pytest.approx(1, abs=0.1)  # E d² = ‖g‖², within a few √(2/k)
    assert float((found - unit).square().sum()) < 2 * n / k  # (n - 1)/k on average


def test_probes_without_any_spread_give_zero() -> None:
    flat = FunctionObjective(lambda x: 0 * x.sum() + 2, torch.zeros(3))
    one_number = FunctionObjective(lambda x: x.abs() + 1, torch.zeros(()))  # as high on both sides
    for problem in (flat, one_number):
        found, _ = Fzoo(k=4).estimate(problem, Fzoo(k=4).init(problem), generator=generator())
        assert not found.gradient["x"].any()


def test_losses_that_are_nan_give_an_estimate_that_is() -> None:
    undefined = FunctionObjective(lambda x: x.sum() * float("nan"), torch.zeros(3))
    found, _ = Fzoo(k=4).estimate(undefined, Fzoo(k=4).init(undefined), generator=generator())
    assert found.gradient["x"].isnan().all()


def test_all_probes_take_one_evaluation_and_the_loss_another() -> None:
    problem = objective("encoder layer, no dropout")
    with counted_evaluations(problem) as evaluations:
        Fzoo(k=6).estimate(problem, Fzoo(k=6).init(problem), generator=generator())
    assert evaluations() == Fzoo(k=6).declaration({"w": (3,)}, 3).forward_calls == 2


@pytest.mark.parametrize("spec", ["mlp", "cnn", "vit"])
def test_operations_are_those_of_the_passes(spec: str) -> None:
    problem = build_problem(f"{spec}[batch=4]").objective
    with torch.no_grad():
        base = operations(problem.loss)
    gradient = Gradient(problem, Fzoo(k=3), generator())
    assert operations(lambda: gradient.run(1)) == 4 * base  # attention too runs by the kernel that a plain pass has


def test_memory_is_one_layers_perturbed_weights_for_each_probe() -> None:
    width, batch, k, layers = 256, 4, 4, 8
    problem = build_problem(f"mlp[depth={layers},width={width},batch={batch},data=synthetic[features=256,classes=10]]")
    found = {metric.metric: metric.value for metric in measure(problem, Fzoo(k=k), Settings()).metrics}
    weight = 4 * width * width
    assert found["kept_bytes"] == 0
    assert k * weight < found["peak_bytes"] < (k + 3) * weight  # with one that is drawn, and what its signs are spread by


@pytest.mark.parametrize(
    ("arguments", "words"), [({"k": 1}, "k must be 2 or more, .* got 1"), ({"step": -1.0}, "step must be positive, got -1")]
)
def test_bad_arguments_are_named(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Fzoo(**arguments)
