"""The way back through a model's layers, rerouted: a mode in which the gradients of their inputs come from elsewhere.

Layers are recognised as calls of functions while the model runs (`LAYERS`), so torch's attention and models without
modules are met too. Their outputs, and the gradients of their own parameters, are torch's own. What would carry the error
through a parameter by other means is refused: there backprop would go on, unseen. Computed weights are refused in layers only:
a product outside of them (`h @ (w * 1.0)`) does not tell a computed weight from an activation, and backprop goes on there.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from estimators.layers import LAYERS, Call, arguments, opened
from estimators.objective import MissingCapability

Back = Callable[[Tensor], Tensor]
"""The gradient of what `Call.run` gives -> that of `Call.batched`."""


class Route(ABC):
    """Which way the error takes in one estimate."""

    def watch(self, output: Any) -> Any:
        """Told what the model returned, before the loss of it is taken; returns the same."""
        return output

    @abstractmethod
    def back(self, name: str, parameter: Tensor, call: Call) -> Back:
        """The way back past one call of a layer; asked for in the forward pass, and taken without a tape.

        Args:
            name: of the parameter that is the layer's weight, or of which the weight is a part.
            parameter: itself.
            call: what the layer does; what is returned must not hold it, or activations would live longer than in backprop.
        """


class Rerouted(TorchFunctionMode):
    """Within it a model's layers pass their error back along a route.

    Attributes:
        returning: whether the forward pass is over, which whoever runs it says; before, no gradient may go through a layer.
    """

    def __init__(self, module: nn.Module, route: Route) -> None:
        """Keep the names of the module's parameters, frozen ones included, and the route."""
        super().__init__()
        self.returning = False
        self._names = {id(parameter): name for name, parameter in module.named_parameters()}
        self._route = route

    def __torch_function__(
        self, func: Callable[..., Any], types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Reroute layers, look into what has layers inside, refuse what has no feedback, and let everything else pass."""
        kwargs = kwargs or {}
        if func in _OPENED:
            with self:
                return _OPENED[func](*args, **kwargs)
        if func in LAYERS:
            if torch._C._functorch.peek_interpreter_stack() is not None:
                raise _missing("the model transforms its layers (grad, jvp or vmap of torch.func)")
            if torch.is_grad_enabled() and arguments(args, kwargs)["input"].requires_grad:
                return self._rerouted(LAYERS[func](func, args, kwargs))
        elif func in _PRODUCTS or func in _RECURRENT:
            self._check(func, list(_tensors((args, kwargs))))
        return func(*args, **kwargs)

    def _rerouted(self, call: Call) -> Tensor:
        owner = self._owner(call.weight)
        if owner is None or call.weight.dim() < 2:
            raise _missing("a layer's weight is no matrix or kernel among the parameters (weight normalisation computes it, say)")
        back, output = partial(self._checked, self._route.back(*owner, call)), call.run(call.batched.detach())
        return call.shaped(_Rerouting.apply(output, call.batched, back))  # type: ignore[no-untyped-call]

    def _checked(self, back: Back, gradient: Tensor) -> Tensor:
        if not self.returning:
            raise _missing("the model differentiates what it computes, and would meet feedback where it wants derivatives")
        return back(gradient)

    def _owner(self, weight: Tensor) -> tuple[str, Tensor] | None:
        """The parameter that a tensor is, or is a view of, with its name."""
        for tensor in (weight, weight._base):
            if tensor is not None and id(tensor) in self._names:
                return self._names[id(tensor)], tensor
        return None

    def _check(self, func: Callable[..., Any], tensors: Sequence[Tensor]) -> None:
        """Refuse a product through which an error comes back by way of a parameter."""
        owners = [self._owner(tensor) for tensor in tensors]
        weights = [owner[0] for owner in owners if owner is not None]
        others = [tensor for tensor, owner in zip(tensors, owners, strict=True) if owner is None]
        comes_back = func in _RECURRENT or any(tensor.requires_grad for tensor in others)
        if weights and comes_back and torch.is_grad_enabled():
            raise _missing(
                f"feedback stands in for the weights of dense and convolutional layers; {func.__name__} takes the error through "
                f"{weights[0]!r} itself"
            )


class _Rerouting(torch.autograd.Function):
    """A layer's output whose gradient goes on to the layer's parameters as it is, and to the layer's input another way."""

    @staticmethod
    def forward(ctx: Any, output: Tensor, x: Tensor, back: Back) -> Tensor:
        ctx.back = back
        ctx.mark_dirty(output)  # handed on as it is rather than as a view, to which a model could not write
        return output

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None]:
        with torch._C.DisableTorchFunction():  # the mode has no business with the operations of the way back itself
            return gradient, ctx.back(gradient), None


_OPENED = {func: opened(func) for func in (functional.multi_head_attention_forward, torch.autograd.grad)}
"""What has layers inside; on the way back run those that a model checkpoints."""

_METHODS = ("matmul", "mm", "bmm", "mv", "inner", "dot", "vdot", "addmm", "addmv", "addbmm", "baddbmm")
"""Products that are functions and methods of tensors; those that add to a tensor also do so in place."""

_PRODUCTS: frozenset[Any] = frozenset(
    {
        *(getattr(torch, name) for name in ("einsum", "tensordot", "bilinear", "chain_matmul")),
        *(getattr(torch.linalg, name) for name in ("matmul", "multi_dot", "vecdot")),
        *(getattr(owner, name) for owner in (torch, Tensor) for name in _METHODS),
        *(getattr(Tensor, f"{name}_") for name in _METHODS if name.startswith(("add", "badd"))),
        *(getattr(torch, f"conv_transpose{dimensions}d") for dimensions in (1, 2, 3)),
        *(getattr(torch, f"{cell}_cell") for cell in ("lstm", "gru", "rnn_tanh", "rnn_relu")),
        Tensor.__rmatmul__,
    }
)
"""What multiplies by matrices, so that an error comes back by their transposes."""

_RECURRENT: frozenset[Any] = frozenset({torch.lstm, torch.gru, torch.rnn_tanh, torch.rnn_relu})
"""What does so inside, from step to step."""


def _tensors(values: Any) -> Iterator[Tensor]:
    """All tensors among arguments, also within lists, tuples and dictionaries."""
    if isinstance(values, Tensor):
        yield values
    elif isinstance(values, (list, tuple, dict)):
        for value in values.values() if isinstance(values, dict) else values:
            yield from _tensors(value)


def _missing(reason: str) -> MissingCapability:
    return MissingCapability("module", reason)
