"""Feedback drawn once: random matrices that follow from a seed and a name, as large as weights are when training begins.

Entries are uniform between ±1/√(fan in), the law by which torch draws the weights of dense and convolutional layers; their root
mean square is a √3rd of that.
"""

import math

import torch
from torch import Tensor

from estimators.seeds import seed_of


def bound(shape: tuple[int, ...]) -> float:
    """The largest entry, 1/√(fan in), of a weight of this shape: [outputs, inputs, *kernel]."""
    return 1 / math.sqrt(math.prod(shape[1:]))


def drawn(shape: tuple[int, ...], *key: object) -> Tensor:
    """A random tensor that is the same whenever and wherever it is drawn.

    Args:
        shape: of at least two dimensions.
        *key: what it follows from, such as a seed and a name; other keys give tensors that are independent of it.

    Returns:
        Of this shape, float32, on the CPU: each kind of device draws other numbers from a seed.
    """
    generator = torch.Generator().manual_seed(seed_of(*key))
    return torch.empty(shape, dtype=torch.float32).uniform_(-bound(shape), bound(shape), generator=generator)


def drawn_like(parameter: Tensor, *key: object) -> Tensor:
    """The same in the form of a parameter: its shape, dtype, device and strides."""
    return torch.empty_like(parameter, requires_grad=False).copy_(drawn(tuple(parameter.shape), *key))
