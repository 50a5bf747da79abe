"""Parameters that exist only while an operation uses them.

A placeholder stands where a parameter would. It knows the parameter's shape, dtype and device and holds no numbers; every
operation of torch that it is handed to gets a tensor made for that one call instead, and dropped after it. So what is made of a
layer's parameters (a perturbed copy, a dual with its tangent) lives as long as the layer's operation, whether or not a module
calls it, and two operations on one parameter, tied layers among them, get equal tensors. The parameters themselves are not
touched. What reads a tensor's memory past torch's operations finds none and fails.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

_DESCRIBING = frozenset(
    {
        Tensor.size,
        Tensor.dim,
        Tensor.ndimension,
        Tensor.numel,
        Tensor.nelement,
        Tensor.stride,
        Tensor.element_size,
        Tensor.is_contiguous,
        Tensor.is_floating_point,
        Tensor.is_complex,
        Tensor.get_device,
        Tensor.__len__,
        torch.is_floating_point,
        torch.is_complex,
        torch.numel,
    }
)
"""What asks for no numbers: answered by the parameter as it is."""


class Placeholder(Tensor):
    """Stands for `make()`, which is called once for every operation.

    Attributes:
        value: the parameter, for what describes it (shape, dtype, device).
        make: gives a tensor of the same shape, dtype and device, a new one at every call.
    """

    value: Tensor
    make: Callable[[], Tensor]

    @staticmethod
    def __new__(cls, value: Tensor, make: Callable[[], Tensor]) -> "Placeholder":
        """Keep both, in a tensor without memory."""
        empty = torch.empty_like(value, device="meta", requires_grad=False)
        placeholder: Placeholder = Tensor._make_subclass(cls, empty)
        placeholder.value, placeholder.make = value, make
        return placeholder

    @classmethod
    def __torch_function__(
        cls, func: Callable[..., Any], types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Call `func` with tensors in the places of placeholders."""
        describing = func in _DESCRIBING or getattr(func, "__name__", "") == "__get__"
        if describing:
            found = func(*_replaced(args, _value), **_replaced(kwargs or {}, _value))
            if not isinstance(found, Tensor):
                return found
        made: dict[int, Tensor] = {}

        def once(placeholder: Placeholder) -> Tensor:
            if id(placeholder) not in made:
                with torch._C._DisableFuncTorch():  # a transform in the model (vmap, grad) takes what is made for a constant
                    made[id(placeholder)] = placeholder.make()
            return made[id(placeholder)]

        return func(*_replaced(args, once), **_replaced(kwargs or {}, once))


def _value(placeholder: Placeholder) -> Tensor:
    return placeholder.value


def _replaced(arguments: Any, replacement: Callable[[Placeholder], Tensor]) -> Any:
    """The same arguments with something else in the places of placeholders, also within lists, tuples and dictionaries."""
    if isinstance(arguments, Placeholder):
        return replacement(arguments)
    if type(arguments) in (list, tuple):
        return type(arguments)(_replaced(one, replacement) for one in arguments)
    if type(arguments) is dict:
        return {name: _replaced(one, replacement) for name, one in arguments.items()}
    return arguments
