"""What a suite is."""

from dataclasses import dataclass


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
    """

    name: str
    summary: str
    grids: tuple[Grid, ...]
    common: tuple[str, ...]
    precision: float = 0.02
    budget: float = 10.0
    draws: int | None = None
    timeout: float = 0.0

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
