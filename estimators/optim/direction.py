"""What a rule descends along, tensor by tensor, whether it comes from an estimate or from `.grad`."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from estimators.estimator import Estimate, Factors
from estimators.spec import nearest

Group = dict[str, Any]
"""One of an optimizer's `param_groups`."""


class Share(NamedTuple):
    """What a direction holds for one parameter.

    Attributes:
        group: the optimizer's parameters for it.
        parameter: the tensor to move.
        part: what to descend along, of its shape, dtype and device, or thin factors of that; not to be written.
    """

    group: Group
    parameter: Tensor
    part: Tensor | Factors


@dataclass(frozen=True)
class Direction:
    """Where a step goes; iterating yields a `Share` for each parameter it concerns, and may be done again with the same result.

    Attributes:
        loss: at the point the direction was taken at, as whoever gave it knows it.
        held: whether all tensors exist anyway, so that reading them all at once costs no memory.
        read: gives a fresh iterator.
    """

    loss: Tensor | float | None
    held: bool
    read: Callable[[], Iterator[Share]]

    def __iter__(self) -> Iterator[Share]:
        """Parameter by parameter; a lazy estimate forms each tensor when it is reached."""
        return self.read()


def from_gradients(groups: Sequence[Group], loss: Tensor | float | None) -> Direction:
    """What the last backward pass left in `.grad`; parameters without one are left out."""

    def read() -> Iterator[Share]:
        for group in groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    yield Share(group, parameter, parameter.grad)

    return Direction(loss, True, read)


def from_estimate(groups: Sequence[Group], estimate: Estimate) -> Direction:
    """An estimate, whose names are looked up among those of an optimizer's parameters.

    Raises:
        ValueError: the optimizer's parameters have no names; or, when it is read, the estimate has one that is not among them.
    """
    if not all("param_names" in group for group in groups):
        raise ValueError(
            "an estimate goes by names: construct the rule from named parameters, as module.named_parameters() gives"
        )
    places = {name: (group, p) for group in groups for name, p in zip(group["param_names"], group["params"], strict=True)}

    def share(pair: tuple[str, Tensor | Factors]) -> Share:
        name, part = pair
        if name not in places:
            raise ValueError(f"the estimate has {name!r}, which is none of this rule's parameters: {nearest(name, places)}")
        return Share(*places[name], part)

    return Direction(
        estimate.loss, estimate.held, lambda: map(share, estimate.factors())
    )  # map keeps no part when it forms the next


def add(target: Tensor, part: Tensor | Factors, scale: float | Tensor) -> None:
    """Add `scale` times `part` to `target`, in place; thin factors are never multiplied out where the target is contiguous.

    Args:
        target: any shape.
        part: of that shape.
        scale: a number, or a 0-dimensional tensor where it must not be waited for on a GPU.
    """
    if isinstance(part, Factors) and not target.is_contiguous():
        part = part.product(tuple(target.shape))
    if isinstance(part, Factors):
        target.view(target.shape[0], -1).addmm_(part.left * scale, part.right.mT)
    elif isinstance(scale, Tensor):
        target.addcmul_(part, scale.to(target.dtype))
    else:
        target.add_(part, alpha=scale)


def dense(part: Tensor | Factors, parameter: Tensor) -> Tensor:
    """A part of this parameter's shape as a tensor; the caller must not write to it."""
    return part.product(tuple(parameter.shape)) if isinstance(part, Factors) else part


def norm(part: Tensor | Factors) -> Tensor:
    """The Frobenius norm, 0-dimensional and at least float32; of U Vᵀ it is the root of the sum over UᵀU ∘ VᵀV, 2 r² numbers."""
    if isinstance(part, Factors):
        left, right = (each.to(_wide(each)) for each in part)
        return ((left.mT @ left) * (right.mT @ right)).sum().clamp(min=0).sqrt()
    size: Tensor = torch.linalg.vector_norm(part, dtype=_wide(part))
    return size


def _wide(tensor: Tensor) -> torch.dtype:
    return torch.promote_types(tensor.dtype, torch.float32)
