"""What trainings say of their weights: by problem, method and weight matrix, the medians over seeds."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reports.figures.selection import Row
from reports.figures.trainable.attempts import Attempt, attempt_of
from reports.frames import Results, rows
from reports.targets import Curve

Points = list[tuple[float, float]]
"""(step, value), finite ones alone."""

_NORM = "norm:"


@dataclass(frozen=True)
class History:
    """The weights of one method on one problem.

    Attributes:
        attempt: the training, at the learning rate that does best.
        points: (quantity, matrix) -> its course; quantities as in `benchmarks.harness.weights`, and `rank`, the stable rank.
    """

    attempt: Attempt
    points: Mapping[tuple[str, str], Points]

    @property
    def matrices(self) -> list[str]:
        """Those that were watched, in the model's order."""
        return [matrix for quantity, matrix in self.points if quantity == "norm"]

    def growth(self, matrix: str) -> float:
        """The last norm over the first; NaN where there is none."""
        points = self.points.get(("norm", matrix), [])
        return points[-1][1] / points[0][1] if points and points[0][1] > 0 else math.nan

    @property
    def changed_most(self) -> str | None:
        """The matrix whose norm grew or shrank most; None where no growth is a number."""
        known = {matrix: growth for matrix in self.matrices if (growth := self.growth(matrix)) > 0}
        return max(known, key=lambda matrix: abs(math.log(known[matrix])), default=None)


@dataclass(frozen=True)
class Problem:
    """The histories of one problem.

    Attributes:
        title: the problem.
        steps: of each training.
        histories: a method each, in the order of reports.
    """

    title: str
    steps: int
    histories: tuple[History, ...]

    @property
    def matrices(self) -> list[str]:
        """All that were watched of any method, in the model's order."""
        return list(dict.fromkeys(matrix for history in self.histories for matrix in history.matrices))

    @property
    def rank(self) -> tuple[int, float]:
        """The larger, the rather it is shown: methods that train, then the number of parameters."""
        n = self.histories[0].attempt.row["n"]
        return sum(history.attempt.trains for history in self.histories), n if n is not None and n > 0 else 0.0


def problems_of(results: Results) -> list[Problem]:
    """All problems with watched weights, in the order of the page."""
    trainings = [row for row in rows(results.of("training")) if _watched(row)]
    several = len({row["name"] for row in trainings}) > 1
    found: dict[tuple[str, int], dict[str, list[Attempt]]] = {}
    for row in trainings:
        attempt = attempt_of(row, several)
        found.setdefault((row["panel"], int(row["steps"])), {}).setdefault(attempt.method, []).append(attempt)
    return [
        Problem(title, steps, tuple(_history(max(tried, key=lambda attempt: attempt.rank)) for tried in methods.values()))
        for (title, steps), methods in found.items()
    ]


def _watched(row: Row) -> bool:
    return any(column.startswith(_NORM) for curve in row["curves"].values() for column in curve)


def _history(attempt: Attempt) -> History:
    curves = list(attempt.row["curves"].values())
    matrices = [column.removeprefix(_NORM) for column in curves[0] if column.startswith(_NORM)]
    points: dict[tuple[str, str], Points] = {}
    for matrix in matrices:
        for quantity in ("norm", "largest", "smallest"):
            points[quantity, matrix] = _course(curves, [np.asarray(curve[f"{quantity}:{matrix}"], float) for curve in curves])
        points["rank", matrix] = _course(curves, [_stable_rank(curve, matrix) for curve in curves])
    return History(attempt, points)


def _course(curves: Sequence[Curve], columns: Sequence[Any]) -> Points:
    """The median over seeds wherever every one of them has a number."""
    length = min(len(column) for column in columns)
    middle = np.median([column[:length] for column in columns], axis=0)
    steps = np.asarray(curves[0]["step"], float)[:length]
    return [(float(x), float(y)) for x, y in zip(steps, middle, strict=True) if math.isfinite(x) and math.isfinite(y)]


def _stable_rank(curve: Curve, matrix: str) -> Any:
    norm, largest = (np.asarray(curve[f"{quantity}:{matrix}"], float) for quantity in ("norm", "largest"))
    return np.divide(norm, largest, out=np.full(len(norm), math.nan), where=largest > 0) ** 2
