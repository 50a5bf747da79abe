"""The parts of an estimate, marked while it is made, from outside: estimators know nothing of it.

    drawing      `Directions` and `Stream`
    tangents     `Derivative`, and evaluations of the objective that tangents go through, whose primal goes along
    primal       all other evaluations of the objective
    aggregation  `Aggregation`, `Space.carry`, and the reading of the estimate
    backward     what the engine of a tape calls, as torch tells

Of parts that lie within each other the innermost counts. An estimator of another making evaluates the objective and calls the
engine too; operators that draw random numbers outside of both are told by their names (see `attribution`), and what remains is
`other`. Methods are replaced on the classes, for as long as the context lasts, and on one objective.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import wraps
from inspect import isfunction
from typing import Any

from torch.autograd import forward_ad

from benchmarks.harness.gradient import Gradient
from benchmarks.records.profile import AGGREGATION, DRAWING, DUAL, PRIMAL, TANGENTS
from estimators.directional.aggregations import Aggregation
from estimators.directional.derivatives import Derivative
from estimators.directional.derivatives.pushforward import is_pushing
from estimators.directional.directions import Directions
from estimators.directional.space import Space
from estimators.directional.streams import Stream
from estimators.objective import Objective

Mark = Callable[[str], AbstractContextManager[Any]]
"""Enters a part by its name, and leaves it."""

SEAMS: tuple[tuple[type, tuple[str, ...], str], ...] = (
    (Directions, ("draw", "draw_block", "factors"), DRAWING),
    (Stream, ("normal", "signs", "uniform"), DRAWING),
    (Derivative, ("take",), TANGENTS),
    (Aggregation, ("coefficients",), AGGREGATION),
    (Space, ("carry",), AGGREGATION),
)
"""(kind of part, methods that do its work, phase that they belong to)."""

EVALUATIONS = ("loss", "per_sample_loss", "run")
"""Methods of an objective by which estimators evaluate it."""


@contextmanager
def marked(objective: Objective, mark: Mark) -> Iterator[None]:
    """Mark the parts of every estimate that is made meanwhile with this objective.

    Args:
        objective: as it was before afterwards.
        mark: is entered with a phase, or with `DUAL`.
    """
    with ExitStack() as stack:
        for kind, methods, phase in SEAMS:
            for cls in _family(kind):
                for name in methods:
                    if isfunction(method := vars(cls).get(name)):
                        stack.enter_context(_replaced(cls, name, _entering(method, mark, _always(phase))))
        kept = dict(vars(objective))
        stack.callback(_put_back, objective, kept)
        for name in EVALUATIONS:
            if hasattr(objective, name):
                setattr(objective, name, _entering(getattr(objective, name), mark, _of_evaluation))
        yield


def run_marked(gradient: Gradient, mark: Mark) -> None:
    """Make one gradient, as `Gradient.run` does, and mark the reading of its items."""
    estimate = gradient.draw()
    with mark(AGGREGATION):
        for formed in estimate.items():
            del formed  # before the next one is


def _of_evaluation() -> str:
    """Whether tangents go through it: pushed by rules, or by dual tensors and `torch.func.jvp`, which open a level for them."""
    return DUAL if is_pushing() or forward_ad._current_level >= 0 else PRIMAL


def _always(phase: str) -> Callable[[], str]:
    return lambda: phase


def _entering(method: Callable[..., Any], mark: Mark, phase: Callable[[], str]) -> Callable[..., Any]:
    @wraps(method)
    def entering(*arguments: Any, **options: Any) -> Any:
        with mark(phase()):
            return method(*arguments, **options)

    return entering


def _family(kind: type) -> set[type]:
    """A class and all below it that have been imported."""
    return {kind}.union(*map(_family, kind.__subclasses__()))


@contextmanager
def _replaced(owner: type, name: str, method: Callable[..., Any]) -> Iterator[None]:
    before = vars(owner)[name]
    setattr(owner, name, method)
    try:
        yield
    finally:
        setattr(owner, name, before)


def _put_back(objective: Objective, kept: dict[str, Any]) -> None:
    vars(objective).clear()
    vars(objective).update(kept)
