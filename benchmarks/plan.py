"""From what is asked to the list of cells: pure functions, without torch, so that `--dry-run` answers at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from benchmarks.expectation import SECONDS_TO_START, expected_seconds
from benchmarks.problems.registry import PROBLEMS
from benchmarks.records import CONTRACT, Cell
from benchmarks.request import Request, UsageError
from benchmarks.shard import Shard, stretch
from estimators.registry import ESTIMATORS

TIMED = ("cost",)
"""The kinds that read a clock: measured alone on the machine."""

CELLS_IN_A_BLOCK = 100
"""At most so many timed cells share a process."""


@dataclass(frozen=True)
class Planned:
    """One cell to measure.

    Attributes:
        cell: what.
        block: which timed cells share a fresh process; 0 for cells that are not timed.
        order: place within the block.
        seconds: how long it is expected to take.
    """

    cell: Cell
    block: int
    order: int
    seconds: float


@dataclass(frozen=True)
class Plan:
    """Everything that a run will do.

    Attributes:
        together: cells that read no clock and may be measured side by side, in this order.
        alone: timed cells, measured one after the other; consecutive cells of one block share a process.
    """

    together: tuple[Planned, ...]
    alone: tuple[Planned, ...]

    @property
    def cells(self) -> tuple[Planned, ...]:
        """All of them."""
        return (*self.together, *self.alone)

    def without(self, done: Iterable[Cell]) -> "Plan":
        """The same plan but for what is done already."""
        gone = set(done)
        together = tuple(planned for planned in self.together if planned.cell not in gone)
        return Plan(together, tuple(planned for planned in self.alone if planned.cell not in gone))

    def seconds(self, workers: int) -> float:
        """How long it is expected to take, with so many workers side by side where no clock is read."""
        blocks = len({planned.block for planned in self.alone})
        longest = max((planned.seconds for planned in self.together), default=0.0)
        together = max(sum(planned.seconds for planned in self.together) / workers, longest)
        starts = SECONDS_TO_START * (bool(self.together) + blocks)
        return together + sum(planned.seconds for planned in self.alone) + starts


def plan(request: Request) -> Plan:
    """The cells that a request stands for.

    Args:
        request: its device must be `cpu` or a GPU UUID by now (see `benchmarks.harness.gpu.resolve`).

    Returns:
        Contracts first, then the costliest; timed cells in blocks whose order is reversed in every second process (ABBA). Several
        executions of a pair are neighbours; what does not depend on them is planned once. Of a
        request for one shard, its pairs of estimator and problem with all their cells, and their estimators' contracts.

    Raises:
        SpecError: an unknown estimator, problem or parameter, or a value of the wrong kind.
        UsageError: there are more shards than pairs.
    """
    pairs = [(ESTIMATORS.canonical(estimator), PROBLEMS.canonical(problem)) for estimator, problem in request.asked()]
    pairs = list(dict.fromkeys(pairs))
    if request.shard is not None:
        pairs = _shared(request, pairs, Shard.parse(request.shard))
    together = _together(request, pairs)
    timed = [cell for kind in TIMED if kind in request.measures for pair in pairs for cell in _cells(request, *pair, kind)]
    return Plan(tuple(together), tuple(_alone(request, timed)))


def _shared(request: Request, pairs: Sequence[tuple[str, str]], shard: Shard) -> list[tuple[str, str]]:
    """The pairs of one shard: a pair is never torn, so that its cells are of one machine and one loss spares the others."""
    kinds = [kind for kind in request.measures if kind != CONTRACT]
    if not kinds:
        pairs = list({estimator: (estimator, problem) for estimator, problem in pairs}.values())
    if shard.of > len(pairs):
        are, noun = ("is", "pair") if len(pairs) == 1 else ("are", "pairs")
        raise UsageError(f"shard {shard}: there {are} only {len(pairs)} {noun} of estimator and problem to share")
    cells = [
        [cell for kind in kinds for cell in _cells(request, *pair, kind)] or [_cell(request, pair[0], CONTRACT, CONTRACT)]
        for pair in pairs
    ]
    repeats = {kind: request.processes if kind in TIMED else 1 for kind in (*kinds, CONTRACT)}
    seconds = [sum(repeats[cell.kind] * expected_seconds(cell, request.patience, request.drawn) for cell in own) for own in cells]
    return [pairs[place] for place in stretch(seconds, shard)]


def _together(request: Request, pairs: Sequence[tuple[str, str]]) -> list[Planned]:
    cells = [cell for kind in ("quality", "memory") for pair in pairs for cell in _cells(request, *pair, kind)]
    estimators = dict.fromkeys(estimator for estimator, _ in pairs)
    contracts = [_cell(request, estimator, CONTRACT, CONTRACT) for estimator in estimators]
    planned = [
        Planned(cell, 0, 0, expected_seconds(cell, request.patience, request.drawn))
        for cell in cells
        if cell.kind in request.measures
    ]
    planned.sort(key=lambda one: -one.seconds)  # the longest first, so that workers finish together; equal ones stay in order
    if CONTRACT in request.measures:
        planned = [
            *(Planned(cell, 0, 0, expected_seconds(cell, request.patience, request.drawn)) for cell in contracts),
            *planned,
        ]
    return [replace(one, order=order) for order, one in enumerate(planned)]


def _alone(request: Request, timed: Sequence[Cell]) -> Iterable[Planned]:
    blocks = [timed[start : start + CELLS_IN_A_BLOCK] for start in range(0, len(timed), CELLS_IN_A_BLOCK)]
    for process in range(request.processes):
        turn = -1 if process % 2 else 1  # A B, B A, A B ...: a machine that drifts favours neither
        for number, block in list(enumerate(blocks))[::turn]:
            for order, cell in enumerate(block[::turn]):
                seconds = expected_seconds(cell, request.patience, request.drawn)
                yield Planned(replace(cell, process=process), 1 + number + process * len(blocks), order, seconds)


def _cells(request: Request, estimator: str, problem: str, kind: str) -> list[Cell]:
    """One cell for each execution, of a kind that depends on it."""
    return [replace(_cell(request, estimator, problem, kind), execution=execution) for execution in request.executed(kind)]


def _cell(request: Request, estimator: str, problem: str, kind: str) -> Cell:
    return Cell(estimator, problem, kind, request.device, request.dtype, request.threads, request.seed)
