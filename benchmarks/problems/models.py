"""Small classifiers: logistic regression, multi-layer perceptron, convolutional network; all with cross-entropy.

Sizes of input and output follow from the data. Initial weights are torch's defaults, drawn in float32 on the CPU from the global
state, which the caller seeds and restores (`benchmarks.problems.problem`), so that every dtype and device starts alike.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor, nn

from benchmarks.problems.data import Data

ACTIVATIONS: dict[str, type[nn.Module]] = {"gelu": nn.GELU, "relu": nn.ReLU, "tanh": nn.Tanh}


class Classifier(ABC):
    """A model for a batch of labelled samples; subclasses are frozen dataclasses whose fields are the spec's parameters.

    Attributes:
        batch: number of samples.
        data: where they come from.
    """

    batch: int
    data: Data

    @abstractmethod
    def module(self) -> nn.Module:
        """A new module with fresh weights: [batch, data.features] -> [batch, data.classes]."""

    def loss(self, output: Tensor, targets: Tensor, reduction: str = "mean") -> Tensor:
        """Cross-entropy, called as `loss(output, targets)`; `reduction='none'` gives one loss a sample."""
        return nn.functional.cross_entropy(output, targets, reduction=reduction)


@dataclass(frozen=True)
class LogisticRegression(Classifier):
    """One linear layer; (features + 1) classes parameters."""

    batch: int
    data: Data

    def module(self) -> nn.Module:
        """A linear layer."""
        return nn.Linear(self.data.features, self.data.classes)


@dataclass(frozen=True)
class Mlp(Classifier):
    """`depth` hidden layers of `width` units, then a linear layer: features - width - ... - width - classes.

    Attributes:
        activation: a key of `ACTIVATIONS`.
        width: units in each hidden layer.
        depth: number of hidden layers.
    """

    activation: str
    batch: int
    data: Data
    depth: int
    width: int

    def module(self) -> nn.Module:
        """Linear layers with the activation between them."""
        sizes = [self.data.features, *[self.width] * self.depth]
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(sizes):
            layers += [nn.Linear(inputs, outputs), ACTIVATIONS[self.activation]()]
        return nn.Sequential(*layers, nn.Linear(sizes[-1], self.data.classes))


@dataclass(frozen=True)
class Cnn(Classifier):
    """Convolution 3 x 3, activation, max-pooling 2 x 2, twice; then a linear layer. Each sample is one square grey image.

    Attributes:
        activation: a key of `ACTIVATIONS`.
        channels: of the first convolution; the second has twice as many.

    Raises:
        ValueError: the features do not form a square whose side is a multiple of 4.
    """

    activation: str
    batch: int
    channels: int
    data: Data

    def __post_init__(self) -> None:
        if self._side() ** 2 != self.data.features or self._side() % 4:
            raise ValueError(
                f"a CNN needs square images with a side that is a multiple of 4 (features 16, 64, 784, ...), "
                f"got features={self.data.features}"
            )

    def module(self) -> nn.Module:
        """The network; reshapes [batch, features] to images first."""
        side, first, second = self._side(), self.channels, 2 * self.channels
        return nn.Sequential(
            nn.Unflatten(1, (1, side, side)),
            nn.Conv2d(1, first, 3, padding=1),
            ACTIVATIONS[self.activation](),
            nn.MaxPool2d(2),
            nn.Conv2d(first, second, 3, padding=1),
            ACTIVATIONS[self.activation](),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(second * (side // 4) ** 2, self.data.classes),
        )

    def _side(self) -> int:
        return math.isqrt(self.data.features)
