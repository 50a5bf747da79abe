"""What a suite is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from benchmarks.records import OF_ESTIMATES


@dataclass(frozen=True)
class Grid:
    """A full cross product: every one of these estimators on every one of these problems.

    Attributes:
        estimators: specs.
        problems: specs.
    """

    estimators: tuple[str, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Training:
    """What is trained: every one of these estimators with every one of these rules on every one of these problems.

    Attributes:
        estimators: specs.
        problems: specs.
        rules: specs of update rules; the learning rate in them is the one that all estimators have in common.
        steps: of each training.
    """

    estimators: tuple[str, ...]
    problems: tuple[str, ...]
    rules: tuple[str, ...] = ("sgd",)
    steps: int = 500


class Trained(NamedTuple):
    """One method on one problem, as specs, and for how many steps."""

    estimator: str
    problem: str
    rule: str
    steps: int


@dataclass(frozen=True)
class Suite:
    """A named union of grids.

    Attributes:
        name: what to type.
        summary: one line.
        grids: the pairs of estimator and problem; a pair named twice is measured once.
        common: the estimators that are affordable on any problem: those that meet a problem of the user's own.
        precision: half-width of the 95 % interval of a multiple that is aimed at unless another is asked for, relative to it.
        budget: seconds that the adaptive part of a cell may take unless others are asked for.
        draws: estimates drawn for quality unless another number is asked for; None for as many as a 1 % error of the mean cosine
            needs.
        timeout: no cell is ended sooner than after so many seconds unless that is asked for; for suites with problems so large
            that what no budget bounds takes most of the time.
        measures: the kinds that are measured unless others are asked for.
        trainings: what is trained where trainings are asked for; all pairs of the grids, by plain descent, where none is
            named. Problems of the user's own are trained as the last of them says.
        seeds: of each training, unless another number is asked for.
    """

    name: str
    summary: str
    grids: tuple[Grid, ...]
    common: tuple[str, ...]
    precision: float = 0.02
    budget: float = 10.0
    draws: int | None = None
    timeout: float = 0.0
    measures: tuple[str, ...] = OF_ESTIMATES
    trainings: tuple[Training, ...] = ()
    seeds: int = 3

    @property
    def estimators(self) -> tuple[str, ...]:
        """All estimators, each once, in the order named."""
        return tuple(dict.fromkeys(spec for grid in self.grids for spec in grid.estimators))

    @property
    def problems(self) -> tuple[str, ...]:
        """All problems, each once, in the order named."""
        return tuple(dict.fromkeys(spec for grid in self.grids for spec in grid.problems))

    def pairs(self, estimators: tuple[str, ...] = (), problems: tuple[str, ...] = ()) -> list[tuple[str, str]]:
        """The pairs (estimator, problem) to measure, grouped by problem.

        Args:
            estimators: measured beside the suite's own, on every problem.
            problems: measured instead of the suite's own, by its `common` estimators.

        Returns:
            Each pair once.
        """
        grids = (Grid(self.common, problems),) if problems else self.grids
        named = tuple(dict.fromkeys(problem for grid in grids for problem in grid.problems))
        grids = (*grids, Grid(estimators, named))
        pairs = dict.fromkeys((e, p) for grid in grids for p in grid.problems for e in grid.estimators)
        return [pair for problem in named for pair in pairs if pair[1] == problem]

    def trained(
        self,
        estimators: tuple[str, ...] = (),
        problems: tuple[str, ...] = (),
        rules: tuple[str, ...] = (),
        steps: int | None = None,
    ) -> list[Trained]:
        """What to train, each once.

        Args:
            estimators: trained beside the suite's own, on every problem.
            problems: trained instead of the suite's own, with its `common` estimators.
            rules: instead of the suite's own.
            steps: instead of the suite's own.
        """
        trainings: Sequence[Training] = self.trainings or [Training(grid.estimators, grid.problems) for grid in self.grids]
        if problems:
            trainings = [replace(trainings[-1], estimators=self.common, problems=problems)]
        found = (
            Trained(estimator, problem, rule, steps or training.steps)
            for training in trainings
            for problem in training.problems
            for estimator in (*training.estimators, *estimators)
            for rule in rules or training.rules
        )
        return list(dict.fromkeys(found))
