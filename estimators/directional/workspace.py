"""Memory that the estimates of one state use one after another.

Large tensors that are allocated afresh for every estimate cost page faults, as much time as drawing into them. A workspace keeps
the last tensor it gave away and gives the same memory away again once nobody refers to it: an estimate that is still held keeps
its own. On other devices than the CPU torch's allocator does this by itself.
"""

from functools import cache

import torch
from torch import Tensor

from estimators.directional.space import Block

_LARGE = 1 << 17  # bytes; smaller ones an allocator keeps at hand anyway


class Workspace:
    """At most one tensor kept for each purpose.

    Attributes:
        rows: how many tangents are held at once at most.

    Example:
        >>> workspace, block = Workspace(rows=2), Block("x", (300, 300), torch.float32, torch.device("cpu"))
        >>> first = workspace.tangents(block, 2)
        >>> held, place = first[1], first.data_ptr()
        >>> workspace.tangents(block, 2).data_ptr() == place
        False
        >>> del first, held
        >>> place = workspace.tangents(block, 2).data_ptr()
        >>> workspace.tangents(block, 2).data_ptr() == place
        True
    """

    def __init__(self, rows: int) -> None:
        """Nothing is allocated yet.

        Args:
            rows: how many tangents are held at once at most; only blocks of so many are kept.
        """
        self.rows = rows
        self._kept: dict[tuple[str, str], Tensor] = {}

    @property
    def kept_bytes(self) -> int:
        """What is kept, whether or not somebody uses it."""
        return sum(tensor.nbytes for tensor in self._kept.values())

    def tangents(self, block: Block, count: int) -> Tensor:
        """A tensor for tangents: [count, *block.shape], contiguous, its values undefined."""
        return self._given("tangents", block, (count, *block.shape), keep=count == self.rows)

    def estimate(self, block: Block) -> Tensor:
        """A tensor for an estimate: of the block's shape, contiguous, its values undefined."""
        return self._given("estimate", block, block.shape, keep=True)

    def _given(self, purpose: str, block: Block, shape: tuple[int, ...], *, keep: bool) -> Tensor:
        kept = self._kept.get((purpose, block.name))
        if kept is not None and _fits(kept, shape) and kept.dtype == block.dtype:
            given = (kept if kept.shape == shape else kept[: shape[0]]).detach()  # never itself, so that whoever holds it counts
            if _uses(kept) == _alone() + 1 and not kept.untyped_storage().is_shared():  # with other processes, which do not count
                return given  # made before the uses are counted: two threads that ask at once both see both
        fresh = torch.empty(shape, dtype=block.dtype, device=block.device)
        if not keep or fresh.nbytes < _LARGE or block.device.type != "cpu" or fresh.is_inference():
            return fresh
        self._kept[purpose, block.name] = fresh
        return fresh.detach()  # what is done to it under autograd is no matter of the memory


def _fits(kept: Tensor, shape: tuple[int, ...]) -> bool:
    """Whether a tensor of this shape, or of one row more: chunks differ by one, and much less would hold memory for nothing."""
    return kept.shape == shape or (kept.shape[1:] == shape[1:] and len(kept) == shape[0] + 1 > 1)


def _uses(tensor: Tensor) -> int:
    """How many tensors, views and arrays refer to this one's memory, the handle to it that is made here included."""
    storage = tensor.untyped_storage()
    uses: int = torch._C._storage_Use_Count(storage._cdata)
    return uses


@cache
def _alone() -> int:
    """The uses of a tensor that nobody else refers to."""
    return _uses(torch.empty(1))
