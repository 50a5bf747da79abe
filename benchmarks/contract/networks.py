"""The networks of the contract's objectives, and the fuse in them that counts forward passes and can interrupt one."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn


class Interruption(Exception):  # noqa: N818  (no defect: the contract raises it on purpose)
    """Raised in the middle of a forward pass, to see what an estimator leaves behind."""


@dataclass
class Fuse:
    """Counts forward passes and interrupts one of them.

    Attributes:
        passes: forward passes so far.
        blows_at: which of them raises `Interruption`, counted from 1; None for none.
    """

    passes: int = 0
    blows_at: int | None = None

    def tick(self) -> None:
        """Count one pass."""
        self.passes += 1
        if self.passes == self.blows_at:
            raise Interruption(f"forward pass {self.passes} was interrupted")


class Tick(nn.Module):
    """Passes its input on, counts the pass in the fuse and, in train mode, in a buffer (as batch normalisation would)."""

    calls: Tensor

    def __init__(self, fuse: Fuse) -> None:
        super().__init__()
        self.fuse = fuse
        self.register_buffer("calls", torch.zeros((), dtype=torch.int64))

    def forward(self, x: Tensor) -> Tensor:
        """X itself."""
        self.fuse.tick()
        if self.training:
            self.calls += 1
        return x


class TwoHeads(nn.Module):
    """Frozen features, then three heads of one shape, two of which share their weight; linear in the trainable parameters."""

    def __init__(self, fuse: Fuse) -> None:
        super().__init__()
        self.features = nn.Linear(4, 3).requires_grad_(False)
        self.tick = Tick(fuse)
        self.left = nn.Linear(3, 2, bias=False)
        self.right = nn.Linear(3, 2, bias=False)
        self.again = nn.Linear(3, 2, bias=False)
        self.again.weight = self.left.weight

    def forward(self, x: Tensor) -> Tensor:
        """[batch, 4] to [batch, 2]."""
        features = self.tick(torch.tanh(self.features(x)))
        output: Tensor = self.left(features) + 2 * self.right(features) - 3 * self.again(features.flip(-1))
        return output


class Spare(nn.Module):
    """A linear layer, and a parameter that the loss does not depend on."""

    def __init__(self, fuse: Fuse) -> None:
        super().__init__()
        self.head, self.spare, self.tick = nn.Linear(4, 2), nn.Parameter(torch.ones(3)), Tick(fuse)

    def forward(self, x: Tensor) -> Tensor:
        """[batch, 4] to [batch, 2]."""
        output: Tensor = self.head(self.tick(x))
        return output
