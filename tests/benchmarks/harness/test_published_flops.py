"""FLOP multiples of known networks: those published, those that shapes predict, and those on the page `docs/flops.md`."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.func import jvp, vmap

from benchmarks.harness.base import Base
from benchmarks.harness.flops import operations
from benchmarks.harness.gradient import Gradient
from benchmarks.problems.problem import Problem, build_problem
from estimators.exact import CheckpointedBackprop
from estimators.objective import MissingCapability, ModuleObjective
from estimators.registry import ESTIMATORS

pytestmark = pytest.mark.usefixtures("one_thread")

PAGE = Path(__file__).parents[3] / "docs" / "flops.md"
K = 4
DENSE = "data=synthetic[features=784]"
NETWORKS = {
    "logistic regression": f"logistic-regression[{DENSE}]",
    "perceptron": f"mlp[depth=2,width=1024,{DENSE}]",
    "deep perceptron": f"mlp[depth=10,width=1024,{DENSE}]",
    "cnn": "cnn4[data=synthetic-images[channels=1,height=28,width=28]]",
}
PRODUCTS = {  # multiply-adds a sample, layer by layer
    "logistic regression": (784 * 10,),
    "perceptron": (784 * 1024, 1024 * 1024, 1024 * 10),
    "deep perceptron": (784 * 1024, *[1024 * 1024] * 9, 1024 * 10),
    "cnn": (28**2 * 9 * 64, 28**2 * 9 * 64**2, *[14**2 * 9 * 64**2] * 2, 7**2 * 64 * 1024, 1024 * 10),
}
PUBLISHED = {  # REFERENCES 2.4: forward mode of torch, backward mode, four tangents in one vectorised pass
    "logistic regression": ("3.000", "2.000", "6.000"),
    "perceptron": ("3.000", "2.569", "7.706"),
    "deep perceptron": ("3.000", "2.922", "8.765"),
    "cnn": ("3.000", "2.990", "8.971"),
}


def problem(network: str, batch: int = 2) -> Problem:
    return build_problem(NETWORKS[network].replace("[", f"[batch={batch},", 1))


def first_share(network: str) -> float:
    return PRODUCTS[network][0] / sum(PRODUCTS[network])


def tangents(problem: Problem, *leading: int) -> dict[str, torch.Tensor]:
    return {name: torch.ones((*leading, *parameter.shape)) for name, parameter in problem.objective.parameters.items()}


@torch.no_grad()
def plain_jvp(problem: Problem) -> None:
    """One tangent as torch.func documents it."""
    point = {name: parameter.detach() for name, parameter in problem.objective.parameters.items()}
    jvp(problem.objective.loss, (point,), (tangents(problem),))


@torch.no_grad()
def plain_vmap(problem: Problem) -> None:
    """K tangents as torch.func documents it."""
    point = {name: parameter.detach() for name, parameter in problem.objective.parameters.items()}
    vmap(lambda tangent: jvp(problem.objective.loss, (point,), (tangent,)), out_dims=(None, 0))(tangents(problem, K))


def derivatives(problem: Problem) -> None:
    """K derivatives by our own estimator, without forming an estimate."""
    estimator = ESTIMATORS.build(f"forward-gradient[k={K}]")
    estimator.derivative.take(estimator.space, problem.objective, tangents(problem, K))


def gradient(spec: str) -> Callable[[Problem], None]:
    def work(problem: Problem) -> None:
        Gradient(problem.objective, ESTIMATORS.build(spec), torch.Generator().manual_seed(0)).run(1)

    return work


def multiple(work: Callable[[Problem], None], problem: Problem) -> float:
    return operations(lambda: work(problem)) / operations(lambda: Base(problem).run(1))


COLUMNS = {
    "torch's own JVP": plain_jvp,
    "one tangent here": gradient("forward-gradient"),
    "four tangents here": derivatives,
    "backprop": gradient("backprop"),
    "checkpointed backprop": gradient("checkpointed-backprop"),
    "central difference": gradient("spsa"),
}


@pytest.mark.parametrize("network", NETWORKS)
def test_published_multiples_come_out_to_all_their_digits(network: str) -> None:
    counted = [multiple(work, problem(network)) for work in (plain_jvp, gradient("backprop"), plain_vmap)]
    assert tuple(f"{value:.3f}" for value in counted) == PUBLISHED[network]


@pytest.mark.parametrize("network", NETWORKS)
def test_shapes_predict_every_multiple(network: str) -> None:
    f0 = first_share(network)
    expected = {"torch's own JVP": 3, "one tangent here": 3 - f0, "backprop": 3 - f0, "central difference": 2}
    expected["four tangents here"] = 1 + K * (2 - f0)
    found = {column: multiple(COLUMNS[column], problem(network)) for column in expected}
    assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("segments", ["none", 1, 2, 3, 7, 11])
@pytest.mark.parametrize("network", ["mlp[depth=2,width=16]", "mlp[depth=5,width=16]", "mlp[activation=tanh,depth=10,width=8]"])
def test_checkpointed_backprop_declares_for_perceptrons_what_is_counted(network: str, segments: str | int) -> None:
    measured, spec = build_problem(network), f"checkpointed-backprop[segments={segments}]"
    shapes = {name: tuple(parameter.shape) for name, parameter in measured.objective.parameters.items()}
    declared = ESTIMATORS.build(spec).declaration(shapes, measured.objective.batch_size).forward_multiple
    if declared is None:
        with pytest.raises(MissingCapability, match="segments need as many layers"):
            gradient(spec)(measured)
    else:
        assert multiple(gradient(spec), measured) == pytest.approx(declared, rel=1e-12)


def test_checkpointed_backprop_declares_no_multiple_for_convolutions_which_is_not_that_of_their_dense_layer() -> None:
    torch.manual_seed(0)
    layers = nn.Conv2d(1, 4, 3), nn.Tanh(), nn.Flatten(), nn.Linear(144, 3)
    objective = ModuleObjective(nn.Sequential(*layers), nn.functional.mse_loss, (torch.randn(2, 1, 8, 8), torch.randn(2, 3)))
    shapes, estimator = {name: tuple(p.shape) for name, p in objective.parameters.items()}, CheckpointedBackprop()
    base = operations(objective.loss)
    counted = operations(lambda: estimator.estimate(objective, None, generator=torch.Generator())) / base
    dense = estimator.declaration({"weight": shapes["3.weight"]}, 2).forward_multiple
    assert dense == 2
    assert counted > dense + 0.1
    assert estimator.declaration(shapes, 2).forward_multiple is None


def test_the_perceptron_takes_the_published_operations() -> None:
    measured = problem("perceptron", batch=64)
    base = operations(lambda: Base(measured).run(1))
    counted = [
        operations(lambda work=COLUMNS[column]: work(measured)) for column in ("torch's own JVP", "one tangent here", "backprop")
    ]
    assert [f"{count / 1e6:.1f}" for count in (base, *counted)] == ["238.3", "714.9", "612.1", "612.1"]


def test_the_gram_matrix_of_tangents_costs_what_the_page_says() -> None:
    measured = problem("perceptron", batch=64)
    alone, mean, projection = (
        operations(lambda work=work: work(measured))
        for work in (derivatives, gradient(f"forward-gradient[k={K}]"), gradient(f"multi-tangent[k={K}]"))
    )
    n = measured.objective.coordinates()
    assert mean == alone  # products of a matrix and a vector are not counted
    assert projection - mean == 2 * K**2 * n


def test_the_page_shows_what_is_counted() -> None:
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.read_text().splitlines() if line[:1] == "|"]
    header, rows = lines[0], {line[0].strip("`"): line[1:] for line in lines[2:]}
    assert header == ["network", "f₀", *COLUMNS]
    for network, spec in NETWORKS.items():
        counted = [f"{first_share(network):.3f}"]
        for column, work in COLUMNS.items():
            without = network == "logistic regression" and column == "checkpointed backprop"
            counted.append("-" if without else f"{multiple(work, problem(network)):.3f}")
        assert rows[spec] == counted, network
