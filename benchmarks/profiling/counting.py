"""Operations and traffic by phase, counted in one estimate of its own: torch's counters slow everything down, and time nothing.

What is counted, and how, is said in `benchmarks.harness.flops` and `benchmarks.harness.traffic`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from benchmarks.harness.flops import operation_counter
from benchmarks.harness.gradient import Gradient
from benchmarks.harness.traffic import Traffic
from benchmarks.profiling.phases import marked, run_marked
from benchmarks.records.profile import AGGREGATION, BACKWARD, OTHER, TANGENTS

_AROUND = frozenset({OTHER, TANGENTS, AGGREGATION})
"""What may be open when an engine begins its pass over a tape; what is opened within it is open still."""


@dataclass
class Counted:
    """What one phase does.

    Attributes:
        flops: operations.
        moved: bytes.
    """

    flops: int = 0
    moved: int = 0


def count_by_phase(gradient: Gradient) -> dict[str, Counted]:
    """Make one gradient and count; phases as `benchmarks.profiling.phases` marks them, `DUAL` undivided."""
    by_phase = _ByPhase()
    with operation_counter() as operations, Traffic() as traffic, by_phase, marked(gradient.objective, by_phase.mark):
        by_phase.counters = (operations.get_total_flops, lambda: traffic.moved)
        run_marked(gradient, by_phase.mark)
    return by_phase.found


def count_evaluation(evaluate: Callable[[], Any]) -> Counted:
    """Count one evaluation of the loss."""
    with operation_counter() as operations, Traffic() as traffic:
        evaluate()
    return Counted(operations.get_total_flops(), traffic.moved)


class _ByPhase(TorchDispatchMode):
    """Adds what the counters below it gained by each operator to the phase that it was called in.

    Attributes:
        found: phase -> what it did.
        counters: of operations and of traffic; entered before this.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # TorchDispatchMode has no annotations
        self.found: dict[str, Counted] = {}
        self.counters: tuple[Callable[[], int], ...] = ()
        self._open = [OTHER]

    @contextmanager
    def mark(self, phase: str) -> Iterator[None]:
        """See `benchmarks.profiling.phases.Mark`."""
        self._open.append(phase)
        try:
            yield
        finally:
            self._open.pop()

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        before = [counter() for counter in self.counters]
        result = func(*args, **(kwargs or {}))
        flops, moved = (counter() - start for counter, start in zip(self.counters, before, strict=True))
        counted = self.found.setdefault(self._phase(), Counted())
        counted.flops += flops
        counted.moved += moved
        return result

    def _phase(self) -> str:
        """The innermost one that is open; where that is none within an engine's pass over a tape, the way back."""
        in_engine = torch._C._current_graph_task_id() != -1
        return BACKWARD if in_engine and self._open[-1] in _AROUND else self._open[-1]
