"""The layers whose way back is approximate, found by their calls wherever in a model these are made.

Left to torch are layers whose weight is frozen, what runs within a transform of functions (`vmap`, `grad`), and products that are
no call of a layer (recurrent kernels, `matmul`).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from estimators.directional.derivatives.treatments import Treatment
from estimators.layers import LAYERS, Call, arguments
from estimators.objective import MissingCapability

Replacement = Callable[[Call], Tensor]
"""What runs in place of a layer: its call -> what its `run` would give."""


class Layers:
    """Hands the calls of layers with trainable weights to a replacement, and everything else to torch.

    Attributes:
        met: calls handed over so far.
        returning: whether the forward pass is over. Set by whoever runs it; a gradient that comes back earlier is part of what
            the model computes.
        treatments: for `Treated`.
    """

    def __init__(self, replacement: Replacement, others: Mapping[Callable[..., Any], Treatment]) -> None:
        """Keep them.

        Args:
            replacement: what runs in place of layers.
            others: further functions of torch -> their treatments.
        """
        self.met, self.returning = 0, False
        self._replacement = replacement
        self.treatments: dict[Callable[..., Any], Treatment] = {
            **dict.fromkeys(LAYERS, self._replaced),
            **others,
        }

    def _replaced(self, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        weight = arguments(args, kwargs)["weight"]
        if not weight.requires_grad or weight.dim() < 2 or not torch.is_grad_enabled() or transformed():
            return func(*args, **kwargs)
        self.met += 1
        call = LAYERS[func](func, args, kwargs)
        y = self._replacement(call)
        y.register_hook(self._check_returning)
        return call.shaped(y)

    def _check_returning(self, gradient: Tensor) -> None:
        if not self.returning:
            raise differentiating()


def transformed() -> bool:
    """Whether a transform of functions is at work, in which calls and saved tensors are not what they seem."""
    return torch._C._functorch.peek_interpreter_stack() is not None


def differentiating() -> MissingCapability:
    """What is said of a model in which a gradient is part of the forward pass."""
    return MissingCapability("module", "the model differentiates what it computes, and would see an approximate derivative")
