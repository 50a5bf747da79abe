"""Equal code as it would be measured, with a spread that is known."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

Sides = dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]


@pytest.fixture
def multiples() -> Callable[..., Sides]:
    """Makes multiples of cells in pairs of processes: `multiples(generator, spread of log(B/A), cells=4, pairs=6)`."""
    return _multiples


def _multiples(generator: np.random.Generator, spread: float, cells: int = 4, pairs: int = 6) -> Sides:
    noise = generator.normal(0, spread / math.sqrt(2), (cells, 2, pairs))  # each side has its half
    return {f"cell {i}": (3 * np.exp(noise[i, 0]), 3 * np.exp(noise[i, 1])) for i in range(cells)}
