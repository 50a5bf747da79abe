"""ResNet-18: a residual network with batch normalisation.

Source: He, Zhang, Ren and Sun 2015 (arXiv 1512.03385), table 1, column "18-layer", with projection shortcuts where the shape
changes (option B); initial weights after He et al. 2015 (arXiv 1502.01852), by fan-out.
"""

import math
from dataclasses import dataclass

from torch import Tensor, nn

from benchmarks.problems.data.source import Data
from benchmarks.problems.models.model import Classifier, image_shape

_STRIDE = 32  # of the whole network: five halvings


class Block(nn.Module):
    """ReLU(shortcut(x) + BN(conv(ReLU(BN(conv(x)))))): figure 2, normalised after each convolution."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        """Draw the weights.

        Args:
            inputs: channels before.
            outputs: channels after.
            stride: of the first convolution and of the shortcut.
        """
        super().__init__()
        self.residual = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        same = inputs == outputs and stride == 1
        projection = [nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)]
        self.shortcut = nn.Identity() if same else nn.Sequential(*projection)

    def forward(self, x: Tensor) -> Tensor:
        """[batch, inputs, h, w] -> [batch, outputs, h / stride, w / stride], rounded up."""
        return nn.functional.relu(self.shortcut(x) + self.residual(x))


@dataclass(frozen=True)
class ResNet18(Classifier):
    """A 7 x 7 convolution and max-pooling, each of stride 2; four stages of two blocks; mean over the image; a linear layer.

    With width 64 and 10 classes it has 11,181,642 parameters for 3 input channels and 11,175,370 for 1. Batch normalisation is in
    train mode: samples interact, and running statistics change with every forward pass.

    Attributes:
        width: channels of the first stage; each further stage has twice as many.

    Raises:
        ValueError: the samples are no images, or batch normalisation would see a single number per channel.
    """

    batch: int
    data: Data
    width: int

    def __post_init__(self) -> None:
        _, height, width = image_shape(self.data)
        if self.batch * math.ceil(height / _STRIDE) * math.ceil(width / _STRIDE) < 2:
            raise ValueError(f"batch=1 with images of {height} x {width} leaves batch normalisation one number per channel")

    def module(self) -> nn.Module:
        """The network: [batch, channels, height, width] -> [batch, classes]."""
        channels, _, _ = image_shape(self.data)
        stem = [nn.Conv2d(channels, self.width, 7, 2, padding=3, bias=False), nn.BatchNorm2d(self.width), nn.ReLU()]
        blocks: list[nn.Module] = []
        before = self.width
        for stage in range(4):
            after = self.width * 2**stage
            blocks += [Block(before, after, stride=1 if stage == 0 else 2), Block(after, after, stride=1)]
            before = after
        head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, self.data.classes)]
        module = nn.Sequential(*stem, nn.MaxPool2d(3, 2, padding=1), *blocks, *head)
        for layer in module.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
        return module

    def arranged(self, inputs: Tensor) -> Tensor:
        """Shape [batch, channels, height, width]."""
        return inputs.reshape(-1, *image_shape(self.data))
