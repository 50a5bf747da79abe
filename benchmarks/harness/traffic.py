"""Operator traffic: the bytes that the operators of a piece of work read and write.

    bytes = sum over operators ( distinct operands that are read + results that are written )

Each tensor counts once an operator, with the entries that lie in memory (an expanded one has fewer than its shape says), at its
own type. Operators are those below autograd, as torch's counter of operations sees them. Views, and what is allocated and not
filled, move nothing; what is overwritten is not read; of a tensor from which entries are picked only these are counted.

Executed operator by operator, a piece of work moves at least so many bytes between the processor and whatever holds its tensors:
no operator keeps a value in registers for the next one, and a kernel that reads an operand twice or has temporaries of its own
moves more. (Nearly at least: an operand that a kernel is given and need not look at counts as read.) It is no bound of what
reaches main memory, which is less wherever a cache holds a tensor from one operator to the next, so speeds that follow from it
are compared with the fastest copy of whatever size. Nor does it hold for a compiled graph, which fuses operators.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

_NOTHING = frozenset({"empty_like", "new_empty", "new_empty_strided", "resize_", "set_"})
"""Operators that allocate and fill nothing, with all whose names begin with `empty`."""

_OVERWRITING = frozenset(
    {
        *("copy_", "fill_", "zero_", "bernoulli_", "cauchy_", "exponential_", "geometric_", "log_normal_", "normal_", "random_"),
        *("uniform_", "_foreach_copy_", "_foreach_zero_"),
    }
)
"""Operators in place that do not read what they change."""

_PICKING = frozenset(
    {
        *("embedding", "gather", "index", "index_select", "masked_select", "take", "nll_loss_forward", "nll_loss_backward"),
        *(
            "index_add_",
            "index_copy_",
            "index_fill_",
            "index_put_",
            "_index_put_impl_",
            "masked_fill_",
            "scatter_",
            "scatter_add_",
        ),
    }
)
"""Operators that look at some entries of their first operand only, or change some."""


class Traffic(TorchDispatchMode):
    """Adds up the traffic of the operators while it is entered.

    Attributes:
        moved: bytes so far.

    Example:
        >>> with Traffic() as traffic:
        ...     _ = torch.ones(10) + 1
        >>> traffic.moved  # ones are written, then read, and their sums written
        120
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__()  # type: ignore[no-untyped-call]  # TorchDispatchMode has no annotations
        self.moved = 0

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        if isinstance(func, torch._ops.OpOverload):
            self.moved += _moved(func._schema, args, kwargs or {}, result)
        return result


def _moved(schema: Any, args: Sequence[Any], kwargs: Mapping[str, Any], result: Any) -> int:
    """Bytes that one operator reads and writes."""
    name = schema.name.rpartition("::")[2]
    if name in _NOTHING or name.startswith("empty"):
        return 0
    read: list[torch.Tensor] = []
    written: list[torch.Tensor] = []
    known: set[int] = set()
    for place, argument in enumerate(schema.arguments):
        value = args[place] if place < len(args) else kwargs.get(argument.name)
        tensors = list(_tensors((value,)))
        known.update(tensor.untyped_storage()._cdata for tensor in tensors)
        partly = place == 0 and (name in _PICKING or kwargs.get("beta") == 0)
        changed = argument.alias_info is not None and argument.alias_info.is_write
        if changed and not partly:
            written += tensors
        if not partly and not (changed and (argument.kwarg_only or name in _OVERWRITING)):
            read += tensors
    fresh = [tensor for tensor in _tensors((result,)) if tensor.untyped_storage()._cdata not in known]
    if not fresh and not written and name not in _PICKING:
        return 0  # a view, or what tells a number about a tensor
    return sum(map(_distinct_bytes, (read, written, fresh)))


def _distinct_bytes(tensors: Iterable[torch.Tensor]) -> int:
    """Bytes of the entries that lie in memory, of each tensor once."""
    distinct = {_place(tensor): tensor for tensor in tensors}
    return sum(map(_bytes, distinct.values()))


def _place(tensor: torch.Tensor) -> tuple[Any, ...]:
    """What two tensors share that are the same memory, read in the same way."""
    return tensor.untyped_storage()._cdata, tensor.storage_offset(), tuple(tensor.shape), tensor.stride()


def _bytes(tensor: torch.Tensor) -> int:
    entries = 1
    for length, stride in zip(tensor.shape, tensor.stride(), strict=True):
        entries *= length if stride or not length else 1
    return min(entries * tensor.element_size(), tensor.untyped_storage().nbytes())


def _tensors(values: Iterable[Any]) -> Iterator[torch.Tensor]:
    """The strided tensors among an operator's arguments or results, which stand alone or in lists and tuples."""
    for value in values:
        if isinstance(value, torch.Tensor):
            if value.layout is torch.strided and not value._is_zerotensor():
                yield value
        elif isinstance(value, (list, tuple)):
            yield from _tensors(value)
