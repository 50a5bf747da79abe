"""Fromage changes every tensor by the share lr of its norm, and what its formula leaves open is decided."""

import math
from typing import Any

import pytest
import torch
from hypothesis import given as cases
from hypothesis import settings
from hypothesis import strategies as some
from torch import Tensor

from estimators.optim.fromage import Fromage
from estimators.optim.registry import build


def by_the_formula(weight: Tensor, gradient: Tensor, lr: float) -> Tensor:
    """(W - lr ‖W‖/‖g‖ g)/√(1 + lr²), entry by entry."""
    entries, slopes = weight.flatten().tolist(), gradient.flatten().tolist()
    size, length = (math.sqrt(sum(x * x for x in each)) for each in (entries, slopes))
    moved = [(w - lr * size / length * g) / math.sqrt(1 + lr * lr) for w, g in zip(entries, slopes, strict=True)]
    return torch.tensor(moved, dtype=weight.dtype).view(weight.shape)


def stepped(weight: Tensor, gradient: Tensor, **options: Any) -> Tensor:
    parameter = weight.clone().requires_grad_()
    rule = Fromage([parameter], **options)
    parameter.grad = gradient
    rule.step()
    return parameter.detach()


@settings(deadline=None, max_examples=40)
@cases(
    shape=some.sampled_from([(), (5,), (3, 4), (2, 3, 2)]),
    lr=some.floats(0, 2),
    scale=some.floats(1e-6, 1e6),
    seed=some.integers(0, 99),
)
def test_a_step_is_that_of_the_formula(shape: tuple[int, ...], lr: float, scale: float, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    weight, gradient = (torch.randn(shape, generator=generator, dtype=torch.float64) for _ in range(2))
    found = stepped(weight, scale * gradient, lr=lr)
    torch.testing.assert_close(found, by_the_formula(weight, gradient, lr), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
def test_the_relative_change_is_lr_whatever_the_gradients_length(scale: float) -> None:
    generator = torch.Generator().manual_seed(1)
    for shape in ((784, 100), (100,), (8, 4, 3, 3)):
        weight, gradient = (torch.randn(shape, generator=generator, dtype=torch.float64) for _ in range(2))
        change = (stepped(weight, scale * gradient, lr=0.01) - weight).norm() / weight.norm()
        assert change.item() == pytest.approx(0.01, abs=1e-4)
    along = gradient - (gradient * weight).sum() / (weight * weight).sum() * weight
    change = (stepped(weight, scale * along, lr=0.01) - weight).norm() / weight.norm()
    assert change.item() == pytest.approx(0.0099996, abs=1e-7)  # for g across W


def test_the_norm_stays_where_gradients_are_at_right_angles_and_would_grow_without_the_division() -> None:
    generator = torch.Generator().manual_seed(2)
    weight = torch.randn((6, 5), generator=generator, dtype=torch.float64).requires_grad_()
    rule, first = Fromage([weight], lr=0.01), weight.detach().norm().item()
    for _ in range(1000):
        across = torch.randn((6, 5), generator=generator, dtype=torch.float64)
        weight.grad = across - (across * weight.detach()).sum() / weight.detach().square().sum() * weight.detach()
        rule.step()
    assert weight.detach().norm().item() == pytest.approx(first, rel=1e-12)
    assert pytest.approx(1.05127, abs=1e-5) == (1 + 0.01**2) ** 500  # what the division takes back in these steps


def test_a_tensor_of_zeros_takes_a_plain_step_and_is_divided() -> None:
    gradient = torch.tensor([3.0, -4.0], dtype=torch.float64)
    found = stepped(torch.zeros(2, dtype=torch.float64), gradient, lr=0.1)
    torch.testing.assert_close(found, -0.1 * gradient / math.sqrt(1.01))
    again = stepped(found, gradient, lr=0.1)
    torch.testing.assert_close(again, by_the_formula(found, gradient, 0.1))


def test_where_the_gradient_is_zero_the_tensor_stays_or_shrinks_as_the_published_code_has_it() -> None:
    weight, nothing = torch.tensor([3.0, 4.0], dtype=torch.float64), torch.zeros(2, dtype=torch.float64)
    assert torch.equal(stepped(weight, nothing, lr=0.01), weight)
    shrunk = stepped(weight, nothing, lr=0.01, zero_gradient="shrink")
    torch.testing.assert_close(shrunk, weight / math.sqrt(1 + 0.01**2))
    assert (shrunk.norm() / weight.norm()).item() == pytest.approx(0.99995, abs=1e-6)
    assert torch.equal(stepped(nothing, nothing, lr=0.01), nothing)


def test_with_momentum_the_direction_is_smoothed_and_the_relative_change_is_the_same() -> None:
    generator = torch.Generator().manual_seed(4)
    weight = torch.randn((4, 3), generator=generator, dtype=torch.float64)
    parameter, smoothed = weight.clone().requires_grad_(), torch.zeros_like(weight)
    rule = Fromage([parameter], lr=0.05, momentum=0.9)
    for gradient in [torch.randn((4, 3), generator=generator, dtype=torch.float64) for _ in range(4)] + [
        torch.zeros_like(weight)
    ]:
        parameter.grad = gradient
        smoothed = 0.9 * smoothed + gradient
        before = parameter.detach().clone()
        rule.step()
        torch.testing.assert_close(parameter.detach(), by_the_formula(before, smoothed, 0.05))


def test_the_bound_is_on_the_norm_over_the_first_one() -> None:
    weight = torch.tensor([3.0, 4.0], dtype=torch.float64).requires_grad_()
    rule = Fromage([weight], lr=0.5, bound=1.2)
    norms = []
    for _ in range(4):
        weight.grad = -weight.detach()
        rule.step()
        norms.append(weight.detach().norm().item())
    growth = 1.5 / math.sqrt(1.25)  # outwards: 1.34 a step, were it not for the bound
    assert growth > 1.2
    assert norms == pytest.approx([6.0] * 4)


def test_a_gradient_that_is_no_number_is_not_hidden() -> None:
    weight = torch.ones(2)
    assert not torch.isfinite(stepped(weight, torch.tensor([math.nan, 1.0]))).all()
    assert not torch.isfinite(stepped(weight, torch.tensor([math.inf, 1.0]))).all()


def test_tensors_in_16_bits_move_too() -> None:
    weight = torch.ones((8, 8), dtype=torch.bfloat16)
    moved = stepped(weight, torch.eye(8, dtype=torch.bfloat16), lr=0.25)
    assert moved.dtype == torch.bfloat16
    assert ((moved - weight).float().norm() / 8).item() == pytest.approx(0.25, rel=0.1)


def test_estimates_of_low_rank_are_not_multiplied_out_and_move_as_their_tensors(perceptron: Any, estimated: Any) -> None:
    objective = perceptron(7, 8, 6)
    before = {name: parameter.detach().clone() for name, parameter in objective.parameters.items()}
    estimate = estimated(objective, "lozo[rank=1]")
    tensors = estimate.gradient
    build("fromage[lr=0.1]", objective.parameters).step(estimate)
    for name, parameter in objective.parameters.items():
        torch.testing.assert_close(parameter.detach(), by_the_formula(before[name], tensors[name], 0.1))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"lr": -1.0}, "lr must be 0 or more, got -1.0"),
        ({"lr": math.nan}, "lr must be 0 or more, got nan"),
        ({"momentum": 1.0}, "momentum must be 0 or more and below 1"),
        ({"bound": 0.0}, "bound must be above 0, or none, got 0.0"),
    ],
)
def test_bad_options_are_named(options: dict[str, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Fromage([torch.ones(1, requires_grad=True)], **options)  # type: ignore[arg-type]
