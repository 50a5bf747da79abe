"""What every model of a spec offers: a module with fresh weights, where its batch comes from, and its loss.

Initial weights are torch's defaults unless the model says otherwise. They are drawn in float32 on the CPU from the global state,
which the caller seeds and restores (`benchmarks.problems.problem`), so that every dtype and device starts alike.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable

from torch import Tensor, nn
from torch.nn import functional

from benchmarks.problems.data.source import Data

Loss = Callable[..., Tensor]
"""Called with a module's output, the targets, and by keyword a reduction."""

ACTIVATIONS: dict[str, type[nn.Module]] = {"gelu": nn.GELU, "relu": nn.ReLU, "tanh": nn.Tanh}


class Model(ABC):
    """A model with a batch to train on; subclasses are frozen dataclasses whose fields are the spec's parameters.

    Attributes:
        batch: number of samples.
    """

    batch: int

    @abstractmethod
    def samples(self) -> Data:
        """Where the batch comes from."""

    @abstractmethod
    def module(self) -> nn.Module:
        """A new module with fresh weights, in train mode."""

    def arranged(self, inputs: Tensor) -> Tensor:
        """A batch [batch, *samples().shape] in the shape that the module takes; by default as it is."""
        return inputs

    @property
    def loss(self) -> Loss:
        """What the module's output is judged by; by default the cross-entropy of class scores.

        It is called with the output, [batch, classes], and the targets, [batch] (int64), and gives a 0-dimensional tensor: the
        mean over samples; with `reduction="none"` one loss a sample.
        """
        return functional.cross_entropy


class Classifier(Model):
    """A model of labelled samples.

    Attributes:
        data: where they come from.
    """

    data: Data

    def samples(self) -> Data:
        """The data of the spec."""
        return self.data


def image_shape(data: Data) -> tuple[int, int, int]:
    """Channels, height and width of samples; plain features count as one grey image if they fill a square.

    Raises:
        ValueError: they do not.
    """
    if len(data.shape) == 3:
        channels, height, width = data.shape
        return channels, height, width
    features = math.prod(data.shape)
    side = math.isqrt(features)
    if side**2 != features:
        raise ValueError(f"this model needs images, and features={features} fill no square; take synthetic-images, for example")
    return 1, side, side


def check_dropout(dropout: float) -> None:
    """Refuse what is no probability of dropping.

    Raises:
        ValueError: it is not in [0, 1).
    """
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout={dropout} must be at least 0 and less than 1")


def dropout_layer(dropout: float) -> nn.Module:
    """A dropout layer; for 0 one that draws nothing, so that the model is seen to be deterministic."""
    return nn.Dropout(dropout) if dropout else nn.Identity()
