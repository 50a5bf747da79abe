"""Feedback drawn once: random matrices that follow from a seed and a name, as large as weights are when training begins.

Entries are uniform with mean 0 and variance 2 / (fan in + fan out), the law from which Glorot and Bengio (2010, "Understanding
the difficulty of training deep feedforward neural networks", equation 16) draw weights.
"""

import hashlib
import math

import torch
from torch import Tensor


def spread(shape: tuple[int, ...]) -> float:
    """√(2 / (fan in + fan out)) for a weight of this shape: [outputs, inputs, *kernel]."""
    return math.sqrt(2 / (sum(shape[:2]) * math.prod(shape[2:])))


def drawn(shape: tuple[int, ...], *key: object) -> Tensor:
    """A random tensor that is the same whenever and wherever it is drawn.

    Args:
        shape: of at least two dimensions.
        *key: what it follows from, such as a seed and a name; other keys give tensors that are independent of it.

    Returns:
        Of this shape, float32, on the CPU: each device draws other numbers from a seed.
    """
    digest = hashlib.sha256(repr(key).encode()).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(digest[:4], "little"))  # the generator uses no more of a seed
    bound = math.sqrt(3) * spread(shape)
    return torch.empty(shape, dtype=torch.float32).uniform_(-bound, bound, generator=generator)


def drawn_like(parameter: Tensor, *key: object) -> Tensor:
    """The same in the form of a parameter: its shape, dtype, device and strides."""
    return torch.empty_like(parameter, requires_grad=False).copy_(drawn(tuple(parameter.shape), *key))
