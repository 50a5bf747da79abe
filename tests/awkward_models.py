"""Models whose operations are awkward for forward mode, small enough to be differentiated many times.

Also a file of problems: `gradgauge run custom -p 'tests/awkward_models.py:build[kind=LSTM]' -e 'forward-gradient[k=4]'`.
"""

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrizations

from estimators.objective import ModuleObjective

WIDTH = 8


class Applied(nn.Module):
    """A function of modules and the input."""

    def __init__(self, function: Callable[[Any, Tensor], Tensor], **modules: nn.Module) -> None:
        super().__init__()
        for name, module in modules.items():
            setattr(self, name, module)
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(self, x)


class Squares(torch.autograd.Function):
    """x², with a derivative for backward mode alone."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return 2 * ctx.saved_tensors[0] * gradient


class DualSquares(torch.autograd.Function):
    """x², with derivatives for both modes, but not for transforms of functions."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        ctx.save_for_forward(x)
        return x * x

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return 2 * ctx.saved_tensors[0] * gradient

    @staticmethod
    def jvp(ctx: Any, tangent: Tensor) -> Tensor:
        return 2 * ctx.saved_tensors[0] * tangent


class Tied(nn.Module):
    """An embedding that is also the output layer; one frozen layer between."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.frozen = nn.Embedding(10, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.out = nn.Linear(WIDTH, 10, bias=False)
        self.out.weight = self.embedding.weight
        self.frozen.requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.frozen(self.embedding(x)).tanh())


def rows() -> Tensor:
    return torch.randn(6, WIDTH)


def images() -> Tensor:
    return torch.randn(4, 2, 6, 6)


def sequences() -> Tensor:
    return torch.randn(3, 5, WIDTH)


def tokens() -> Tensor:
    return torch.randint(0, 10, (3, 5))


def _causal(self: Any, x: Tensor) -> Tensor:
    q, k, v = self.qkv(x).unflatten(-1, (3, 2, -1)).permute(2, 0, 3, 1, 4)
    return functional.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2)


def _dropping(self: Any, x: Tensor) -> Tensor:
    return functional.scaled_dot_product_attention(self.q(x), self.k(x), self.v(x), dropout_p=0.5)


def _own_dropout(self: Any, x: Tensor) -> Tensor:
    return torch.native_dropout(self.a(x).transpose(0, 1), 0.5, True)[0]


def _attention(need_weights: bool) -> nn.Module:
    attention = nn.MultiheadAttention(WIDTH, 2, batch_first=True)
    return Applied(lambda self, x: self.attention(x, x, x, need_weights=need_weights)[0], attention=attention)


def _encoder(dropout: float = 0.1) -> nn.Module:
    return nn.TransformerEncoderLayer(WIDTH, 2, 16, dropout, batch_first=True)


def _normed(norm: nn.Module) -> nn.Module:
    return nn.Sequential(nn.Linear(WIDTH, WIDTH), norm, nn.Tanh())


def _recurrent(kind: type[nn.RNNBase], **options: Any) -> nn.Module:
    return Applied(lambda self, x: self.layer(x)[0], layer=kind(WIDTH, 3, batch_first=True, **options))


def _linears(*names: str) -> dict[str, nn.Module]:
    return {name: nn.Linear(WIDTH, WIDTH) for name in names}


class Case(NamedTuple):
    """One model with its input.

    Attributes:
        module: makes the model.
        inputs: makes a batch.
        each: whether each of several tangents has a pass of its own, for want of a rule or of the same random numbers.
    """

    module: Callable[[], nn.Module]
    inputs: Callable[[], Tensor]
    each: bool = False


WORKING: dict[str, Case] = {
    "batch norm": Case(lambda: _normed(nn.BatchNorm1d(WIDTH)), rows),
    "batch norm, cumulative average": Case(lambda: _normed(nn.BatchNorm1d(WIDTH, momentum=None)), rows),
    "batch norm, no statistics": Case(lambda: _normed(nn.BatchNorm1d(WIDTH, track_running_stats=False)), rows),
    "batch norm, evaluation": Case(lambda: _normed(nn.BatchNorm1d(WIDTH)).eval(), rows),
    "convolution, batch norm, ReLU in place": Case(
        lambda: nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Flatten()), images
    ),
    "layer and RMS norm": Case(
        lambda: nn.Sequential(_normed(nn.LayerNorm(WIDTH)), nn.GELU(), nn.RMSNorm(WIDTH), nn.SiLU()), rows
    ),
    "group norm": Case(lambda: nn.Sequential(nn.Conv2d(2, 4, 3), nn.GroupNorm(2, 4), nn.AdaptiveAvgPool2d(2)), images),
    "dropout": Case(lambda: nn.Sequential(nn.Linear(WIDTH, 16), nn.Dropout(0.5), nn.Linear(16, WIDTH)), rows),
    "dropout of transposed": Case(
        lambda: Applied(lambda self, x: functional.dropout(self.a(x).transpose(0, 1)), **_linears("a")), sequences
    ),
    "alpha dropout of transposed": Case(
        lambda: Applied(lambda self, x: functional.alpha_dropout(self.a(x).mT, training=True), **_linears("a")), sequences
    ),
    "dropout of channels": Case(lambda: nn.Sequential(nn.Conv2d(2, 4, 3), nn.Dropout2d(0.5), nn.Flatten()), images),
    "own dropout of transposed": Case(lambda: Applied(_own_dropout, **_linears("a")), sequences, each=True),
    "attention, causal": Case(lambda: Applied(_causal, qkv=nn.Linear(WIDTH, 3 * WIDTH)), sequences),
    "attention with dropout": Case(lambda: Applied(_dropping, **_linears("q", "k", "v")), sequences),
    "multi-head attention": Case(lambda: _attention(need_weights=True), sequences),
    "multi-head attention, no weights": Case(lambda: _attention(need_weights=False), sequences),
    "multi-head attention, evaluation": Case(lambda: _attention(need_weights=True).eval(), sequences),
    "encoder layer": Case(_encoder, sequences),
    "encoder layer, no dropout": Case(lambda: _encoder(0.0), sequences),
    "encoder layer, evaluation": Case(lambda: _encoder().eval(), sequences),
    "embedding": Case(lambda: nn.Embedding(10, WIDTH, padding_idx=0), tokens),
    "tied and frozen": Case(Tied, tokens),
    "LSTM": Case(lambda: _recurrent(nn.LSTM), sequences),
    "LSTM, two layers, both ways, dropout": Case(
        lambda: _recurrent(nn.LSTM, num_layers=2, bidirectional=True, dropout=0.2), sequences
    ),
    "GRU": Case(lambda: _recurrent(nn.GRU, num_layers=2), sequences),
    "RNN": Case(lambda: _recurrent(nn.RNN), sequences),
    "spectral norm, evaluation": Case(lambda: parametrizations.spectral_norm(nn.Linear(WIDTH, WIDTH)).eval(), rows),
    "spectral norm": Case(lambda: parametrizations.spectral_norm(nn.Linear(WIDTH, WIDTH)), rows, each=True),
    "bilinear": Case(lambda: Applied(lambda self, x: self.a(x, x), a=nn.Bilinear(WIDTH, WIDTH, WIDTH)), rows, each=True),
    "randomised ReLU": Case(lambda: nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.RReLU()), rows, each=True),
    "own function with jvp": Case(
        lambda: Applied(lambda self, x: DualSquares.apply(self.a(x)), **_linears("a")), rows, each=True
    ),
}
"""Models that every method works on."""


def _old_weight_norm() -> nn.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # it is deprecated, and in use
        return nn.Sequential(nn.utils.weight_norm(nn.Linear(WIDTH, WIDTH)), nn.Tanh())


REFUSED: dict[str, tuple[Case, str]] = {
    "EmbeddingBag": (
        Case(lambda: Applied(lambda self, x: self.bags(x), bags=nn.Sequential(nn.EmbeddingBag(10, WIDTH))), tokens),
        r"layer 'bags.0' \(EmbeddingBag\): .*_embedding_bag",
    ),
    "weight norm, old": (Case(_old_weight_norm, rows), r"layer '0' \(Linear\): .*_weight_norm"),
    "weight norm, parametrised": (
        Case(lambda: nn.Sequential(parametrizations.weight_norm(nn.Linear(WIDTH, WIDTH)), nn.Tanh()), rows),
        r"layer '0.parametrizations.weight.0' \(_WeightNorm\): .*_weight_norm",
    ),
    "own function": (
        Case(lambda: nn.Sequential(Applied(lambda self, x: Squares.apply(self.a(x)), **_linears("a"))), rows),
        r"autograd.Function Squares in layer '0' \(Applied\): .*jvp",
    ),
}
"""Models that methods with Jacobian-vector products do not work on, and what is said of them."""


def build(*, device: torch.device, dtype: torch.dtype, seed: int, kind: str) -> tuple[nn.Module, Any, tuple[Tensor, Tensor]]:
    """One of the models above by its name; the loss is the mean of a smooth function, so that no derivative is zero."""
    case = WORKING[kind] if kind in WORKING else REFUSED[kind][0]
    module, inputs = case.module().to(device, dtype), case.inputs().to(device)
    inputs = inputs.to(dtype) if inputs.is_floating_point() else inputs
    return module, lambda outputs, _: outputs.square().sin().mean(), (inputs, torch.zeros(len(inputs), device=device))


def objective(kind: str, dtype: torch.dtype = torch.float64) -> ModuleObjective:
    """What `build` gives, as an objective; the same at every call."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module, loss, batch = build(device=torch.device("cpu"), dtype=dtype, seed=0, kind=kind)
    return ModuleObjective(module, loss, batch, mask_seed=3)
