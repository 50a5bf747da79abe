"""Records of trainings with curves at hand, without training anything: what tests of reports and comparisons share."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks.records import TRAINING, Cell, Metric, Outcome, Record

BACKPROP, FORWARD = "backprop", "forward-gradient[aggregation=mean,derivative=jvp,directions=gaussian,k=1,space=weights]"


def training_of(
    estimator: str,
    losses: Sequence[float],
    *,
    lr: float = 0.1,
    problem: str = "sphere[n=64]",
    marks: Iterable[str] = (),
    pace: float = 2.0,
    steps: int = 3,
    started: str = "",
    **more: Any,
) -> Record:
    """A training by sgd that is validated after every step.

    Args:
        estimator: canonical spec.
        losses: before the first step and after each.
        lr: the learning rate.
        problem: canonical spec.
        marks: of the record.
        pace: seconds of a step; three forward equivalents it costs always.
        steps: that were asked for.
        started: when, as the record says it.
        more: further fields of the cell, such as its seed.
    """
    cell = Cell(estimator, problem, TRAINING, rule=f"sgd[lr={lr},momentum=0.0,nesterov=false]", steps=steps, **more)
    taken = list(range(len(losses)))
    series = {
        "step": taken,
        "seconds": [pace * step for step in taken],
        "forwards": [3.0 * step for step in taken],
        "loss": list(losses),
        "accuracy": [None] * len(losses),
    }
    known = [loss for loss in losses if math.isfinite(loss)]
    metrics = (
        Metric("final_loss", None if "diverged" in marks else losses[-1], ""),
        Metric("best_loss", min(known, default=None), ""),
        Metric("step_time", 1e9 * pace, "ns"),
        Metric("step_forwards", 3.0, "x base"),
    )
    return Record(cell, Outcome.OK, marks=frozenset(marks), metrics=metrics, facts={"n": 64}, series=series, started=started)
