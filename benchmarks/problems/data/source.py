"""What every source of samples offers. For images see `benchmarks.problems.models.model.image_shape` too."""

from pathlib import Path
from typing import Protocol

from torch import Tensor


class Data(Protocol):
    """A source of samples with targets.

    Attributes:
        shape: of one sample: (features,), or (channels, height, width) for images, or (length,) for tokens.
        classes: number of labels, or of tokens.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample."""

    @property
    def classes(self) -> int:
        """Number of labels."""

    def batch(self, size: int, *, seed: int, folder: Path | None) -> tuple[Tensor, Tensor]:
        """Draw a batch.

        Args:
            size: number of samples.
            seed: decides which samples; the same batch for every device and dtype.
            folder: where prepared data lie; None to find and read them in this process.

        Returns:
            Inputs [size, *shape], float32 (tokens: int64), and labels [size], int64 (tokens: [size, length]), on the CPU.
        """

    def phrase(self, size: int) -> str:
        """The batch in words, for people."""
