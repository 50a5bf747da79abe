"""The blog's rules with their slips: what they do, and that the intended ones do otherwise."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given as cases
from hypothesis import settings
from hypothesis import strategies as some

from estimators.objective import FunctionObjective
from estimators.optim.as_published import vault
from estimators.optim.registry import build


class Watched:
    """x²/2 from 1 in float64, with every point at which the loss is evaluated."""

    def __init__(self, loss: Callable[[torch.Tensor], torch.Tensor] = lambda x: (x**2).sum() / 2) -> None:
        self.points: list[float] = []
        self.tapes: list[bool] = []

        def watched(x: torch.Tensor) -> torch.Tensor:
            value = loss(x)
            self.points.append(x.detach().item())
            self.tapes.append(value.requires_grad)
            return value

        self.objective = FunctionObjective(watched, torch.ones(1, dtype=torch.float64))

    def step(self, spec: str, estimated: Any) -> Any:
        """One step along the gradient; the points are those from then on."""
        estimate = estimated(self.objective)
        self.points.clear()
        self.tapes.clear()
        rule = build(spec, self.objective.parameters)
        rule.step(estimate, objective=self.objective)
        return rule


def test_the_slip_of_keep_stepping_goes_099_098_099(estimated: Any) -> None:
    watched = Watched()
    rule = watched.step("keep-stepping-as-published[lr=0.01,scale_i=2]", estimated)
    assert watched.points == pytest.approx([1.0, 0.99, 0.98, 0.99], abs=1e-15)
    assert watched.objective.parameters["x"].item() == pytest.approx(0.99)  # the step that went uphill stays
    assert rule.work.forwards == 4
    assert all(watched.tapes)


def test_the_intended_keep_stepping_goes_on_with_longer_steps(estimated: Any) -> None:
    watched = Watched()
    watched.step("keep-stepping[lr=0.01,impatience=2]", estimated)
    assert watched.points[:3] == pytest.approx([0.99, 0.96, 0.96 - 0.01 * (1 + 2 * 2**0.5)])
    assert not any(watched.tapes)
    assert abs(watched.objective.parameters["x"].item()) < 0.1


@settings(deadline=None, max_examples=40)
@cases(lr=some.floats(0.01, 1.2), most=some.integers(0, 25), scale=some.sampled_from([0.0, 0.1, 1.0, 2.0]))
def test_keep_stepping_does_what_the_blog_writes(lr: float, most: int, scale: float) -> None:
    watched = Watched()
    watched.objective.parameters["x"].grad = torch.ones(1, dtype=torch.float64)
    build("keep-stepping-as-published" + f"[lr={lr!r},max_steps={most},scale_i={scale}]", watched.objective.parameters).step(
        objective=watched.objective
    )
    x, points = 1.0, [1.0]
    old = x * x / 2
    x += -lr + lr * scale * 0
    points.append(x)
    new, i = x * x / 2, 0
    while new < old and i < most:
        x += -lr + lr * scale * i**0.5
        points.append(x)
        old, new, i = new, x * x / 2, i + 1
    assert watched.points == pytest.approx(points, abs=1e-12)


@pytest.mark.parametrize(
    ("old", "new", "lr", "factor"), [(1.0, 0.999, 1e-3, 2.0), (1.0, 0.99999, 1e-3, 101.0), (2.0, 1.0, 0.01, 1.01)]
)
def test_the_published_factor_of_keep_vaulting_is_near_1_and_unbounded_where_little_was_won(
    old: float, new: float, lr: float, factor: float
) -> None:
    assert vault(old, new, lr) == pytest.approx(factor, rel=1e-3)


@settings(deadline=None)
@cases(old=some.floats(0.1, 10), share=some.floats(0.01, 0.99), lr=some.floats(1e-4, 1))
def test_the_published_factor_equals_1_plus_lr_l1_over_l0_minus_l1(old: float, share: float, lr: float) -> None:
    new = share * old
    assert vault(old, new, lr) == pytest.approx(1 + lr * new / (old - new), rel=1e-6)


def test_keep_vaulting_as_published_moves_by_that_factor_and_the_intended_one_to_the_minimum(estimated: Any) -> None:
    watched = Watched()
    rule = watched.step("keep-vaulting-as-published[lr=0.01,max_steps=1]", estimated)
    factor = 1 + 0.01 * (0.99**2 / 2) / (0.5 - 0.99**2 / 2)
    assert watched.points == pytest.approx([1.0, 0.99, 0.99 - 0.01 * factor])
    assert rule.work.forwards == 3
    other = Watched()
    other.step("keep-vaulting[lr=0.01]", estimated)
    assert other.objective.parameters["x"].item() == pytest.approx(0.0, abs=1e-10)


@pytest.mark.parametrize("name", ["keep-stepping-as-published", "keep-vaulting-as-published"])
def test_they_stop_where_the_loss_is_no_number_and_stay_there(name: str, estimated: Any) -> None:
    watched = Watched(lambda x: torch.log(x).sum())
    watched.step(f"{name}[lr=1.5]", estimated)
    assert watched.objective.parameters["x"].item() == -0.5
