"""Sign symmetry: the error comes back through matrices that share the signs of the weights, and nothing else."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from typing import ClassVar

import torch
from torch import Tensor

from estimators.estimator import Declaration, Shapes
from estimators.feedback.drawing import bound, drawn_like
from estimators.feedback.estimator import WeightShaped


class Magnitudes(ABC):
    """How large the entries of the feedback are, whatever the weights'; of root mean square σ = 1/√(3 fan in).

    Attributes:
        redrawn: whether every estimate has new ones.
        kept: whether they are kept between calls, for every weight.
    """

    redrawn: ClassVar[bool] = False
    kept: ClassVar[bool] = False

    @abstractmethod
    def of(self, name: str, parameter: Tensor, kept: dict[str, Tensor], generator: torch.Generator) -> Tensor:
        """The magnitudes for one parameter, 0 or more: of its shape, or a single number; see `WeightShaped.feedback`."""


@dataclass(frozen=True)
class Equal(Magnitudes):
    """All of them σ: uSF of Liao et al., "uniform sign-concordant feedback"."""

    def of(self, name: str, parameter: Tensor, kept: dict[str, Tensor], generator: torch.Generator) -> Tensor:
        """See `Magnitudes.of`."""
        return parameter.new_tensor(bound(tuple(parameter.shape)) / math.sqrt(3))


@dataclass(frozen=True)
class Fixed(Magnitudes):
    """Independent and uniform on [0, √3 σ), drawn once: frSF of Liao et al., "fixed random magnitude".

    Args:
        seed: they follow from it and the parameter's name.
    """

    kept = True

    seed: int = 0

    def of(self, name: str, parameter: Tensor, kept: dict[str, Tensor], generator: torch.Generator) -> Tensor:
        """See `Magnitudes.of`; kept between calls."""
        if name not in kept:
            kept[name] = drawn_like(parameter, self.seed, name).abs_()
        return kept[name]


@dataclass(frozen=True)
class Redrawn(Magnitudes):
    """Independent and uniform on [0, √3 σ), new ones in every estimate: brSF of Liao et al., "batch-wise random magnitude"."""

    redrawn = True

    def of(self, name: str, parameter: Tensor, kept: dict[str, Tensor], generator: torch.Generator) -> Tensor:
        """See `Magnitudes.of`; from the generator."""
        wide = torch.empty_like(parameter, dtype=torch.promote_types(parameter.dtype, torch.float32))
        return wide.uniform_(0, bound(tuple(parameter.shape)), generator=generator).to(parameter.dtype)


@dataclass(frozen=True)
class SignSymmetry(WeightShaped):
    """δₗ = (Bₗ δₗ₊₁) ⊙ φ' with Bₗ = (M ⊙ sign W)ᵀ, where backprop has Wᵀ: the weights' signs, with magnitudes of their own.

    The last layer is exact. For weights that are symmetric and independent, the cosine between Bᵀ and W tends to
    E|w| / √E w² for equal magnitudes, √3/2 for uniform weights and √(2/π) for normal ones, and to √3/2 of that for random
    ones: with equal magnitudes a wide layer's δ, one layer from the output, has that cosine too. No variance unless the
    magnitudes are redrawn. Costs backprop's forward passes, 3 for dense layers less the first one's input gradient. Memory: the
    activations of all layers and one layer's B, which is formed when the error arrives; fixed magnitudes are kept between calls,
    as large as each weight but the first layer's.

    Source: Liao, Leibo and Poggio 2015, arXiv 1510.05067, section "Asymmetric Backpropagations", where the magnitudes are 1 or
    uniform on [0, 1] and batch normalisation takes care of the scale; here that follows from the layer's shape.

    Args:
        magnitudes: M, of the feedback's entries.

    Example:
        >>> from estimators.objective import ModuleObjective
        >>> module = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))
        >>> objective = ModuleObjective(module, torch.nn.functional.mse_loss, (torch.ones(5, 3), torch.ones(5, 2)))
        >>> estimator = SignSymmetry(Fixed(seed=1))
        >>> estimate, kept = estimator.estimate(objective, estimator.init(objective), generator=torch.Generator())
        >>> list(estimate.gradient)
        ['0.weight', '0.bias', '2.weight', '2.bias']
    """

    magnitudes: Magnitudes = field(default_factory=Equal)

    def feedback(self, name: str, parameter: Tensor, kept: dict[str, Tensor], generator: torch.Generator) -> Tensor:
        """The parameter's signs times the magnitudes; see `WeightShaped.feedback`."""
        return parameter.sign() * self.magnitudes.of(name, parameter, kept, generator)

    def declaration(self, shapes: Shapes, batch: int | None) -> Declaration:
        """See `Estimator.declaration`."""
        memory = "history" if self.magnitudes.kept else "activations"
        return replace(super().declaration(shapes, batch), stochastic=self.magnitudes.redrawn, memory=memory)
