"""A layer on data, in whatever form it is called, has backprop's derivative and multiplies by no zero tangent."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from estimators.directional.derivatives.dual import take_one
from estimators.directional.derivatives.jvp import Jvp
from estimators.directional.derivatives.vectorised import take_several
from estimators.directional.directions.gaussian import Gaussian
from estimators.directional.space import Tangents, Weights
from estimators.directional.streams import Keyed
from estimators.objective import ModuleObjective

WIDTH = 16
WAYS: dict[str, Callable[[ModuleObjective, Tangents], Tensor]] = {
    "one": lambda problem, tangents: Jvp().take(Weights(), problem, tangents).values,
    "several": lambda problem, tangents: Jvp().take(Weights(), problem, tangents).values,
    "one, by duals": lambda problem, tangents: take_one(Weights(), problem, tangents)[1].view(1),
    "several, by vmap": lambda problem, tangents: take_several(Weights(), problem, tangents).values,
}


class Called(nn.Module):
    """A layer whose parameters are handed to a function of torch in a form of one's own."""

    def __init__(self, layer: nn.Module, call: Callable[[nn.Module, Tensor], Tensor]) -> None:
        super().__init__()
        self.layer, self.call = layer, call

    def forward(self, x: Tensor) -> Tensor:
        return self.call(self.layer, x)


def called(func: Callable[..., Tensor], layer: Callable[[], nn.Module], **options: Any) -> Callable[[], nn.Module]:
    """All arguments by keywords."""
    return lambda: Called(layer(), lambda own, x: func(input=x, weight=own.weight, bias=own.bias, **options))


def attending(**options: Any) -> Callable[[], nn.Module]:
    """Multi-head attention of the data to itself, in plain products, which a counter counts in every pass."""
    return lambda: Called(nn.MultiheadAttention(WIDTH, 2, batch_first=True, **options), lambda own, x: own(x, x, x)[0])


def to_others(**options: Any) -> Callable[[], nn.Module]:
    """Multi-head attention to other data."""
    features = options.get("kdim", WIDTH)
    attention = partial(nn.MultiheadAttention, WIDTH, 2, batch_first=True, **options)
    return lambda: Called(attention(), lambda own, x: own(x, x[:, 1:, :features], x[:, :-1, :features])[0])


linear = partial(nn.Linear, WIDTH, 5)
VECTORS, SIGNAL, IMAGES, SOLIDS, SEQUENCES = (6, WIDTH), (3, 4, 8), (3, 4, 6, 6), (2, 4, 3, 4, 5), (3, 5, WIDTH)
LAYERS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "linear": (linear, VECTORS),
    "linear, weight by keyword": (
        lambda: Called(linear(), lambda own, x: functional.linear(x, weight=own.weight, bias=own.bias)),
        VECTORS,
    ),
    "linear, by keywords": (called(functional.linear, linear), VECTORS),
    "linear, by keywords, sequences": (called(functional.linear, partial(linear, bias=False)), SEQUENCES),
    "convolution, by keywords": (called(functional.conv2d, partial(nn.Conv2d, 4, 3, 3), padding=1, stride=2), IMAGES),
    "transposed 1d": (partial(nn.ConvTranspose1d, 4, 3, 3, stride=2, padding=1, output_padding=1), SIGNAL),
    "transposed 2d": (partial(nn.ConvTranspose2d, 4, 3, 3, dilation=2), IMAGES),
    "transposed 2d, no bias": (partial(nn.ConvTranspose2d, 4, 3, 3, stride=2, bias=False), IMAGES),
    "transposed 2d, grouped": (partial(nn.ConvTranspose2d, 4, 6, 3, groups=2), IMAGES),
    "transposed 3d": (partial(nn.ConvTranspose3d, 4, 3, 2), SOLIDS),
    "transposed, by keywords": (called(functional.conv_transpose2d, partial(nn.ConvTranspose2d, 4, 3, 3), padding=1), IMAGES),
}
"""Single layers, whose tangent is one product as large as their own, and an input for each."""

FREEZABLE = dict.fromkeys(("linear", "linear, by keywords", "transposed 1d", "transposed 2d, grouped"), ("weight", "bias"))
"""Layers of which a part may be frozen."""

ATTENTION: dict[str, Callable[[], nn.Module]] = {
    "to itself": attending(),
    "to itself, no bias": attending(bias=False),
    "more keys": attending(add_bias_kv=True, add_zero_attn=True),
    "to others": to_others(),
    "to others, narrower": to_others(kdim=7, vdim=7),
    "encoder": partial(nn.TransformerEncoderLayer, WIDTH, 2, 24, 0.0, batch_first=True),
    "encoder, evaluation": lambda: nn.TransformerEncoderLayer(WIDTH, 2, 24, batch_first=True).eval(),
}
"""Models that project data by the body of multi-head attention."""


def problem_of(make: Callable[[], nn.Module], shape: tuple[int, ...], frozen: str = "") -> ModuleObjective:
    """A smooth function of what the model gives, without the parameters whose names end so."""
    torch.manual_seed(0)
    module = make().double()
    for name, parameter in module.named_parameters():
        parameter.requires_grad_(not (frozen and name.endswith(frozen)))
    batch = torch.randn(shape, dtype=torch.float64), torch.zeros(shape[0])
    return ModuleObjective(module, lambda outputs, _: outputs.square().sin().mean(), batch)


def drawn(problem: ModuleObjective, way: str) -> Tangents:
    return Gaussian().draw(Weights().layout(problem), range(1 if way.startswith("one") else 3), Keyed(1))


def along(problem: ModuleObjective, tangents: Tangents) -> Tensor:
    """⟨g, v⟩ by backprop."""
    return sum(rows.flatten(1) @ g.flatten() for rows, g in zip(tangents.values(), gradients(problem), strict=True))


def gradients(problem: ModuleObjective) -> tuple[Tensor, ...]:
    return torch.autograd.grad(problem.loss(), list(problem.parameters.values()))


@torch.no_grad()
def taken(way: str, problem: ModuleObjective, tangents: Tangents) -> Tensor:
    return WAYS[way](problem, tangents)


def operations(work: Callable[[], Any]) -> int:
    """Floating-point operations of all products, also of those within attention and of those that are added in place."""
    in_place = {torch.ops.aten.baddbmm_: lambda kept, left, right, **_: 2 * math.prod(left) * right[-1]}
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False, custom_mapping=in_place) as counter:
        work()
    return counter.get_total_flops()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("layer", "frozen"), [(layer, frozen) for layer in LAYERS for frozen in ("", *FREEZABLE.get(layer, ()))])
def test_a_layer_on_data_has_the_derivative_of_backprop_at_one_product_a_tangent(layer: str, frozen: str, way: str) -> None:
    problem = problem_of(*LAYERS[layer], frozen=frozen)
    tangents = drawn(problem, way)
    torch.testing.assert_close(taken(way, problem, tangents), along(problem, tangents))
    products = 1 if frozen == "weight" else 1 + len(next(iter(tangents.values())))
    assert operations(lambda: taken(way, problem, tangents)) == products * operations(problem.loss)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("model", ATTENTION)
def test_attention_on_data_has_the_derivative_of_backprop_at_its_operations(model: str, way: str) -> None:
    problem = problem_of(ATTENTION[model], SEQUENCES)
    tangents = drawn(problem, way)
    expected = along(problem, tangents)
    torch.testing.assert_close(taken(way, problem, tangents), expected)
    base, whole = operations(problem.loss), operations(lambda: gradients(problem))
    assert operations(lambda: taken(way, problem, tangents)) == base + len(expected) * (whole - base)
