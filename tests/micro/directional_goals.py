"""What directional estimators should cost, what they are made of at least, and the words for what was seen; nothing is measured.

`times` holds, for each process, the nanoseconds of every side, one a round, the same rounds for all. A ratio is the median over
the rounds of a process, and of those the median over processes: where memory lies stays with a process, and moves ratios by up
to a tenth.

A figure is the time of one side over that of another. Its goal is a number, or a sum of sides of the same rounds. An estimator's
floor is the sum of what it is made of, each part as the calls of torch that it cannot do without (`directional_floors`). The best
that a ratio could be is the floor over the measured rival; a goal beyond that is forbidden by the floor, however the estimator is
written. Derivatives are written out for perceptrons only: elsewhere our own, as measured, is taken for a part, and says no more
than that all around it cannot make up for it.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from statistics import median
from typing import NamedTuple

Times = Sequence[Mapping[str, list[float]]]
"""Process by process."""

Parts = Mapping[str, float]
"""Side -> how often."""

DRIFT = 1.1
"""By so much the machine's drift may exceed a multiple of the base; a ratio to a rival may not be exceeded."""
MLP = ("mlp", "mlp, batch 512", *(f"mlp; k={k}" for k in (4, 8, 16, 32, 64)))
SMALL = ("logistic regression", "logistic regression; k=16", "vit", "cnn", "cnn4")
DEEP = {f"width {width}, depth {depth}": (width, depth) for width in (256, 1024) for depth in (10, 20, 50, 100)}
_FEATURES, _CLASSES = 784, 10

FLOORS: dict[str, Parts] = {
    "derivative": {"least products": 1},
    "rademacher": {"least products": 1, "least signs": 1, "least scaling": 1},
    "gaussian": {"least products": 1, "least normals": 1, "least scaling": 1},
    "rademacher, lazily": {"least products": 1, "least signs": 2, "least scaling": 1},
    "gaussian, lazily": {"least products": 1, "least normals": 2, "least scaling": 1},
    "rank one, lazily": {"least products, rank one": 1, "least outer products": 1},
    "mezo": {"base": 2, "least signs": 3, "least moving": 2, "least scaling": 1},
    "mezo, stored": {"base": 2, "least signs": 1, "least moving": 2, "least scaling": 1},
    "rademacher mean": {"least products": 1, "least signs": 1, "least sum": 1},
    "gaussian mean": {"least products": 1, "least normals": 1, "least sum": 1},
    "projection": {"least products": 1, "least signs": 1, "least Gram matrix": 1, "least sum": 1},
}
"""Lazily, and by MeZO, a tangent is drawn for the derivative (or for each of the losses) and again for the estimate. The numbers
that products of rank one are made of are too few to count."""


class Outcome(StrEnum):
    """What became of a goal."""

    REACHED = "reached"
    MISSED = "NOT REACHED"
    FORBIDDEN = "NOT REACHED, forbidden by the floor"
    DERIVATIVE = "NOT REACHED, forbidden by our derivative"


class Goal(NamedTuple):
    """One figure: the time of `above` over that of `below`, at most or (where `least`) at least the limit.

    Attributes:
        limit: a number, or the sides whose times together are the limit.
        strict: the limit leaves room for the machine's drift already.
    """

    group: str
    above: str
    below: str
    limit: float | Parts
    least: bool = False
    strict: bool = False

    def met_by(self, ratio: float, limit: float) -> bool:
        drift = DRIFT if self.below == "base" and not self.strict else 1.0
        return ratio >= limit if self.least else ratio <= limit * drift


class Figure(NamedTuple):
    """A goal and what was seen.

    Attributes:
        limit: the goal as a number.
        seen: the ratio in each process, in order of size.
        best: what it could be at best by the floor of our side; None where no floor is known.
        ours: our own derivative is a part of that floor.
    """

    goal: Goal
    limit: float
    seen: list[float]
    best: float | None
    ours: bool

    @property
    def outcome(self) -> Outcome:
        if self.goal.met_by(median(self.seen), self.limit):
            return Outcome.REACHED
        if self.best is None or self.goal.met_by(self.best, self.limit):
            return Outcome.MISSED
        return Outcome.DERIVATIVE if self.ours else Outcome.FORBIDDEN

    def row(self) -> str:
        """A row of Markdown: figure | goal | seen (least to most of the processes) | floor | outcome."""
        goal, parts = self.goal, "" if isinstance(self.goal.limit, float | int) else f" ({text(self.goal.limit)})"
        bound = f"{'least' if goal.least else 'most'} {self.limit:.4g}{parts}"
        best = "" if self.best is None else f"{self.best:.4g}"
        seen = f"{median(self.seen):.4g} ({self.seen[0]:.4g} to {self.seen[-1]:.4g})"
        return f"| {goal.group}: {goal.above} / {goal.below} | at {bound} | {seen} | {best} | {self.outcome} |"


