"""The interface of every gradient estimator, and what an estimator declares about itself.

An estimator is a frozen object that holds its choices and nothing else. `init` prepares what later calls reuse; `estimate` gives
one estimate. Who measures it, and how, is no business of this file.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor

from estimators.objective import Objective
from estimators.theory import Descent, Quadratic

Shapes = Mapping[str, tuple[int, ...]]
"""Parameter name -> shape."""

MEMORY_CLASSES = {
    "none": "no tensor as large as a layer",
    "layer": "one layer's activations and tangent",
    "parameters": "a small constant number of vectors of length n",
    "population": "for each of k members one layer's activations and noise, and a small constant number of vectors of length n",
    "tangents": "k vectors of length n, and a few k x k matrices",
    "guided": "k vectors of length n, a few k x k matrices, and vectors of length n kept between calls or all layers' inputs",
    "activations": "the activations of all layers, and one vector of length n",
    "history": "the activations of all layers, and vectors of length n, or about that, that are kept between calls",
    "activation-tangents": "the activations of all layers, as much for each of k tangents, and one vector of length n",
}
"""The classes of memory beyond the base forward pass that a `Declaration` may name."""


@dataclass(frozen=True)
class Declaration:
    """What an estimator promises for given shapes and batch; the contract holds it to its word.

    Every expectation is over the estimator's own randomness, relative to the gradient g of the objective, and for a loss that
    is linear near the point (so that a finite difference has no error of its own). None means: no closed form is known.

    Attributes:
        unbiased: E[estimate] = g.
        exact: every estimate equals g up to rounding.
        stochastic: the estimate depends on the generator.
        in_span: the estimate lies in the span of `Estimator.tangents`.
        rank: none of them has a higher rank on any matrix (a tensor of more dimensions is that of its first against the others).
        relative_error: E‖estimate - g‖² / ‖g‖².
        eta: the efficiency ⟨E estimate, g⟩² / (‖g‖² E‖estimate‖²), between 0 and 1.
        expected: closed forms of the quality metrics, metric name -> value, valid on any objective.
        forward_multiple: floating-point operations over those of the base forward pass, for dense layers.
        forward_calls: evaluations of the loss (a vectorised evaluation of many tangents counts once).
        memory: a key of `MEMORY_CLASSES`.
        needs: the capabilities an objective must offer, in the words of `estimators.objective.MissingCapability`.
        records_tape: whether tensors are saved for a backward pass.
        simulated: its derivatives come from the known gradient, for studies of quality; its cost is no method's.
        descends: ⟨estimate, g⟩ >= 0, for every draw.
        isotropic: rotating the gradient rotates the estimate's distribution, and does nothing else to it.
        homogeneous: a loss c times as large has an estimate c times as large, under the same seed.
        linear: moreover the estimate of a mean of losses is the mean of their estimates, under the same seed.
        permutation_invariant: the order of the samples in a batch does not matter, under the same seed.
        independent_tangents: `Estimator.tangents` of one estimate are independent of each other, or orthogonal.
        independent_tensors: the parts of a tangent that belong to two tensors are uncorrelated; not where tangents are steered.
        remembers: an estimate depends on those before it, through the state. Estimates of a series are then not independent, and
            their quality at one point depends on how many of them there are.
        drifts_parameters: parameters are perturbed in place, and one estimate leaves rounding behind in them: an entry moves by
            so many times ε (of its dtype) times the largest entry of its tensor, or 1, at most. 0 where they stay as they are;
            no more than 1000 for each of `forward_calls`.

    The five from `homogeneous` on hold unless the declaration says otherwise.
    """

    unbiased: bool = False
    exact: bool = False
    stochastic: bool = True
    in_span: bool = False
    rank: int | None = None
    relative_error: float | None = None
    eta: float | None = None
    expected: Mapping[str, float] = field(default_factory=dict)
    forward_multiple: float | None = None
    forward_calls: int | None = None
    memory: str = "parameters"
    needs: frozenset[str] = frozenset()
    records_tape: bool = False
    simulated: bool = False
    descends: bool = False
    isotropic: bool = False
    homogeneous: bool = True
    linear: bool = True
    permutation_invariant: bool = True
    independent_tangents: bool = True
    independent_tensors: bool = True
    remembers: bool = False
    drifts_parameters: float = 0.0


class Factors(NamedTuple):
    """A tensor of low rank, as the matrix left rightᵀ of its first dimension against all others.

    Attributes:
        left: [rows, r].
        right: [columns, r].
    """

    left: Tensor
    right: Tensor

    def product(self, shape: tuple[int, ...]) -> Tensor:
        """The tensor itself, in this shape."""
        return (self.left @ self.right.mT).view(shape)


class Estimate(ABC):
    """The loss and an estimate of the gradient, parameter by parameter.

    Attributes:
        loss: 0-dimensional tensor without a tape; the loss at the point, or as near to it as the method evaluates
            (a central difference gives the mean of its two values).
        held: whether its tensors exist, or what they are made of does, so that reading all of them at once holds nothing more.
    """

    loss: Tensor
    held: ClassVar[bool] = False

    @abstractmethod
    def items(self) -> Iterator[tuple[str, Tensor]]:
        """Yield (parameter name, estimate of its shape, dtype and device), in the objective's order.

        May form each tensor only when it is asked for, so that no vector of length n need exist at once.
        """

    def factors(self) -> Iterator[tuple[str, "Tensor | Factors"]]:
        """As `items`, but what is a product of thin factors is handed on as them, unformed: an update is then one `addmm_`."""
        yield from self.items()

    @property
    def gradient(self) -> dict[str, Tensor]:
        """All of `items` as a dictionary."""
        return dict(self.items())


@dataclass
class DenseEstimate(Estimate):
    """An estimate whose tensors all exist already."""

    held: ClassVar[bool] = True
    loss: Tensor
    tensors: Mapping[str, Tensor]

    def items(self) -> Iterator[tuple[str, Tensor]]:
        """Yield the tensors; see `Estimate.items`."""
        yield from self.tensors.items()


class Estimator(ABC):
    """A gradient estimator: implement `estimate` and `declaration`, and `init` where something is worth preparing.

    Subclasses are frozen dataclasses whose fields are the parameters of their spec; construction checks bounds and raises
    ValueError, nothing more.
    """

    def init(self, objective: Objective) -> Any:
        """Prepare the state of the first `estimate`: workspace that depends on shapes only, and memory of past calls.

        Args:
            objective: what will be estimated; only its shapes, dtypes, devices and capabilities may be used.

        Returns:
            Any object; None where nothing is kept.
        """
        return None

    @abstractmethod
    def estimate(self, objective: Objective, state: Any, *, generator: torch.Generator) -> tuple[Estimate, Any]:
        """Estimate the gradient of `objective` at its own parameters.

        Leaves parameters, buffers, `.grad`, flags and every global state bitwise as they were, also after an exception; where the
        declaration says that parameters drift, those up to rounding.

        Args:
            objective: the loss and its parameters.
            state: from `init` or from the call before.
            generator: the only source of randomness; on the parameters' device.

        Returns:
            The estimate and the state for the next call.

        Raises:
            MissingCapability: the objective lacks what the estimator needs.
        """

    @abstractmethod
    def declaration(self, shapes: Shapes, batch: int | None) -> Declaration:
        """What the estimator promises for parameters of these shapes and a batch of this size (None for a function)."""

    def simulated(self) -> "Estimator | None":
        """The same estimator with its derivatives taken from a known gradient, where that is possible (quality studies)."""
        return None

    def at_full_budget(self, coordinates: int) -> "Estimator | None":
        """The same estimator with the budget at which it equals the gradient exactly, where there is one."""
        return None

    def with_step(self, factor: float) -> "Estimator | None":
        """The same estimator with its difference step times `factor`, where on linear functions that changes nothing."""
        return None

    def on_quadratic(self, function: Quadratic) -> Descent | None:
        """What a step along an estimate is expected to do to a quadratic, where a closed form is known.

        Args:
            function: the quadratic at the point of the estimate, all coordinates together.
        """
        return None

    def tangents(self, state: Any) -> Mapping[str, Tensor] | None:
        """The tangents behind the estimate that returned `state`: name -> [k, *shape]; None where there are none."""
        return None

    def remarks(self, objective: Objective) -> tuple[str, ...]:
        """What `estimate` did otherwise than declared when it last met this objective, and why; for the records of the ruler."""
        return ()

    def stages(self, objective: Objective, state: Any, *, generator: torch.Generator) -> Iterator[str]:
        """Run one estimate stage by stage, yielding the name of each stage when it is done (`drawing`, `derivative`, ...).

        For the ruler, which reads its clock between them; yields nothing where a method has no such stages.
        """
        return iter(())


def count(shapes: Shapes) -> int:
    """The number n of scalar parameters of these shapes."""
    return sum(torch.Size(shape).numel() for shape in shapes.values())
