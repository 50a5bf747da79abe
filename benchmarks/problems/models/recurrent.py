"""Recurrent classifiers: images read row by row, classified after the last.

Sources: Elman 1990 (plain tanh cells), Hochreiter and Schmidhuber 1997 (LSTM), Cho et al. 2014, arXiv 1406.1078 (GRU); images as
sequences after Le, Jaitly and Hinton 2015 (arXiv 1504.00941), with a row for a step instead of a pixel.
"""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

from benchmarks.problems.data.source import Data
from benchmarks.problems.models.model import Classifier, image_shape

CELLS: dict[str, Callable[..., nn.Module]] = {"gru": nn.GRU, "lstm": nn.LSTM, "rnn": nn.RNN}


class LastState(nn.Module):
    """A stack of recurrent layers of which only the last step's output is wanted."""

    def __init__(self, cell: str, inputs: int, width: int, depth: int) -> None:
        """Draw the weights.

        Args:
            cell: a key of `CELLS`.
            inputs: features of a step.
            width: units of each layer.
            depth: number of layers.
        """
        super().__init__()
        self.layers = CELLS[cell](inputs, width, depth, batch_first=True)

    def forward(self, steps: Tensor) -> Tensor:
        """[batch, length, inputs] -> [batch, width]."""
        outputs, _ = self.layers(steps)
        return outputs[:, -1]  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Recurrent(Classifier):
    """Each row of an image, with all its channels, is one step; a linear layer classifies the last output.

    Attributes:
        cell: a key of `CELLS`.
        depth: number of recurrent layers.
        width: units of each.

    Raises:
        ValueError: the samples are no images.
    """

    batch: int
    cell: str
    data: Data
    depth: int
    width: int

    def __post_init__(self) -> None:
        image_shape(self.data)

    def module(self) -> nn.Module:
        """The network: [batch, height, channels x width of the image] -> [batch, classes]."""
        channels, _, columns = image_shape(self.data)
        return nn.Sequential(
            LastState(self.cell, channels * columns, self.width, self.depth), nn.Linear(self.width, self.data.classes)
        )

    def arranged(self, inputs: Tensor) -> Tensor:
        """Shape [batch, height, channels x width]."""
        return inputs.reshape(-1, *image_shape(self.data)).transpose(1, 2).flatten(2)
