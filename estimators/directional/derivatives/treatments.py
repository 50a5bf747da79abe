"""What forward mode needs done to single calls of torch's functions, wherever in a model they occur.

Fused kernels have no forward mode: attention runs by its math kernel and an LSTM on the CPU by elementary operations. Flags of
torch are changed for the length of such a call and put back, also after an exception. Calls are recognised while they are made,
not by the names of layers, also those that torch's multi-head attention makes in its own body. Inputs of layers that carry no
tangent are a matter of `untouched_inputs`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.overrides import TorchFunctionMode

from estimators.directional.derivatives.duals import unpack_dual
from estimators.layers import opened

Treatment = Callable[[Callable[..., Any], Sequence[Any], Mapping[str, Any]], Any]
"""Calls a function with its arguments in a way that forward mode supports."""


class Treated(TorchFunctionMode):
    """Within it, calls of some functions are left to their treatments; within a treatment's own call they are not.

    Multi-head attention hands itself over as a whole. Unless it has a treatment, the calls in its body (projections, which are
    linear layers, and attention) are handed over one by one.

    While it is active torch's fast path through encoder layers, which has no forward mode either, is not taken: that one asks
    whether somebody overrides functions.
    """

    def __init__(self, treatments: Mapping[Callable[..., Any], Treatment]) -> None:
        """Keep them.

        Args:
            treatments: function of torch -> its treatment.
        """
        super().__init__()
        self._treatments = treatments

    def __torch_function__(
        self, func: Callable[..., Any], types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Treat the functions known, look into multi-head attention, let everything else pass."""
        treatment = self._treatments.get(func)
        if treatment is not None:
            return treatment(func, args, kwargs or {})
        if func is functional.multi_head_attention_forward:
            with self:
                return _MULTI_HEAD_ATTENTION(*args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))


_MULTI_HEAD_ATTENTION = opened(functional.multi_head_attention_forward)


def differentiates_by_itself() -> bool:
    """Whether the model is about to differentiate or transform what it computes (a force, a penalty on a gradient, `vmap`).

    A layer must then be one operation of torch on its own arguments: what is put together from parts has another derivative.
    Asked within a pass that records no tape and is transformed by nothing but `jvp`.
    """
    interpreter = torch._C._functorch.peek_interpreter_stack()
    return torch.is_grad_enabled() or (interpreter is not None and interpreter.key() != torch._C._functorch.TransformType.Jvp)


def _under(context: Callable[[], AbstractContextManager[Any]]) -> Treatment:
    def treatment(func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        with context():
            return func(*args, **kwargs)

    return treatment


@contextmanager
def _without_onednn() -> Iterator[None]:
    before = torch.backends.mkldnn.enabled
    torch.backends.mkldnn.enabled = False  # type: ignore[assignment]  # mkldnn.flags would set precisions too, and that warns
    try:
        yield
    finally:
        torch.backends.mkldnn.enabled = before


def _same_mask(func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Drop the same units in a vectorised pass as outside of one.

    A mask is drawn in the order of its input's memory, but by transforms of functions in the order of dimensions; so the
    dimensions are put in the order of memory for the call.
    """
    x, *others = args or (kwargs["input"],)
    others_by_name = {name: value for name, value in kwargs.items() if name != "input"}
    order = sorted(range(x.dim()), key=x.stride, reverse=True)
    dropped: Tensor = func(x.permute(order), *others, **others_by_name)
    return dropped.permute([order.index(d) for d in range(x.dim())])


def _into_a_buffer(func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """What is written to a buffer (power iterations of spectral norm) is a constant; writing a dual there torch refuses."""
    if kwargs.get("out") is None:
        return func(*args, **kwargs)
    return func(unpack_dual(args[0])[0], *args[1:], **kwargs)


KERNELS: dict[Callable[..., Any], Treatment] = {
    functional.scaled_dot_product_attention: _under(lambda: sdpa_kernel(SDPBackend.MATH)),
    torch.lstm: _under(_without_onednn),
}
"""Functions whose fused kernels have no forward mode."""

MASKS: dict[Callable[..., Any], Treatment] = dict.fromkeys(
    (functional.dropout, functional.alpha_dropout, torch.dropout, torch.alpha_dropout), _same_mask
)
"""Functions that draw a mask laid out like their input."""

BUFFERS: dict[Callable[..., Any], Treatment] = {functional.normalize: _into_a_buffer}
"""Functions by which layers of torch update buffers from parameters; for dual tensors only."""
