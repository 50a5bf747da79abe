"""Linear regression: the model whose loss is a quadratic form, so that one Newton step solves it."""

from dataclasses import dataclass

from torch import nn
from torch.nn import functional

from benchmarks.problems.data.source import Data
from benchmarks.problems.data.synthetic import LinearTargets
from benchmarks.problems.models.model import Loss, Model


@dataclass(frozen=True)
class LinearRegression(Model):
    """One linear layer with one output, mean squared error; features + 1 parameters.

    Source: Warmerdam 2020 (koaning.io, More Descent, Less Gradient).

    Attributes:
        features: numbers in one sample.
        noise: standard deviation of what is added to the targets.
    """

    batch: int
    features: int
    noise: float

    def samples(self) -> Data:
        """Random features with targets that a linear function gives."""
        return LinearTargets(self.features, self.noise)

    def module(self) -> nn.Module:
        """A linear layer: [batch, features] -> [batch, 1]."""
        return nn.Linear(self.features, 1)

    @property
    def loss(self) -> Loss:
        """The squared error of an output [batch, 1] beside targets of that shape; see `Model.loss`."""
        return functional.mse_loss
