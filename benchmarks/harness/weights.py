"""What becomes of weights over a training: Frobenius norms, and singular values, of a few matrices of the model.

Watched are at most `WATCHED` weight matrices, evenly spread over the model with its first and its last; a tensor of more
dimensions is the matrix of its first against the others. The norm is taken at every validation, singular values at every
`SPARSER`-th, since they cost as much as several steps. The clock stands meanwhile.
"""

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

WATCHED = 4
"""Matrices whose norms and singular values go into the record of a training, at most."""

SPARSER = 5
"""Singular values are taken at every so many-th validation, the first and the last included."""

LARGEST_SIDE, LARGEST_SIZE = 512, 1 << 20
"""Of a matrix whose shorter side, or number of entries, is larger, the norm alone is taken: singular values take a second."""

QUANTITIES = ("norm", "largest", "median", "smallest")
"""What is said of a matrix: its Frobenius norm, and of its singular values these three."""

Seen = Mapping[str, float]
"""`QUANTITY:TENSOR` -> number; NaN where there is none."""

Look = Callable[[bool], Seen]
"""Gives what is seen at the weights as they are; True asks for singular values too."""


def blind(whole: bool) -> Seen:
    """The look of who watches nothing."""
    return {}


def watcher(parameters: Mapping[str, Tensor]) -> Look:
    """A look at some matrices among these parameters."""
    watched = {name: parameters[name] for name in watched_of(parameters)}

    def look(whole: bool) -> Seen:
        return {key: value for name, tensor in watched.items() for key, value in _seen(name, tensor, whole).items()}

    return look


def watched_of(parameters: Mapping[str, Tensor]) -> list[str]:
    """Names of the matrices that are watched, in the model's order."""
    matrices = [name for name, parameter in parameters.items() if parameter.dim() > 1]
    if len(matrices) <= WATCHED:
        return matrices
    return [matrices[round(place * (len(matrices) - 1) / (WATCHED - 1))] for place in range(WATCHED)]


def singular_values(tensor: Tensor) -> tuple[float, float, float]:
    """Largest, median and smallest singular value of a tensor as a matrix; NaN where it is too large, or not of numbers."""
    matrix = tensor.detach().flatten(1).to(torch.promote_types(tensor.dtype, torch.float32))
    if not 0 < min(matrix.shape) <= LARGEST_SIDE or matrix.numel() > LARGEST_SIZE or not bool(torch.isfinite(matrix).all()):
        return math.nan, math.nan, math.nan
    values = torch.linalg.svdvals(matrix).double()
    return float(values[0]), float(values.quantile(0.5)), float(values[-1])


def _seen(name: str, tensor: Tensor, whole: bool) -> Seen:
    norm = float(torch.linalg.vector_norm(tensor.detach(), dtype=torch.float64))
    values = singular_values(tensor) if whole else (math.nan, math.nan, math.nan)
    return {f"{quantity}:{name}": value for quantity, value in zip(QUANTITIES, (norm, *values), strict=True)}
