"""Logistic regression and the multi-layer perceptron."""

import math
from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor, nn

from benchmarks.problems.data.source import Data
from benchmarks.problems.models.model import ACTIVATIONS, Classifier


@dataclass(frozen=True)
class LogisticRegression(Classifier):
    """One linear layer; (features + 1) classes parameters."""

    batch: int
    data: Data

    def module(self) -> nn.Module:
        """A linear layer: [batch, features] -> [batch, classes]."""
        return nn.Linear(math.prod(self.data.shape), self.data.classes)

    def arranged(self, inputs: Tensor) -> Tensor:
        """Shape [batch, features]."""
        return inputs.flatten(1)


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
        """Linear layers with the activation between them: [batch, features] -> [batch, classes]."""
        sizes = [math.prod(self.data.shape), *[self.width] * self.depth]
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(sizes):
            layers += [nn.Linear(inputs, outputs), ACTIVATIONS[self.activation]()]
        return nn.Sequential(*layers, nn.Linear(sizes[-1], self.data.classes))

    def arranged(self, inputs: Tensor) -> Tensor:
        """Shape [batch, features]."""
        return inputs.flatten(1)
