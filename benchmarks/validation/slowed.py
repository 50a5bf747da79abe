"""A slowdown of known size: a function that takes a given share longer than it would. Imports the standard library alone.

This file is copied into copies of the package `estimators` (see `planting`): what it slows lies there, and no estimator of this
checkout is touched.
"""

import functools
import time
from collections.abc import Callable
from typing import Any

Clock = Callable[[], int]
"""Returns nanoseconds."""


def slowed(
    function: Callable[..., Any], share: float, clock: Clock = time.perf_counter_ns, overhead: float = 0.0
) -> Callable[..., Any]:
    """The same function, spinning after each call until it has taken 1 + share times as long.

    The share is of that very call, so that whatever the machine does to it is done to the slowdown as well.

    Args:
        function: to be slowed down; an exception of it comes out at once.
        share: of its duration.
        clock: as `time.perf_counter_ns`.
        overhead: nanoseconds that this costs by itself, see `cost`; it spins for so much less.
    """

    @functools.wraps(function)
    def slow(*args: Any, **options: Any) -> Any:
        start = clock()
        result = function(*args, **options)
        end = start + (clock() - start) * (1 + share) - overhead
        while clock() < end:
            pass
        return result

    return slow


def cost(clock: Clock = time.perf_counter_ns, calls: int = 2000) -> float:
    """Nanoseconds that a function takes longer for being slowed down by nothing: the least of several trials.

    It is about a microsecond, which would be a share of its own of a function that takes fifty.
    """

    def nothing(first: int, second: int, *, third: int) -> None:
        pass

    plain, slow = (min(_duration(function, clock, calls) for _ in range(5)) for function in (nothing, slowed(nothing, 0.0)))
    return max(0.0, (slow - plain) / calls)


def slow_subclasses(base: type, method: str, share: float) -> None:
    """Slow down a method of every subclass of `base` that is defined from now on, each where it defines the method itself.

    Args:
        base: the class.
        method: name of the method.
        share: see `slowed`.
    """
    overhead = cost()
    done: set[Any] = set()  # a decorator that makes a class anew, as dataclasses with slots do, comes here twice

    def init_subclass(cls: type) -> None:
        own = vars(cls).get(method)
        if own is not None and own not in done:
            replaced = slowed(own, share, overhead=overhead)
            done.add(replaced)
            setattr(cls, method, replaced)

    base.__init_subclass__ = classmethod(init_subclass)  # type: ignore[assignment]


def _duration(function: Callable[..., Any], clock: Clock, calls: int) -> int:
    start = clock()
    for _ in range(calls):
        function(1, 2, third=3)
    return clock() - start
