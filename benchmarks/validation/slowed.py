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


def slowed(function: Callable[..., Any], share: float, clock: Clock = time.perf_counter_ns) -> Callable[..., Any]:
    """The same function, spinning after each call until it has taken 1 + share times as long.

    The share is of that very call, so that whatever the machine does to it is done to the slowdown as well. Beyond the share it
    costs a call and a reading of the clock, 0.3 µs or so.

    Args:
        function: to be slowed down; an exception of it comes out at once.
        share: of its duration.
        clock: as `time.perf_counter_ns`.
    """

    @functools.wraps(function)
    def slow(*args: Any, **options: Any) -> Any:
        start = clock()
        result = function(*args, **options)
        end = start + (clock() - start) * (1 + share)
        while clock() < end:
            pass
        return result

    return slow


def slow_subclasses(base: type, method: str, share: float) -> None:
    """Slow down a method of every subclass of `base` that is defined from now on, each where it defines the method itself.

    Args:
        base: the class.
        method: name of the method.
        share: see `slowed`.
    """
    done: set[Any] = set()  # a decorator that makes a class anew, as dataclasses with slots do, comes here twice

    def init_subclass(cls: type) -> None:
        own = vars(cls).get(method)
        if own is not None and own not in done:
            replaced = slowed(own, share)
            done.add(replaced)
            setattr(cls, method, replaced)

    base.__init_subclass__ = classmethod(init_subclass)  # type: ignore[assignment]
