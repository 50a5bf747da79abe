"""The costs that no machine enters: floating-point operations, operator traffic and evaluations of the loss, of one gradient.

Operations are those of matrix products, convolutions and attention as torch's own counter sees them below autograd (forward
mode and vectorised passes included); elementwise work and the drawing of numbers are not counted, so a problem without any
such product has no such numbers. An evaluation of the loss that carries many tangents at once counts once. Traffic is what
`benchmarks.harness.traffic` says, of the same call.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

from torch.utils.flop_counter import FlopCounterMode
from torch.utils.module_tracker import ModuleTracker

from benchmarks.harness.base import Base
from benchmarks.harness.gradient import Gradient
from benchmarks.harness.rows import row
from benchmarks.harness.traffic import Traffic
from benchmarks.problems.problem import Problem
from benchmarks.records import Metric
from estimators.objective import FunctionObjective, ModuleObjective, Objective


def measure(problem: Problem, base: Base, gradient: Gradient, *, eager: bool = True) -> list[Metric]:
    """Count once; the counts of the base come from the base, those of a gradient from a real estimate.

    It is the second: the first one with an objective may try how that can be differentiated.

    Args:
        problem: whose objective's evaluations are counted.
        base: run once.
        gradient: run once, on its state.
        eager: whether this is what is timed; a compiled graph has the same operations and evaluations, and less traffic.
    """
    gradient.run(1)
    with Traffic() as base_traffic:
        below = operations(lambda: base.run(1))
    base.restore()
    with counted_evaluations(problem.objective) as evaluations, Traffic() as traffic:
        above = operations(lambda: gradient.run(1))
    metrics = [row("forward_calls", evaluations(), method="evaluations of the loss")]
    if eager:
        method = "operands and results of operators"
        metrics += [
            row("operator_bytes", traffic.moved, method=method),
            row("base_operator_bytes", base_traffic.moved, method=method),
        ]
    if below:
        method = "FlopCounterMode"
        metrics += [
            row("flops", above, method=method),
            row("base_flops", below, method=method),
            row("flop_multiple", above / below, method=method),
        ]
    return metrics


def operations(work: Callable[[], Any]) -> int:
    """Floating-point operations of the matrix products and convolutions in `work`."""
    with operation_counter() as counter:
        work()
    return int(counter.get_total_flops())


def operation_counter() -> FlopCounterMode:
    """Torch's counter of operations, attributing nothing to modules."""
    counter = FlopCounterMode(display=False)
    counter.mod_tracker = _NoModules()
    return counter


class _NoModules(ModuleTracker):
    """Attributes nothing to modules: hooks on a module's inputs, where these are parameters, `torch.autograd.grad` refuses."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: Any) -> None:
        pass


@contextmanager
def counted_evaluations(objective: Objective) -> Iterator[Callable[[], int]]:
    """Count how often the loss is evaluated meanwhile; the objective is as before afterwards.

    Args:
        objective: of a module (its loss function is counted) or a function; of another kind, its method `loss`.

    Yields:
        A function that returns the count so far.
    """
    kinds = ((ModuleObjective, "loss_function"), (FunctionObjective, "function"))
    place = next((name for kind, name in kinds if isinstance(objective, kind)), "loss")
    kept, evaluate = dict(vars(objective)), getattr(objective, place)
    count = 0

    def counting(*arguments: Any, **options: Any) -> Any:
        nonlocal count
        count += 1
        return evaluate(*arguments, **options)

    setattr(objective, place, counting)
    try:
        yield lambda: count
    finally:
        vars(objective).clear()
        vars(objective).update(kept)
