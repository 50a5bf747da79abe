"""Whoever calls a layer, and however, its error comes back as the layer's transpose would bring it; what is no layer is refused.

The oracle is backprop: with the weights themselves as feedback every model must have its gradient.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrizations
from torch.utils.checkpoint import checkpoint

from benchmarks.contract.snapshot import changes, snapshot
from benchmarks.harness.allocations import tracked
from estimators.exact import Backprop
from estimators.feedback.alignment import FeedbackAlignment
from estimators.feedback.sign_symmetry import SignSymmetry
from estimators.objective import MissingCapability, ModuleObjective
from estimators.registry import ESTIMATORS
from tests.awkward_models import REFUSED, WIDTH, WORKING, Applied, objective
from tests.estimators.feedback.by_hand import estimated

WAYS = ("feedback-alignment", "direct-feedback-alignment")
RECURRENT = ("LSTM", "LSTM, two layers, both ways, dropout", "GRU", "RNN")


def weights(problem: ModuleObjective) -> dict[str, Tensor]:
    """Every parameter as its own feedback, frozen ones included."""
    return {name: parameter.detach().clone() for name, parameter in problem.module.named_parameters()}


def check_equal_to_backprop(problem: ModuleObjective, *, bits: float = 1.0) -> None:
    before = snapshot(problem, torch.device("cpu"))
    found, kept = estimated(FeedbackAlignment(), problem, weights(problem))
    assert changes(before, snapshot(problem, torch.device("cpu"))) == []
    assert set(kept) == {name for name, _ in problem.module.named_parameters()}
    tolerance = {"rtol": 0.03, "atol": 0.03} if bits < 1 else {}
    torch.testing.assert_close(found, estimated(Backprop(), problem)[0], **tolerance)


def problem(function: Callable[[Any, Tensor], Tensor], x: Tensor, **modules: nn.Module) -> ModuleObjective:
    """The mean of a smooth function of what the function of modules and input gives."""
    module = Applied(function, **modules).to(x.dtype)
    return ModuleObjective(module, lambda outputs, _: outputs.square().sin().mean(), (x, torch.zeros(len(x))))


def two(layer: nn.Module, x: Tensor, before: nn.Module) -> ModuleObjective:
    """The layer after another one, so that an error passes it."""
    return problem(lambda self, x: self.layer(self.before(x).tanh()), x, layer=layer, before=before)


@pytest.mark.parametrize("kind", [kind for kind in [*WORKING, *REFUSED] if kind not in RECURRENT])
def test_awkward_models_have_backprops_gradient_when_feedback_is_the_weights(kind: str) -> None:
    check_equal_to_backprop(objective(kind))


CONVOLUTIONS: dict[str, Callable[[], tuple[nn.Module, tuple[int, ...]]]] = {
    "1d": lambda: (nn.Conv1d(4, 6, 3), (2, 4, 9)),
    "1d, one sample without a batch": lambda: (nn.Conv1d(4, 6, 3, padding=1), (4, 9)),
    "2d": lambda: (nn.Conv2d(4, 6, 3), (2, 4, 7, 6)),
    "2d, stride, padding, dilation, groups": lambda: (
        nn.Conv2d(4, 6, 3, stride=(2, 1), padding=(0, 2), dilation=2, groups=2, bias=False),
        (2, 4, 8, 9),
    ),
    "2d, a rest that the stride leaves out": lambda: (nn.Conv2d(4, 6, 2, stride=3), (2, 4, 7, 7)),
    "2d, same, odd": lambda: (nn.Conv2d(4, 6, 3, padding="same", dilation=2), (2, 4, 7, 6)),
    "2d, same, even": lambda: (nn.Conv2d(4, 6, (4, 3), padding="same", dilation=(1, 2)), (2, 4, 7, 6)),
    "2d, valid": lambda: (nn.Conv2d(4, 6, 3, padding="valid"), (2, 4, 7, 6)),
    "2d, around": lambda: (nn.Conv2d(4, 6, 3, padding=1, padding_mode="circular"), (2, 4, 7, 6)),
    "2d, depthwise": lambda: (nn.Conv2d(4, 8, 3, groups=4), (2, 4, 7, 6)),
    "2d, channels last": lambda: (nn.Conv2d(4, 6, 3).to(memory_format=torch.channels_last), (2, 4, 7, 6)),
    "3d": lambda: (nn.Conv3d(4, 6, (1, 2, 3), padding=(0, 1, 0)), (2, 4, 5, 4, 6)),
}


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")  # torch's own way copies; backprop meets it
@pytest.mark.parametrize("kind", CONVOLUTIONS)
def test_convolutions_of_all_kinds_have_backprops_gradient(kind: str) -> None:
    torch.manual_seed(0)
    layer, shape = CONVOLUTIONS[kind]()
    before = nn.LayerNorm(shape[-1])  # has parameters, so that the layer's input needs a gradient
    check_equal_to_backprop(two(layer.double(), torch.randn(shape).double(), before.double()))


@pytest.mark.parametrize("shape", [(WIDTH,), (3, WIDTH), (3, 2, WIDTH), (2, 3, 2, WIDTH)], ids=str)
@pytest.mark.parametrize("bias", [True, False])
def test_dense_layers_on_any_number_of_dimensions_have_backprops_gradient(shape: tuple[int, ...], bias: bool) -> None:
    torch.manual_seed(0)
    layers = nn.Linear(WIDTH, 5, bias=bias), nn.Linear(WIDTH, WIDTH, bias=bias)
    check_equal_to_backprop(two(layers[0], torch.randn(shape).double(), layers[1]))


def _attended(self: Any, x: Tensor) -> Tensor:
    keys = self.k(x)
    return self.attention(x, keys, keys.tanh() if self.attention.vdim == WIDTH else self.v(x))[0]


def _unrolled(self: Any, x: Tensor) -> Tensor:
    state = torch.zeros_like(x[:, 0])
    for step in x.unbind(1):
        state = torch.tanh(functional.linear(step, self.cell.weight, self.cell.bias) + functional.linear(state, self.cell.weight))
    return state


def _in_parts(self: Any, x: Tensor) -> Tensor:
    first, second = self.a.weight.chunk(2)
    return functional.linear(functional.linear(x, first), weight=second, bias=None).relu_()


def _remembering_nothing(self: Any, x: Tensor) -> Tensor:
    return self.b(checkpoint(lambda y: self.a(y).tanh(), self.b(x), use_reentrant=False))


MODELS: dict[str, Callable[[], ModuleObjective]] = {
    "attention of three inputs": lambda: problem(
        _attended,
        torch.randn(2, 3, WIDTH).double(),
        attention=nn.MultiheadAttention(WIDTH, 2, batch_first=True),
        k=nn.Linear(WIDTH, WIDTH),
    ),
    "attention of three widths": lambda: problem(
        _attended,
        torch.randn(2, 3, WIDTH).double(),
        attention=nn.MultiheadAttention(WIDTH, 2, kdim=6, vdim=4, batch_first=True, bias=False),
        k=nn.Linear(WIDTH, 6),
        v=nn.Linear(WIDTH, 4),
    ),
    "a cell unrolled by hand": lambda: problem(_unrolled, torch.randn(2, 3, WIDTH).double(), cell=nn.Linear(WIDTH, WIDTH)),
    "two layers that are parts of one parameter, then written to": lambda: problem(
        _in_parts, torch.randn(2, 3, WIDTH).double(), a=nn.Linear(WIDTH, 2 * WIDTH)
    ),
    "written to in place": lambda: two(
        nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.ReLU(inplace=True)), torch.randn(2, 3, WIDTH).double(), nn.Linear(WIDTH, WIDTH)
    ),
    "a frozen layer on the way": lambda: two(
        nn.Linear(WIDTH, WIDTH).requires_grad_(False), torch.randn(3, WIDTH).double(), nn.Linear(WIDTH, WIDTH)
    ),
    "checkpointed by itself": lambda: problem(
        _remembering_nothing, torch.randn(3, WIDTH).double(), a=nn.Linear(WIDTH, WIDTH), b=nn.Linear(WIDTH, WIDTH)
    ),
    "a first layer with a computed weight": lambda: two(
        nn.Linear(WIDTH, WIDTH), torch.randn(3, WIDTH).double(), parametrizations.weight_norm(nn.Linear(WIDTH, WIDTH))
    ),
}


@pytest.mark.parametrize("kind", MODELS)
def test_layers_are_met_wherever_they_are_called(kind: str) -> None:
    torch.manual_seed(0)
    check_equal_to_backprop(MODELS[kind]())


def test_layers_within_torchs_attention_have_feedback_of_their_own() -> None:
    torch.manual_seed(0)
    _, kept = estimated(FeedbackAlignment(), MODELS["attention of three widths"]())
    assert set(kept) == {"attention.k_proj_weight", "attention.v_proj_weight", "attention.out_proj.weight"}


def test_layers_may_compute_in_another_dtype_than_their_parameters() -> None:
    def narrow(self: Any, x: Tensor) -> Tensor:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return self.b(self.a(x).tanh()).float()

    torch.manual_seed(0)
    for before in (nn.Linear(WIDTH, WIDTH), nn.LayerNorm(WIDTH)):
        check_equal_to_backprop(problem(narrow, torch.randn(4, WIDTH), a=before, b=nn.Linear(WIDTH, 3)), bits=0.5)


class Multiplied(nn.Module):
    """A layer that multiplies by its matrix in a way of its own."""

    def __init__(self, product: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.matrix, self.product = nn.Parameter(torch.randn(WIDTH, WIDTH)), product

    def forward(self, x: Tensor) -> Tensor:
        return self.product(x, self.matrix)


PRODUCTS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "linalg_matmul": lambda x, w: torch.linalg.matmul(x, w),
    "linalg_multi_dot": lambda x, w: torch.linalg.multi_dot([x, w, w]),
    "linalg_vecdot": lambda x, w: torch.linalg.vecdot(x, w[0]),
    "inner": lambda x, w: torch.inner(x, w) + x.inner(w),
    "dot": lambda x, w: torch.dot(x[0], w[0]),
    "vdot": lambda x, w: x[0].vdot(w[0]),
    "addmv": lambda x, w: torch.addmv(x[0], w, x[0]),
    "addmm_": lambda x, w: torch.zeros_like(x).addmm_(x, w),
    "addbmm": lambda x, w: torch.addbmm(x, x[None], w[None]),
    "chain_matmul": lambda x, w: torch.chain_matmul(x, w),
    "__rmatmul__": lambda x, w: w.__rmatmul__(x),
}
"""Name of the function -> a product by it."""

REFUSALS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...], str]] = {
    "transposed convolution": (lambda: nn.ConvTranspose2d(4, 3, 3), (2, 4, 5, 5), "conv_transpose2d .* 'layer.layer.weight'"),
    "LSTM": (lambda: nn.LSTM(WIDTH, 3, batch_first=True), (2, 4, WIDTH), "lstm .* 'layer.layer.weight_ih_l0'"),
    "GRU cell": (lambda: nn.GRUCell(WIDTH, 3), (2, WIDTH), "gru_cell .* 'layer.layer.weight_ih'"),
    "bilinear": (lambda: Applied(lambda self, x: self.a(x, x), a=nn.Bilinear(WIDTH, WIDTH, 3)), (2, WIDTH), "bilinear"),
    "@": (lambda: Multiplied(lambda x, w: x @ w), (2, WIDTH), "matmul .* 'layer.layer.matrix'"),
    "@ of a view": (lambda: Multiplied(lambda x, w: x @ w.T), (2, WIDTH), "matmul .* 'layer.layer.matrix'"),
    **{
        name: (lambda product=product: Multiplied(product), (2, WIDTH), f"{name} .* 'layer.layer.matrix'")
        for name, product in PRODUCTS.items()
    },
    "matrix first": (lambda: Multiplied(lambda x, w: torch.mm(w, x.T)), (2, WIDTH), "mm .* 'layer.layer.matrix'"),
    "einsum": (lambda: Multiplied(lambda x, w: torch.einsum("bi,io->bo", x, w)), (2, WIDTH), "einsum .* 'layer.layer.matrix'"),
    "weight norm": (lambda: parametrizations.weight_norm(nn.Linear(WIDTH, 3)), (2, WIDTH), "weight is no matrix or kernel among"),
    "vector": (lambda: Multiplied(lambda x, w: functional.linear(x, w[0])), (2, WIDTH), "weight is no matrix or kernel among"),
}


@pytest.mark.filterwarnings("ignore:torch.chain_matmul is deprecated")
@pytest.mark.parametrize("spec", WAYS)
@pytest.mark.parametrize("kind", REFUSALS)
def test_an_error_that_would_pass_a_parameter_without_feedback_is_refused(kind: str, spec: str) -> None:
    layer, shape, reason = REFUSALS[kind]
    torch.manual_seed(0)
    refused = two(
        Applied(lambda self, x: _first(self.layer(x)), layer=layer()), torch.randn(shape).double(), nn.LayerNorm(shape[-1])
    )
    before = snapshot(refused, torch.device("cpu"))
    with pytest.raises(MissingCapability, match=f"needs module: .*{reason}"):
        estimated(ESTIMATORS.build(spec), refused)
    assert changes(before, snapshot(refused, torch.device("cpu"))) == []


def _first(output: Any) -> Tensor:
    return output[0] if isinstance(output, tuple) else output


@pytest.mark.parametrize("kind", RECURRENT)
def test_recurrent_layers_are_refused_as_first_layers_too_for_the_error_passes_their_steps(kind: str) -> None:
    with pytest.raises(MissingCapability, match=r"takes the error through 'layer.weight_ih_l0' itself"):
        estimated(FeedbackAlignment(), objective(kind))


def test_products_of_parameters_that_no_error_passes_are_let_be() -> None:
    torch.manual_seed(0)
    head = nn.Linear(WIDTH, 3)
    check_equal_to_backprop(two(head, torch.randn(2, WIDTH).double(), Multiplied(lambda x, w: x @ w)))


@pytest.mark.parametrize("way", ["autograd", "grad", "vmap", "jvp"])
@pytest.mark.parametrize("spec", WAYS)
def test_a_model_that_differentiates_its_layers_is_refused(spec: str, way: str) -> None:
    def energy(self: Any, x: Tensor) -> Tensor:
        return self.b(self.a(x).tanh())

    def force(self: Any, x: Tensor) -> Tensor:
        if way == "vmap":
            return torch.func.vmap(lambda each: energy(self, each))(x)
        if way == "grad":
            return torch.func.grad(lambda each: energy(self, each).sum())(x)
        if way == "jvp":
            return torch.func.jvp(lambda each: energy(self, each), (x,), (torch.ones_like(x),))[1]
        with torch.enable_grad():
            x = x.clone().requires_grad_()
            return torch.autograd.grad(energy(self, x).sum(), x, create_graph=True)[0]

    torch.manual_seed(0)
    refused = problem(force, torch.randn(3, WIDTH).double(), a=nn.Linear(WIDTH, 5), b=nn.Linear(5, 4))
    before = snapshot(refused, torch.device("cpu"))
    with pytest.raises(MissingCapability, match=r"the model (differentiates what it computes|transforms its layers)"):
        estimated(ESTIMATORS.build(spec), refused)
    assert changes(before, snapshot(refused, torch.device("cpu"))) == []


@pytest.mark.parametrize(("batch", "width"), [(512, 16), (2, 64)], ids=["activations count", "matrices count"])
def test_memory_is_that_of_backprop_and_the_matrices(batch: int, width: int) -> None:
    """What a layer needs for the way back is no activation, so that these are let go on the way as in backprop."""
    torch.manual_seed(0)
    layers = [layer for _ in range(6) for layer in (nn.Linear(width, width), nn.Tanh())]
    data = torch.randn(batch, width), torch.randn(batch, width)
    deep = ModuleObjective(nn.Sequential(*layers), functional.mse_loss, data)
    estimators = Backprop(), FeedbackAlignment(), SignSymmetry()
    exact, aligned, signs = (tracked(partial(estimated, estimator, deep)).peak for estimator in estimators)
    matrix, activation = 4 * width**2, 4 * batch * width
    assert aligned <= exact + 5 * matrix + 2 * activation
    assert signs <= exact + 2 * matrix + 2 * activation
