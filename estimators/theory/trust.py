"""Deep relative trust: how far the gradient of a perceptron may change where its layers move by given shares of their size.

Bernstein, Vahdat, Yue and Liu 2020, arXiv 2002.03432, take Π_l (1 + ‖ΔW_l‖/‖W_l‖) - 1 over the layers l for what
‖g_l(W + ΔW) - g_l(W)‖ / ‖g_l(W)‖ is at most, in every layer. It is their model of a network, and no theorem for every weight:
what they derive has a constant for each layer (how ill-conditioned it is, how far its nonlinearity is from linear) that the model
leaves out. So measured changes may lie above it.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise


def deep_relative_trust(sizes: Iterable[float]) -> float:
    """Π_l (1 + size_l) - 1; e^{Lη} - 1 for L layers of a small size η.

    Args:
        sizes: ‖ΔW_l‖/‖W_l‖ of each layer, with Frobenius norms.

    Example:
        >>> round(deep_relative_trust([0.01] * 50), 4)
        0.6446
    """
    return math.expm1(sum(math.log1p(size) for size in sizes))


def trusted_size(layers: int) -> float:
    """The relative size of a move, alike in all layers, at which deep relative trust is 1: 2^{1/L} - 1, about 0.69/L.

    The gradient may have changed by its own length there, so that it says nothing any more.

    Args:
        layers: L, 1 or more.

    Example:
        >>> round(trusted_size(50), 4)
        0.014
    """
    return math.expm1(math.log(2) / layers)


def reached(sizes: Sequence[float], changes: Sequence[float]) -> float | None:
    """The size at which a change first is 1; between two sizes as a power law through both has it.

    Args:
        sizes: rising, above 0.
        changes: at each of them.

    Returns:
        None where the change is above 1 at the first size already, never gets there, or is no number before it does.
    """
    for (low, below), (high, above) in pairwise(zip(sizes, changes, strict=True)):
        if not below <= 1 or not math.isfinite(above):
            return None
        if above >= 1:
            share = math.log(1 / below) / math.log(above / below) if 0 < below < above else 1.0
            return float(low * (high / low) ** share)
    return None
