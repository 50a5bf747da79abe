"""Eigenvalues for the `quadratic` problem, largest first; they may be negative or zero where a user gives them."""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor


class Spectrum(Protocol):
    """The eigenvalues of a symmetric matrix of any size."""

    def eigenvalues(self, n: int) -> Tensor:
        """Shape [n], float64."""


@dataclass(frozen=True)
class Geometric:
    """λ_i = condition^(-i / (n - 1)), for i = 0 ... n - 1."""

    condition: float

    def eigenvalues(self, n: int) -> Tensor:
        """Shape [n], float64, from 1 down to 1/condition; [1] for n = 1."""
        return torch.logspace(0, 1, n, base=1 / self.condition, dtype=torch.float64)


@dataclass(frozen=True)
class Linear:
    """λ_i = 1 - (1 - 1/condition) i / (n - 1), for i = 0 ... n - 1."""

    condition: float

    def eigenvalues(self, n: int) -> Tensor:
        """Shape [n], float64, from 1 down to 1/condition; [1] for n = 1."""
        return torch.linspace(1, 1 / self.condition, n, dtype=torch.float64)


@dataclass(frozen=True)
class Given:
    """The eigenvalues of a spec such as `quadratic[n=3,spectrum=given[values=(4,2,1)]]`.

    Raises:
        ValueError: a value is no number.
    """

    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if not all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in self.values):
            raise ValueError(f"the eigenvalues must be numbers such as (4,2,1), got {self.values}")

    def eigenvalues(self, n: int) -> Tensor:
        """Shape [n], float64.

        Raises:
            ValueError: there are not n values.
        """
        if len(self.values) != n:
            raise ValueError(f"a spectrum for n={n} needs {n} values, got {len(self.values)}")
        return torch.tensor(self.values, dtype=torch.float64)
