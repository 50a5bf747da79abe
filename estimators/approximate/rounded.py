"""Backprop from saved activations of half the size: what the tape holds is rounded to 16 bits."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks
from torch.nn import functional

from estimators.approximate.backward import ROWS, Approximate
from estimators.approximate.draws import Draws
from estimators.approximate.layers import differentiating, transformed
from estimators.directional.derivatives.treatments import Treated, Treatment
from estimators.estimator import Declaration, Shapes
from estimators.exact import Backprop
from estimators.objective import MissingCapability, ModuleObjective, Objective

ROUNDINGS = ("nearest", "stochastic")

_BITS = {torch.float32: (torch.int32, 16), torch.float64: (torch.int64, 45)}
"""What is rounded -> integers of its size, and how many of its last bits bfloat16 has no room for (of the mantissa)."""


@dataclass(frozen=True)
class RoundedActivations(Approximate):
    """Backprop in which every activation that the tape saves is a bfloat16 number.

    What torch saves for the backward pass is rounded as it is saved, and widened when it is needed; the forward pass, the errors
    that travel back and all products are those of backprop. Rounded are tensors of float32 and float64, whichever operation saves
    them (inputs of layers, outputs of activations, statistics and masks, log-probabilities); parameters, buffers, the batch,
    single numbers and integers are saved as they are, and so is everything in a model of 16 bits.

    `nearest` is deterministic and biased: up to 2⁻⁹ of each number. `stochastic` rounds up or down so that each number is right
    on average. Then so is the gradient, where every derivative is linear in what was saved for it: dense layers, convolutions,
    ReLU, pooling, squared error. Curved ones (tanh, GELU, softmax, normalisation) have a bias of second order in the rounding,
    so neither is declared unbiased.

    Cost: 3 forward passes' operations, as backprop. Memory: half the activations; a tensor that two operations save is kept once.
    Source: stochastic rounding of what is saved, Chen et al. 2021, arXiv 2104.14129 (ActNN, which has fewer bits); the hooks are
    torch.autograd.graph.saved_tensors_hooks.

    Args:
        rounding: `nearest` or `stochastic`.

    Example:
        >>> layer = torch.nn.Linear(1, 1, bias=False)
        >>> hidden = torch.nn.Sequential(torch.nn.Linear(1, 1).requires_grad_(False), layer)
        >>> objective = ModuleObjective(hidden, lambda outputs, _: outputs.mean(), (torch.rand(1, 1), torch.zeros(1)))
        >>> estimate, _ = RoundedActivations().estimate(objective, None, generator=torch.Generator())
        >>> gradient = estimate.gradient["1.weight"]  # what the layer was given, rounded
        >>> bool(gradient == gradient.bfloat16())
        True
    """

    rounding: str = "nearest"

    def __post_init__(self) -> None:
        """Check the choice."""
        if self.rounding not in ROUNDINGS:
            raise ValueError(f"rounding must be one of {', '.join(ROUNDINGS)}, got {self.rounding!r}")

    def forward(self, objective: Objective, generator: torch.Generator) -> Tensor:
        """See `Approximate.forward`.

        Raises:
            MissingCapability: the objective is a plain function, which has no activations; or the model differentiates what it
                computes, or transforms functions.
        """
        inner = getattr(objective, "objective", objective)
        if not isinstance(inner, ModuleObjective):
            raise MissingCapability("module", "what is rounded are a module's activations; a plain function has none")
        packing = _Packing(inner, Draws(generator) if self.rounding == "stochastic" else None)
        try:
            with Treated(_WRITING), saved_tensors_hooks(packing.pack, packing.unpack):
                loss = objective.loss()
        except RuntimeError as error:
            if "support saved tensor hooks" not in str(error):
                raise
            reason = "the model transforms functions (torch.func.grad, vjp), where nothing that is saved can be rounded"
            raise MissingCapability("module", reason) from error
        packing.returning = True
        return loss

    def declaration(self, shapes: Shapes, batch: int | None) -> Declaration:
        """See `Estimator.declaration`."""
        nearest = self.rounding == "nearest"
        return Declaration(
            stochastic=not nearest,
            forward_multiple=Backprop().declaration(shapes, batch).forward_multiple,
            forward_calls=1,
            memory=ROWS.memory,
            needs=ROWS.needs,
            records_tape=True,
            linear=nearest,
            permutation_invariant=nearest,
        )


class Rounded(NamedTuple):
    """A tensor in fewer bits.

    Attributes:
        values: in bfloat16.
        dtype: that it had.
    """

    values: Tensor
    dtype: torch.dtype


class _Packing:
    """The hooks of one estimate.

    Attributes:
        returning: whether the forward pass is over; see `Layers`.
    """

    def __init__(self, objective: ModuleObjective, draws: Draws | None) -> None:
        """Note what exists already, which saving as it is costs nothing.

        Args:
            objective: whose parameters, buffers and batch these are.
            draws: for stochastic rounding; None rounds to the nearest.
        """
        self._standing = {_address(tensor) for tensor in _tensors_of(objective)}
        self._draws, self.returning = draws, False
        self._packed: WeakKeyDictionary[torch.UntypedStorage, dict[Any, Rounded]] = WeakKeyDictionary()

    def pack(self, tensor: Tensor) -> Tensor | Rounded:
        """What is saved in place of a tensor; of one that was saved before, exists and was not written to since, the same."""
        if transformed() or not tensor.dim() or tensor.dtype not in _BITS or _address(tensor) in self._standing:
            return tensor
        known = self._packed.setdefault(tensor.untyped_storage(), {})
        view = (tensor._version, tensor.dtype, tensor.storage_offset(), tensor.shape, tensor.stride())
        if view not in known:
            known[view] = Rounded(self._rounded(tensor), tensor.dtype)
        return known[view]

    def unpack(self, saved: Tensor | Rounded) -> Tensor:
        """A tensor in place of what was saved."""
        if not isinstance(saved, Rounded):
            return saved
        if not self.returning:
            raise differentiating()
        return saved.values.to(saved.dtype)

    def _rounded(self, tensor: Tensor) -> Tensor:
        if self._draws is None:
            return tensor.to(torch.bfloat16)
        shape, stream = tuple(tensor.shape), self._draws.reserve()
        return stochastically_rounded(tensor, self._draws.draw("uniform", stream, shape, tensor.dtype, tensor.device))


def stochastically_rounded(x: Tensor, uniform: Tensor) -> Tensor:
    """One of the two bfloat16 numbers around each entry, the nearer the likelier, so that the mean is the entry.

    To the bits that have to go a random number of as many bits is added, before they are cut off: it carries as often as their
    share of the whole says. Infinities stay, and so does NaN, whose bits would run over.

    Args:
        x: float32 or float64.
        uniform: numbers on [0, 1), of the same shape and dtype; they are written over.
    """
    integers, cut = _BITS[x.dtype]
    bits = uniform.mul_(2**cut).to(integers).add_(x.contiguous().view(integers))
    rounded = bits.bitwise_and_(-(2**cut)).view(x.dtype).to(torch.bfloat16)
    return torch.where(x.isfinite(), rounded, x.to(torch.bfloat16))


def _unrounded(func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    with saved_tensors_hooks(lambda tensor: tensor, lambda tensor: tensor):
        return func(*args, **kwargs)


_WRITING: dict[Callable[..., Any], Treatment] = dict.fromkeys((functional.rrelu, torch.rrelu, torch.rrelu_), _unrounded)
"""Functions that save a tensor before they write to it: there is nothing to round yet."""


def _tensors_of(objective: ModuleObjective) -> Iterator[Tensor]:
    yield from objective.module.parameters()
    yield from objective.module.buffers()
    yield from (tensor for tensor in (objective.inputs, objective.targets) if isinstance(tensor, Tensor))


def _address(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()
