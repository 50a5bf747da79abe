"""Closed-form functions of one vector, with the start points of the literature. No data, no modules.

Sources: Flügel et al. 2024 (arXiv 2410.17764, section 4.2) for sphere, Rosenbrock and Styblinski-Tang; Baydin et al. 2022
(arXiv 2202.08587, figure 2) for Beale.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from benchmarks.problems.spectra import Spectrum

Function = Callable[[Tensor], Tensor]
"""Maps a vector of shape [n] to a 0-dimensional tensor, by operations that every mode of differentiation knows."""


class ClosedForm(ABC):
    """A function and where to differentiate it; subclasses are frozen dataclasses whose fields are the spec's parameters."""

    @abstractmethod
    def start(self) -> Tensor:
        """The point at which gradients are taken: shape [n], float64."""

    @abstractmethod
    def function(self, like: Tensor, seed: int) -> Function:
        """The function.

        Args:
            like: a point; constants take its dtype and device.
            seed: for functions with random constants.
        """


@dataclass(frozen=True)
class Sphere(ClosedForm):
    """f(x) = Σ x_i²; minimum 0 at 0; starts at (-1, ..., -1)."""

    n: int

    def start(self) -> Tensor:
        """All -1."""
        return -torch.ones(self.n, dtype=torch.float64)

    def function(self, like: Tensor, seed: int) -> Function:
        """The sum of squares; draws nothing."""
        return lambda x: (x**2).sum()


@dataclass(frozen=True)
class Rosenbrock(ClosedForm):
    """f(x) = Σ_{i<n} 100 (x_{i+1} - x_i²)² + (1 - x_i)²; minimum 0 at (1, ..., 1); starts at (-1, 0, ..., 0)."""

    n: int

    def start(self) -> Tensor:
        """-1, then zeros."""
        point = torch.zeros(self.n, dtype=torch.float64)
        point[0] = -1
        return point

    def function(self, like: Tensor, seed: int) -> Function:
        """The sum over neighbouring pairs; draws nothing."""
        return lambda x: (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


@dataclass(frozen=True)
class StyblinskiTang(ClosedForm):
    """f(x) = ½ Σ x_i⁴ - 16 x_i² + 5 x_i; minimum -39.16616 n at x_i = -2.903534; starts at 0."""

    n: int

    def start(self) -> Tensor:
        """All 0."""
        return torch.zeros(self.n, dtype=torch.float64)

    def function(self, like: Tensor, seed: int) -> Function:
        """Half the sum of a quartic in each coordinate; draws nothing."""
        return lambda x: 0.5 * (x**4 - 16 * x**2 + 5 * x).sum()


@dataclass(frozen=True)
class Beale(ClosedForm):
    """f(x, y) = (1.5 - x + xy)² + (2.25 - x + xy²)² + (2.625 - x + xy³)²; minimum 0 at (3, 0.5); starts at (0, 0)."""

    def start(self) -> Tensor:
        """The origin, where f = 14.203125."""
        return torch.zeros(2, dtype=torch.float64)

    def function(self, like: Tensor, seed: int) -> Function:
        """The sum of three squares; draws nothing."""

        def beale(point: Tensor) -> Tensor:
            x, y = point[0], point[1]
            return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2

        return beale


@dataclass(frozen=True)
class Quadratic(ClosedForm):
    """f(x) = ½ xᵀ H x with H = Q diag(λ) Q; minimum 0 at 0 where all λ > 0; starts at (-1, ..., -1).

    Q = I - 2uuᵀ is the reflection along a random unit vector u, so that the Hessian is dense, its eigenvalues are exactly λ,
    and one evaluation costs O(n).
    """

    n: int
    spectrum: Spectrum

    def __post_init__(self) -> None:
        """Refuse a spectrum of another size."""
        self.spectrum.eigenvalues(self.n)

    def start(self) -> Tensor:
        """All -1."""
        return -torch.ones(self.n, dtype=torch.float64)

    def function(self, like: Tensor, seed: int) -> Function:
        """The quadratic form; u follows from the seed, the same for every dtype and device."""
        generator = torch.Generator().manual_seed(seed)
        drawn = torch.randn(self.n, generator=generator, dtype=torch.float64)
        unit = nn.functional.normalize(drawn, dim=0).to(like)
        eigenvalues = self.spectrum.eigenvalues(self.n).to(like)

        def quadratic(x: Tensor) -> Tensor:
            along = (unit * x).sum(0, keepdim=True)  # of one dimension, so that a wider x widens the product
            reflected = x - 2 * unit * along
            return 0.5 * (eigenvalues * reflected**2).sum()

        return quadratic
