"""The Hessian of a loss where the parameters stand: what second-order rules see of an objective."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from estimators.directional.derivatives.unsupported import described
from estimators.objective import MissingCapability, Objective
from estimators.optim.direction import Direction, dense

Result = TypeVar("Result")

_COLUMNS = 32  # of the Hessian that are taken in one pass; each holds as much as a backward pass

_NO_SECOND_DERIVATIVE = ("is not implemented", "differentiate twice")
"""In what torch says where the backward pass of an operation, or of an `autograd.Function`, has no derivative."""


@dataclass(frozen=True)
class Curvature:
    """The Hessian of the loss with regard to the parameters that a direction concerns; all others count as constants.

    A vector [n] is those parameters' entries one after the other, in the direction's order. The gradient is taken once, with a
    tape of its own, along which every product goes backwards: 3 forward passes for all products together and 6 for each, in dense
    layers at most. (`torch.func` would run the model under its own transforms, where some masks of dropout are others than the
    estimate's.) Attention runs as products of matrices, since torch's fused ones have no second derivative.

    Attributes:
        parameters: name -> tensor of those that move.
        direction: the estimate, [n].
        gradients: of the loss, in the order of the parameters, with their tape.
    """

    parameters: Mapping[str, Tensor]
    direction: Tensor
    gradients: tuple[Tensor, ...]

    @classmethod
    def of(cls, direction: Direction, objective: Objective) -> "Curvature":
        """Take the gradient of the objective where its parameters stand; they and the estimate are of one dtype.

        Raises:
            ValueError: the direction holds nothing.
            MissingCapability: an operation of the model has no second derivative.
        """
        shares = list(direction)
        if not shares:
            raise ValueError("there is nothing to descend along: no estimate was given, and no parameter has a .grad")
        names = {id(parameter): name for name, parameter in objective.parameters.items()}
        parameters = {names[id(share.parameter)]: share.parameter for share in shares}

        def gradients() -> tuple[Tensor, ...]:
            with torch.enable_grad(), sdpa_kernel(SDPBackend.MATH):
                return torch.autograd.grad(objective.loss(), list(parameters.values()), create_graph=True, materialize_grads=True)

        slopes = flat(dense(share.part, share.parameter) for share in shares)
        return cls(parameters, slopes, _twice_differentiable(gradients))

    def product(self, vectors: Tensor) -> Tensor:
        """The Hessian times a vector [n], or times each of several [B, n] in one pass.

        Raises:
            MissingCapability: see `of`.
        """
        leaves, lead = list(self.parameters.values()), vectors.shape[:-1]
        pairs = zip(self.gradients, self.split(vectors).values(), strict=True)
        curved = [pair for pair in pairs if pair[0].requires_grad]  # the other gradients are constant
        if not curved:
            return torch.zeros_like(vectors)

        def pulled() -> tuple[Tensor | None, ...]:
            outputs, along = zip(*curved, strict=True)
            return torch.autograd.grad(outputs, leaves, along, retain_graph=True, allow_unused=True, is_grads_batched=bool(lead))

        found = zip(leaves, _twice_differentiable(pulled), strict=True)
        return flat((leaf.new_zeros((*lead, *leaf.shape)) if part is None else part for leaf, part in found), len(lead))

    def hessian(self) -> Tensor:
        """All of it, [n, n]: some columns at a time, or one by one where torch cannot batch the backward pass of an operation."""
        unit = torch.eye(len(self.direction), dtype=self.direction.dtype, device=self.direction.device)
        try:
            return torch.cat([self.product(columns) for columns in unit.split(_COLUMNS)])
        except RuntimeError:
            return torch.stack([self.product(column) for column in unit])

    def descend(self, step: Tensor, lr: float) -> None:
        """Move the parameters by -lr times a vector [n]."""
        for name, part in self.split(step.to(self.direction.dtype)).items():
            self.parameters[name].sub_(part, alpha=lr)

    def split(self, vectors: Tensor) -> dict[str, Tensor]:
        """Vectors [..., n] as tensors [..., *shape], views of them."""
        lead, sizes = vectors.shape[:-1], [tensor.numel() for tensor in self.parameters.values()]
        parts = zip(self.parameters.items(), vectors.split(sizes, dim=-1), strict=True)
        return {name: part.reshape(*lead, *tensor.shape) for (name, tensor), part in parts}


def flat(tensors: Iterable[Tensor], lead: int = 0) -> Tensor:
    """All entries one after the other, [..., n], but for so many dimensions that lead."""
    return torch.cat([tensor.reshape(*tensor.shape[:lead], -1) for tensor in tensors], dim=-1)


def _twice_differentiable(work: Callable[[], Result]) -> Result:
    """The result of `work`, or a `MissingCapability` that names the operation where torch cannot differentiate twice."""
    try:
        return work()
    except (NotImplementedError, RuntimeError) as error:
        if any(phrase in str(error) for phrase in _NO_SECOND_DERIVATIVE):
            raise MissingCapability("second_derivative", described(error)) from error
        raise
