"""Plain convolutional networks, without normalisation: a small one, and the one of the first forward-gradient paper."""

from dataclasses import dataclass

from torch import Tensor, nn

from benchmarks.problems.data.source import Data
from benchmarks.problems.models.model import ACTIVATIONS, Classifier, image_shape


@dataclass(frozen=True)
class Cnn(Classifier):
    """Convolution 3 x 3, activation, max-pooling 2 x 2, twice; then a linear layer.

    Attributes:
        activation: a key of `ACTIVATIONS`.
        channels: of the first convolution; the second has twice as many.

    Raises:
        ValueError: the samples are no images whose sides are multiples of 4.
    """

    activation: str
    batch: int
    channels: int
    data: Data

    def __post_init__(self) -> None:
        _, height, width = image_shape(self.data)
        if height % 4 or width % 4:
            raise ValueError(f"a cnn needs images whose sides are multiples of 4, got {height} x {width}")

    def module(self) -> nn.Module:
        """The network: [batch, channels, height, width] -> [batch, classes]."""
        inputs, height, width = image_shape(self.data)
        first, second = self.channels, 2 * self.channels
        return nn.Sequential(
            nn.Conv2d(inputs, first, 3, padding=1),
            ACTIVATIONS[self.activation](),
            nn.MaxPool2d(2),
            nn.Conv2d(first, second, 3, padding=1),
            ACTIVATIONS[self.activation](),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(second * (height // 4) * (width // 4), self.data.classes),
        )

    def arranged(self, inputs: Tensor) -> Tensor:
        """Shape [batch, channels, height, width]."""
        return inputs.reshape(-1, *image_shape(self.data))


@dataclass(frozen=True)
class Cnn4(Classifier):
    """Four 3 x 3 convolutions with ReLU, max-pooling 2 x 2 after the second and the fourth, two linear layers.

    Source: Baydin et al. 2022 (arXiv 2202.08587), where on 28 x 28 images the four have 64 channels and the hidden layer 1024
    units. The paper leaves the padding open; re-implementations use 1 (3136 features reach the linear layers) and 0 (1024).

    Attributes:
        channels: of each convolution.
        padding: zeros around the image before each convolution.
        width: units between the two linear layers.

    Raises:
        ValueError: the samples are no images, or too small for this padding.
    """

    batch: int
    channels: int
    data: Data
    padding: int
    width: int

    def __post_init__(self) -> None:
        _, height, width = image_shape(self.data)
        if min(self._reduced(height), self._reduced(width)) < 1:
            raise ValueError(f"images of {height} x {width} are too small for cnn4 with padding={self.padding}")

    def module(self) -> nn.Module:
        """The network: [batch, channels, height, width] -> [batch, classes]."""
        inputs, height, width = image_shape(self.data)
        layers: list[nn.Module] = []
        for number in range(4):
            layers += [nn.Conv2d(self.channels if number else inputs, self.channels, 3, padding=self.padding), nn.ReLU()]
            if number % 2:
                layers.append(nn.MaxPool2d(2))
        features = self.channels * self._reduced(height) * self._reduced(width)
        linear = [nn.Linear(features, self.width), nn.ReLU(), nn.Linear(self.width, self.data.classes)]
        return nn.Sequential(*layers, nn.Flatten(), *linear)

    def arranged(self, inputs: Tensor) -> Tensor:
        """Shape [batch, channels, height, width]."""
        return inputs.reshape(-1, *image_shape(self.data))

    def _reduced(self, side: int) -> int:
        """What is left of a side: two convolutions and a pooling, twice."""
        for _ in range(2):
            side = (side + 2 * (2 * self.padding - 2)) // 2
        return side
