"""What the micro benchmarks share: one thread, and a layout of the size of a real perceptron."""

from itertools import pairwise

import pytest
import torch

from estimators.directional.space import Block, Layout


@pytest.fixture(autouse=True)
def _always(one_thread: None) -> None:
    """Every benchmark here runs on one thread."""


@pytest.fixture
def layout() -> Layout:
    """The 282 378 coordinates of a 64-(5 x 256)-10 perceptron."""
    widths = (64, 256, 256, 256, 256, 256, 10)
    blocks: list[Block] = []
    for i, (inputs, outputs) in enumerate(pairwise(widths)):
        for name, shape in (("weight", (outputs, inputs)), ("bias", (outputs,))):
            blocks.append(Block(f"{i}.{name}", shape, torch.float32, torch.device("cpu")))
    return tuple(blocks)
