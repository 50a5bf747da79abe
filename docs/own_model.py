"""A model of one's own as a problem: `gradgauge run quick -p 'docs/own_model.py:build[width=64]'`.

`build` returns (module, loss, batch); the loss is called as loss(module(inputs), targets) and returns a 0-dimensional tensor.
"""

import torch
from torch import nn


def build(*, device, dtype, seed, width=32):
    """A small regression network on samples of a sine wave.

    Args:
        device: where the parameters and the batch shall lie.
        dtype: floating-point type of both.
        seed: decides the weights and the data.
        width: hidden units; a parameter of the spec.

    Returns:
        (module, loss function, (inputs [256, 1], targets [256, 1])).
    """
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.rand(256, 1, generator=generator) * 6
    module = nn.Sequential(nn.Linear(1, width), nn.Tanh(), nn.Linear(width, 1))
    return module.to(device, dtype), nn.functional.mse_loss, (inputs.to(device, dtype), inputs.sin().to(device, dtype))
