"""A layer that keeps everything has torch's own gradient, however it is called; what is no such layer is left to torch."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from estimators.approximate.backward import recorded
from estimators.approximate.layers import Layers
from estimators.approximate.rows import everything, reduced
from estimators.directional.derivatives.treatments import Treated
from estimators.objective import MissingCapability, ModuleObjective
from tests.awkward_models import WORKING, objective

WITHOUT_LAYERS = {"bilinear", "embedding", "GRU", "LSTM", "LSTM, two layers, both ways, dropout", "RNN"}

LAYERS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "1 dimension, groups": (lambda: nn.Conv1d(4, 6, 3, stride=2, padding=1, dilation=2, groups=2), (3, 4, 9)),
    "2 dimensions": (lambda: nn.Conv2d(2, 4, (3, 2), stride=(1, 2), padding=(1, 0)), (3, 2, 6, 7)),
    "2 dimensions, depthwise, no bias": (lambda: nn.Conv2d(3, 3, 3, groups=3, bias=False), (2, 3, 5, 5)),
    "2 dimensions, round the edges": (lambda: nn.Conv2d(2, 3, 3, padding=1, padding_mode="circular"), (2, 2, 5, 5)),
    "2 dimensions, no padding by name": (lambda: nn.Conv2d(2, 3, 3, padding="valid"), (2, 2, 5, 5)),
    "2 dimensions, as large as before": (lambda: nn.Conv2d(2, 3, (1, 3), padding="same"), (2, 2, 5, 5)),
    "2 dimensions, one sample": (lambda: nn.Conv2d(2, 3, 3), (2, 5, 5)),
    "dense": (lambda: nn.Linear(3, 4), (5, 3)),
    "dense, positions, no bias": (lambda: nn.Linear(3, 4, bias=False), (2, 5, 3)),
    "dense, one row": (lambda: nn.Linear(3, 4), (3,)),
    "3 dimensions": (lambda: nn.Conv3d(1, 2, 2), (2, 1, 3, 4, 3)),
}


def gradients(loss: Tensor, objective: ModuleObjective) -> tuple[Tensor, ...]:
    return torch.autograd.grad(loss, list(objective.parameters.values()), materialize_grads=True)


def assert_same_gradients(objective: ModuleObjective) -> None:
    expected = gradients(objective.loss(), objective)
    torch.testing.assert_close(gradients(recorded(objective, reduced(everything)), objective), expected)


@pytest.mark.parametrize("kind", WORKING.keys() - WITHOUT_LAYERS)
def test_models_whose_layers_keep_everything_have_their_own_gradient(kind: str) -> None:
    assert_same_gradients(objective(kind))


@pytest.mark.parametrize("kind", sorted(WITHOUT_LAYERS))
def test_models_without_such_layers_are_refused(kind: str) -> None:
    with pytest.raises(MissingCapability, match="no dense layer or convolution with a trainable weight was called"):
        recorded(objective(kind), reduced(everything))


@pytest.mark.parametrize("form", LAYERS)
def test_layers_of_every_form_have_their_own_gradient_in_front_of_what_writes_to_them(form: str) -> None:
    torch.manual_seed(0)
    module, shape = LAYERS[form]
    layers = nn.Sequential(module(), nn.ReLU(inplace=True)).double()
    first = nn.Parameter(torch.randn(shape, dtype=torch.float64))  # so that the input's gradient is looked at, too
    layers.register_parameter("first", first)
    assert_same_gradients(ModuleObjective(layers, lambda outputs, _: outputs.square().mean(), (first, torch.zeros(shape[0]))))


def met(call: Callable[[], Tensor]) -> int:
    layers = Layers(reduced(everything), {})
    with Treated(layers.treatments):
        call()
    return layers.met


def test_arguments_are_known_by_place_and_by_name() -> None:
    x, weight, bias = torch.randn(4, 3), torch.randn(2, 3, requires_grad=True), torch.randn(2)
    image, kernel = torch.randn(1, 2, 4, 4), torch.randn(3, 2, 1, 1, requires_grad=True)
    assert met(lambda: functional.linear(weight=weight, input=x, bias=bias)) == 1
    assert met(lambda: torch.conv2d(image, kernel, None, 1, 0)) == 1
    assert met(lambda: functional.conv2d(weight=kernel, input=image, stride=2)) == 1


@pytest.mark.parametrize(("module", "layers"), [(nn.MultiheadAttention(4, 2), 2), (nn.TransformerEncoderLayer(4, 2, 8), 4)])
def test_the_layers_inside_attention_are_met(module: nn.Module, layers: int) -> None:
    x = torch.randn(3, 2, 4)
    assert met(lambda: module(x, x, x)[0] if isinstance(module, nn.MultiheadAttention) else module(x)) == layers


def test_what_keeps_nothing_for_its_weight_is_left_to_torch() -> None:
    x, weight = torch.randn(4, 3), torch.randn(2, 3, requires_grad=True)
    assert met(lambda: functional.linear(x, weight.detach())) == 0
    assert met(lambda: functional.linear(x, weight[0])) == 0
    assert met(lambda: torch.func.vmap(lambda row: functional.linear(row, weight))(x)) == 0
    with torch.no_grad():
        assert met(lambda: functional.linear(x, weight)) == 0
