"""What every source of samples offers. For images see `benchmarks.problems.models.model.image_shape` too."""

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from torch import Tensor

if TYPE_CHECKING:
    from benchmarks.problems.data.split import Split


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
            Inputs [size, *shape], float32 (tokens: int64), and labels [size], int64 (tokens: [size, length]; of a regression:
            numbers [size, 1], float32), on the CPU.
        """

    def split(self, folder: Path | None) -> "Split":
        """All samples, those to train on apart from those to validate on; the same at every call.

        Args:
            folder: as for `batch`.
        """

    def phrase(self, size: int) -> str:
        """The batch in words, for people."""
