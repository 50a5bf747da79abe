"""Layers for the forward-mode grid: each with an input of its own, small, and as models use it. Imports torch: for workers."""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional


class Case(NamedTuple):
    """One layer.

    Attributes:
        name: as people call it, with its mode where that matters.
        layer: makes it; with at least one parameter, or behind a layer that has some.
        shape: of its input.
        tokens: the number of different whole numbers that the input holds; None for Gaussian numbers.
        train: whether it is in training mode.
    """

    name: str
    layer: Callable[[], nn.Module]
    shape: tuple[int, ...]
    tokens: int | None = None
    train: bool = True


class Scalar(nn.Module):
    """A module followed by a fixed, smooth, scalar function of its output, or of the first of its outputs."""

    def __init__(self, layer: nn.Module, shape: tuple[int, ...]) -> None:
        """Keep the layer and draw what its output is multiplied with."""
        super().__init__()
        self.layer = layer
        self.register_buffer("weights", torch.randn(257) / 16)
        self.shape = shape

    def forward(self, x: Tensor) -> Tensor:
        """The scalar."""
        output = self.layer(x)
        flat = (output[0] if isinstance(output, tuple) else output).flatten()
        weights = self.get_buffer("weights").repeat(flat.numel() // 257 + 1)[: flat.numel()]
        scalar: Tensor = (flat.tanh() * weights).sum()
        return scalar


class SelfAttention(nn.Module):
    """Multi-head attention of a sequence to itself."""

    def __init__(self) -> None:
        """Make the layer."""
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        """The attended sequence."""
        attended: Tensor = self.attention(x, x, x, need_weights=False)[0]
        return attended


class DotProduct(nn.Module):
    """`scaled_dot_product_attention` behind linear maps."""

    def __init__(self, *, causal: bool) -> None:
        """Make the maps."""
        super().__init__()
        self.maps = nn.Linear(8, 24)
        self.causal = causal

    def forward(self, x: Tensor) -> Tensor:
        """The attended sequence."""
        q, k, v = (part.unflatten(-1, (2, 4)).transpose(1, 2) for part in self.maps(x).chunk(3, dim=-1))
        attended: Tensor = functional.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
        return attended


class CrossEntropy(nn.Module):
    """Cross-entropy of a linear layer."""

    def __init__(self) -> None:
        """Make the layer."""
        super().__init__()
        self.layer = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        """The mean loss."""
        return functional.cross_entropy(self.layer(x), torch.arange(len(x), device=x.device) % 5)


def cases() -> list[Case]:
    """All of them: those every model has first."""
    rows, line, image, volume, words = (4, 8), (2, 8, 6), (2, 8, 6, 6), (2, 8, 4, 4, 4), (3, 5)
    return [
        Case("Linear", lambda: nn.Linear(8, 6), rows),
        Case("Conv1d", lambda: nn.Conv1d(8, 4, 3, padding=1), line),
        Case("Conv2d", lambda: nn.Conv2d(8, 4, 3, padding=1), image),
        Case("Conv3d", lambda: nn.Conv3d(8, 4, 3, padding=1), volume),
        Case("ConvTranspose2d", lambda: nn.ConvTranspose2d(8, 4, 3), image),
        *(_after_linear(name, layer, rows) for name, layer in _ELEMENTWISE.items()),
        *(_after_convolution(name, layer, image) for name, layer in _POOLING.items()),
        _after_convolution("BatchNorm2d, train", lambda: nn.BatchNorm2d(8), image),
        _after_convolution("BatchNorm2d, eval", lambda: nn.BatchNorm2d(8), image, train=False),
        _after_convolution("GroupNorm", lambda: nn.GroupNorm(2, 8), image),
        _after_convolution("InstanceNorm2d", lambda: nn.InstanceNorm2d(8, affine=True), image),
        _after_linear("LayerNorm", lambda: nn.LayerNorm(8), rows),
        _after_linear("RMSNorm", lambda: nn.RMSNorm(8), rows),
        _after_linear("Dropout, train", lambda: nn.Dropout(0.3), rows),
        Case("Embedding", lambda: nn.Embedding(7, 8), words, tokens=7),
        Case("EmbeddingBag", lambda: nn.EmbeddingBag(7, 8), words, tokens=7),
        Case("RNN", lambda: nn.RNN(8, 5, batch_first=True), (3, 4, 8)),
        Case("GRU", lambda: nn.GRU(8, 5, batch_first=True), (3, 4, 8)),
        Case("LSTM", lambda: nn.LSTM(8, 5, batch_first=True), (3, 4, 8)),
        Case("attention (SDPA)", lambda: DotProduct(causal=False), (2, 4, 8)),
        Case("attention, causal", lambda: DotProduct(causal=True), (2, 4, 8)),
        Case("MultiheadAttention", SelfAttention, (2, 4, 8)),
        Case("TransformerEncoderLayer, train", _encoder, (2, 4, 8)),
        Case("TransformerEncoderLayer, eval", _encoder, (2, 4, 8), train=False),
        Case("weight_norm", lambda: nn.utils.parametrizations.weight_norm(nn.Linear(8, 6)), rows),
        Case("spectral_norm, eval", lambda: nn.utils.parametrizations.spectral_norm(nn.Linear(8, 6)), rows, train=False),
        Case("cross_entropy", CrossEntropy, rows),
    ]


_ELEMENTWISE: dict[str, Callable[[], nn.Module]] = {
    "ReLU": nn.ReLU,
    "ReLU, in place": lambda: nn.ReLU(inplace=True),
    "Tanh": nn.Tanh,
    "GELU": nn.GELU,
    "SiLU": nn.SiLU,
    "Softmax": lambda: nn.Softmax(dim=-1),
}

_POOLING: dict[str, Callable[[], nn.Module]] = {
    "MaxPool2d": lambda: nn.MaxPool2d(2),
    "AvgPool2d": lambda: nn.AvgPool2d(2),
    "AdaptiveAvgPool2d": lambda: nn.AdaptiveAvgPool2d(2),
    "Upsample": lambda: nn.Upsample(scale_factor=2, mode="bilinear"),
}


def make(case: Case, device: Any) -> tuple[nn.Module, Tensor]:
    """The scalar module of a case and its input, from torch's global random state."""
    module = Scalar(case.layer(), case.shape).to(device).train(case.train)
    if case.tokens is not None:
        return module, torch.randint(0, case.tokens, case.shape, device=device)
    return module, torch.randn(case.shape, device=device)


def _after_linear(name: str, layer: Callable[[], nn.Module], shape: tuple[int, ...]) -> Case:
    return Case(name, lambda: nn.Sequential(nn.Linear(8, 8), layer()), shape)


def _after_convolution(name: str, layer: Callable[[], nn.Module], shape: tuple[int, ...], *, train: bool = True) -> Case:
    return Case(name, lambda: nn.Sequential(nn.Conv2d(8, 8, 1), layer()), shape, train=train)


def _encoder() -> nn.Module:
    return nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