GOALS = [
    Goal("mlp", "derivative", "base", 2.75),
    Goal("mlp", "rademacher", "base", 3.0),
    Goal("mlp", "naive rademacher", "rademacher", 2.1, least=True),
    Goal("mlp", "rademacher", "backprop", 1.15),
    Goal("mlp", "gaussian", "base", 4.9),
    Goal("mlp", "naive gaussian", "gaussian", 1.35, least=True),
    Goal("mlp", "rank one, lazily", "base", 2.1),
    Goal("mlp", "rademacher, lazily", "rademacher", 1.25),
    Goal("mlp", "gaussian, lazily", "gaussian", 1.5),
    Goal("mlp", "mezo", "base", {"base": 2, "least signs": 3.6, "least moving": 4}),
    Goal("mlp", "mezo", "base", 3.7, strict=True),  # the most that was expected of that sum
    Goal("mlp", "mezo, stored", "base", 3.0),
    Goal("mlp, batch 512", "rademacher", "base", 2.7),
    Goal("mlp; k=16", "rademacher mean", "base", 30),
    *(Goal(f"mlp; k={k}", "naive rademacher mean", "rademacher mean", 2.5, least=True) for k in (4, 8, 16, 32, 64)),
    Goal("mlp; k=16", "gaussian mean", "base", 56),
    Goal("mlp; k=16", "naive gaussian mean", "gaussian mean", 1.7, least=True),
    Goal("mlp; k=16", "projection", "base", 34),
    Goal("mlp; k=16", "naive projection", "projection", 4, least=True),
    Goal("mlp; k=16", "projection", "rademacher mean", 1.3),
    Goal("mlp; k=64", "rademacher mean", "base", 140),
    Goal("mlp; k=64", "projection", "base", 190),
    Goal("logistic regression", "rademacher", "base", 4.5),
    Goal("logistic regression; k=16", "naive rademacher mean", "rademacher mean", 5, least=True),
    Goal("vit", "rademacher", "backprop", 1.1),
    Goal("cnn", "rademacher", "backprop", 1.0),
    Goal("cnn4", "rademacher", "backprop", 1.0),
]


def goals(group: str) -> list[Goal]:
    """Those of a group of sides; of a deep perceptron, the derivative within a tenth of its operations."""
    if group in DEEP:
        return [Goal(group, "derivative", "base", 1.1 * least_operations(*DEEP[group]), strict=True)]
    return [goal for goal in GOALS if goal.group == group]


def products(width: int, depth: int) -> list[int]:
    """Multiplications for a sample in each layer of a perceptron."""
    return [_FEATURES * width, *[width * width] * (depth - 1), width * _CLASSES]


def least_operations(width: int, depth: int) -> float:
    """Of the derivative of a perceptron over those of its forward pass: 3 - f0, f0 the share of the first layer.

    A layer multiplies its input by the weights, by their tangent, and the input's tangent by the weights; the first has no such
    tangent.
    """
    sizes = products(width, depth)
    return 3 - sizes[0] / sum(sizes)


def ratios(times: Times, above: str, below: str) -> list[float]:
    """One a process, in order of size."""
    return sorted(median(x / y for x, y in zip(one[above], one[below], strict=True)) for one in times)


def ratio(times: Times, above: str, below: str) -> float:
    return median(ratios(times, above, below))


def together(times: Times, parts: Parts, below: str) -> float:
    """The parts' times over that of a side."""
    return sum(count * ratio(times, part, below) for part, count in parts.items())


def floor(times: Times, side: str) -> Parts | None:
    """What a side is made of, where all of that was measured; our derivative where products are not written out."""
    known = "least products" in times[0] or side == "derivative"
    parts = {part if known or part != "least products" else "derivative": count for part, count in FLOORS.get(side, {}).items()}
    return parts if parts and parts.keys() <= times[0].keys() else None


def figure(times: Times, goal: Goal) -> Figure:
    limit = goal.limit if isinstance(goal.limit, float | int) else together(times, goal.limit, goal.below)
    ours, rival = (goal.below, goal.above) if goal.least else (goal.above, goal.below)
    parts = floor(times, ours)
    least = None if parts is None else together(times, parts, rival)
    best = None if least is None else 1 / least if goal.least else least
    return Figure(goal, limit, ratios(times, goal.above, goal.below), best, "derivative" in (parts or {}))


def text(parts: Parts) -> str:
    return " + ".join(part if count == 1 else f"{count:g} {part}" for part, count in parts.items())
