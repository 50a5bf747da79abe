"""What a user's problem builder must return, checked part by part so that a mistake is named where it was made.

A builder is `build(*, device, dtype, seed, **parameters) -> (module, loss, batch)`: a `torch.nn.Module` on that device with
parameters of that dtype, a loss called as `loss(module(inputs), targets)`, and the batch `(inputs, targets)`.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

Parts = tuple[nn.Module, Callable[..., Tensor], tuple[Tensor, Any]]
"""Module, loss and batch (inputs, targets)."""

EXPECTED = "expected (module, loss, batch): a torch.nn.Module, a loss(output, targets), and (inputs, targets)"


def check_parts(parts: Any, name: str, device: torch.device, dtype: torch.dtype) -> Parts:
    """Check what a builder returned.

    Args:
        parts: what it returned.
        name: the builder as the user wrote it, for messages.
        device: where parameters and batch should lie.
        dtype: what the trainable parameters should be.

    Returns:
        Module, loss and batch.

    Raises:
        ValueError: something is not as expected; the message says what came.
    """
    if not isinstance(parts, (tuple, list)) or len(parts) != 3:
        raise ValueError(f"{name} returned {_shown(parts)}; {EXPECTED}")
    module, loss, batch = parts
    if not isinstance(module, nn.Module):
        raise ValueError(f"{name} returned {_shown(module)} as the module; {EXPECTED}")
    if not callable(loss):
        raise ValueError(f"{name} returned {_shown(loss)} as the loss; {EXPECTED}")
    if not isinstance(batch, (tuple, list)) or len(batch) != 2 or not isinstance(batch[0], Tensor) or batch[0].dim() == 0:
        raise ValueError(f"{name} returned {_shown(batch)} as the batch; {EXPECTED}, with the samples along dimension 0")
    for part, tensor in _tensors(module, batch):
        if not _same_place(tensor.device, device):
            raise ValueError(f"{name} put {part} on {tensor.device}; expected {device}, the device it was called with")
    for key, parameter in module.named_parameters():
        if parameter.requires_grad and parameter.dtype != dtype:
            raise ValueError(f"{name} made parameter {key!r} {parameter.dtype}; expected {dtype}, the dtype it was called with")
    return module, loss, (batch[0], batch[1])


def check_loss(loss: Tensor, name: str) -> None:
    """Refuse a builder whose loss is no finite number where gradients are to be taken.

    Raises:
        ValueError: it is NaN or infinite.
    """
    value = float(loss.detach())
    if not math.isfinite(value):
        raise ValueError(f"the loss of {name} on its batch is {value}; expected a finite number")


def _tensors(module: nn.Module, batch: Any) -> list[tuple[str, Tensor]]:
    named: list[tuple[str, Tensor]] = [(f"parameter {name!r}", parameter) for name, parameter in module.named_parameters()]
    named += [(f"buffer {name!r}", buffer) for name, buffer in module.named_buffers()]
    parts = [("the inputs", batch[0]), ("the targets", batch[1])]
    return named + [(part, tensor) for part, tensor in parts if isinstance(tensor, Tensor)]


def _same_place(found: torch.device, asked: torch.device) -> bool:
    return found.type == asked.type and (asked.index is None or found.index in (None, asked.index))


def _shown(thing: Any) -> str:
    """What came, in a few words: type and, for tuples, the types of the members."""
    if isinstance(thing, (tuple, list)):
        members = ", ".join(type(member).__name__ for member in thing[:6])
        return f"a {type(thing).__name__} of {len(thing)} ({members}{', ...' if len(thing) > 6 else ''})"
    if isinstance(thing, Tensor):
        return f"a tensor of shape {tuple(thing.shape)}"
    return "None" if thing is None else f"an object of type {type(thing).__name__}"
