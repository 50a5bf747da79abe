"""Two independent ways to count the tensor bytes that a piece of work holds at once, on the CPU.

`profiled` sums the allocator's own events as torch's profiler records them: it sees every tensor, temporaries inside kernels
included, and repeats to the byte; it does not see what MKL or oneDNN allocate for themselves. `tracked` watches every operator
below autograd and the lifetime of the storages it returns; it misses temporaries inside kernels. Both start from nothing:
what existed before does not count.
"""

import os
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch.autograd.profiler import profile
from torch.utils._python_dispatch import TorchDispatchMode

from benchmarks.harness.clock import collector_off


@dataclass(frozen=True)
class Allocated:
    """Tensor bytes of a piece of work.

    Attributes:
        peak: the most held at once.
        kept: held when it was done.
    """

    peak: int
    kept: int


def profiled(work: Callable[[], Any]) -> Allocated:
    """Run `work` and sum the allocator's events; the collector is off, so what only it would free counts as kept.

    Args:
        work: what it returns is held until counting has ended.
    """
    with collector_off():
        events = [event for event in trace(work, profile_memory=True) if event.name() == "[memory]"]
    on_cpu = [event for event in events if event.device_type().name == "CPU"]
    return summed([event.nbytes() for event in sorted(on_cpu, key=lambda event: event.start_ns())])


def trace(work: Callable[[], Any], *, profile_memory: bool = False, device: str | None = None) -> list[Any]:
    """The events of torch's profiler while `work` runs; what it returns is held until then.

    Args:
        work: what is watched.
        profile_memory: whether the allocator's events are wanted too.
        device: kind of a device whose kernels are wanted too, such as `cuda`.
    """
    os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # it writes two lines to standard error for every profile otherwise
    with profile(use_kineto=True, profile_memory=profile_memory, use_device=device) as profiler:
        held = work()
    del held
    assert profiler.kineto_results is not None
    events: list[Any] = profiler.kineto_results.events()
    return events


def summed(changes: Sequence[int]) -> Allocated:
    """Peak and end of the running sum of allocations (positive) and releases (negative)."""
    held = peak = 0
    for change in changes:
        held += change
        peak = max(peak, held)
    return Allocated(peak, held)


def tracked(work: Callable[[], Any]) -> Allocated:
    """Run `work` under a dispatch mode that follows storages from the operator that returns them to their end."""
    _meet_dispatch_modes()
    with collector_off(), _Tracker() as tracker:
        held = work()
        found = Allocated(tracker.peak, tracker.held)
    del held
    return found


@cache
def _meet_dispatch_modes() -> None:
    """Let torch import what it imports at the first operator under any dispatch mode of a process.

    What goes wrong on the way and is caught there keeps the frames of whoever called that operator, and their tensors with them.
    """
    with _Tracker():
        torch.zeros(1)


class _Tracker(TorchDispatchMode):
    """Adds a storage's bytes when an operator first returns it and takes them off when the storage dies.

    A storage that is first seen as an operand existed before and never counts.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # TorchDispatchMode has no annotations
        self.held = self.peak = 0
        self._known: weakref.WeakKeyDictionary[torch.UntypedStorage, None] = weakref.WeakKeyDictionary()

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        for storage in _storages((*args, *(kwargs or {}).values())):
            self._known.setdefault(storage)
        result = func(*args, **(kwargs or {}))
        for storage in _storages((result,)):
            if storage not in self._known:
                self._known[storage] = None
                self._add(storage.nbytes())
                weakref.finalize(storage, self._add, -storage.nbytes()).atexit = False
        return result

    def _add(self, change: int) -> None:
        self.held += change
        self.peak = max(self.peak, self.held)


def _storages(values: Iterable[Any]) -> list[torch.UntypedStorage]:
    """Of the tensors among an operator's arguments or results, which stand alone or in lists and tuples."""
    found = []
    for value in values:
        if isinstance(value, torch.Tensor):
            if value.device.type == "cpu" and not value._is_zerotensor():
                found.append(value.untyped_storage())
        elif isinstance(value, (list, tuple)):
            found += _storages(value)
    return found
