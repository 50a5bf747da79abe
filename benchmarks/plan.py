"""From what is asked to the list of cells: pure functions, without torch, so that `--dry-run` answers at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from benchmarks.expectation import SECONDS_TO_START, expected_seconds
from benchmarks.problems.registry import PROBLEMS
from benchmarks.rates import without_rate
from benchmarks.records import CONTRACT, ENERGY, OVER_SEEDS, PERTURBATION, STEP, TRAINING, Cell
from benchmarks.request import Request, UsageError
from benchmarks.shard import Shard, stretch
from estimators.optim.registry import RULES, with_learning_rate
from estimators.registry import ESTIMATORS

TIMED = ("cost", ENERGY, TRAINING)
"""The kinds that read a clock or a meter: measured alone on the machine."""

UNTIMED = ("quality", STEP, "memory", PERTURBATION)
"""The others that are about a pair of estimator and problem, in the order of plans."""

CELLS_IN_A_BLOCK = 100
"""At most so many timed cells share a process."""

Pairs = Mapping[tuple[str, str], tuple[Cell, ...]]
"""(estimator, problem) -> the cells that are measured of it, contracts left out."""


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
        UsageError: there are more shards than pairs, or no learning rate that was given is used.
    """
    cells = _of_pairs(request)
    if request.shard is not None:
        cells = _shared(request, cells, Shard.parse(request.shard))
    timed = {kind: [cell for own in cells.values() for cell in own if cell.kind == kind] for kind in TIMED}
    timed[TRAINING].sort(key=lambda cell: cell.seed)  # all methods with one seed, then with the next: drift favours none
    return Plan(tuple(_together(request, cells)), tuple(_alone(request, [cell for kind in TIMED for cell in timed[kind]])))


def _of_pairs(request: Request) -> Pairs:
    """Every pair of estimator and problem that is asked for, with all its cells but the contract of its estimator."""
    kinds = [kind for kind in request.measures if kind not in (CONTRACT, TRAINING)]
    found: dict[tuple[str, str], dict[Cell, None]] = {}
    for estimator, problem in request.asked() if kinds or TRAINING not in request.measures else ():
        pair = (ESTIMATORS.canonical(estimator), PROBLEMS.canonical(problem))
        found.setdefault(pair, {}).update(dict.fromkeys(cell for kind in kinds for cell in _cells(request, *pair, kind)))
    for cell in _trainings(request) if TRAINING in request.measures else ():
        found.setdefault((cell.estimator, cell.problem), {})[cell] = None
    return {pair: tuple(cells) for pair, cells in found.items()}


def _trainings(request: Request) -> list[Cell]:
    """Every method with every seed, at the learning rate that its rule has in common, and at its own where that is known."""
    own: dict[tuple[str, str, str], list[float]] = {}
    for estimator, problem, rule, lr in request.learning_rates:
        own.setdefault((estimator, problem, rule), []).append(lr)
    cells, used = [], set()
    for estimator, problem, rule, steps in request.trained():
        cell = replace(_cell(request, ESTIMATORS.canonical(estimator), PROBLEMS.canonical(problem), TRAINING), steps=steps)
        common = RULES.canonical(rule)
        name = (cell.estimator, cell.problem, without_rate(common))
        used.add(name)
        tuned = [with_learning_rate(common, lr) for lr in own.get(name, ())]
        rules = dict.fromkeys((*([common] if request.common_rate else []), *tuned))
        cells += [replace(cell, rule=one, seed=request.seed + place) for one in rules for place in range(request.repeated)]
    if own and not used & own.keys():
        raise UsageError("learning-rates: the file names no estimator with a rule on a problem that is trained here")
    return cells


def _shared(request: Request, cells: Pairs, shard: Shard) -> Pairs:
    """The pairs of one shard: a pair is never torn, so that its cells are of one machine and one loss spares the others."""
    pairs = list(cells)
    if not any(cells.values()):
        pairs = list({estimator: (estimator, problem) for estimator, problem in pairs}.values())
    if shard.of > len(pairs):
        are, noun = ("is", "pair") if len(pairs) == 1 else ("are", "pairs")
        raise UsageError(f"shard {shard}: there {are} only {len(pairs)} {noun} of estimator and problem to share")
    taken = [cells[pair] or (_cell(request, pair[0], CONTRACT, CONTRACT),) for pair in pairs]
    seconds = [sum((request.processes if cell.kind in TIMED else 1) * _expected(request, cell) for cell in own) for own in taken]
    return {pairs[place]: cells[pairs[place]] for place in stretch(seconds, shard)}


def _together(request: Request, cells: Pairs) -> list[Planned]:
    untimed = [cell for kind in UNTIMED for own in cells.values() for cell in own if cell.kind == kind]
    planned = [Planned(cell, 0, 0, _expected(request, cell)) for cell in untimed]
    planned.sort(key=lambda one: -one.seconds)  # the longest first, so that workers finish together; equal ones stay in order
    if CONTRACT in request.measures:
        contracts = [_cell(request, estimator, CONTRACT, CONTRACT) for estimator in dict.fromkeys(e for e, _ in cells)]
        planned = [*(Planned(cell, 0, 0, _expected(request, cell)) for cell in contracts), *planned]
    return [replace(one, order=order) for order, one in enumerate(planned)]


def _alone(request: Request, timed: Sequence[Cell]) -> Iterable[Planned]:
    blocks = _blocks(timed)
    for process in range(request.processes):
        turn = -1 if process % 2 else 1  # A B, B A, A B ...: a machine that drifts favours neither
        for number, block in list(enumerate(blocks))[::turn]:
            for order, cell in enumerate(block[::turn]):
                place = 1 + number + process * len(blocks)
                yield Planned(replace(cell, process=process), place, order, _expected(request, cell))


def _blocks(timed: Sequence[Cell]) -> list[Sequence[Cell]]:
    """Which cells share a process, in their order: those of energy share theirs with none, lest one be warmed by another."""
    blocks: list[Sequence[Cell]] = []
    for energy, alike in groupby(timed, key=lambda cell: cell.kind == ENERGY):
        cells, size = list(alike), 1 if energy else CELLS_IN_A_BLOCK
        blocks += [cells[start : start + size] for start in range(0, len(cells), size)]
    return blocks


def _cells(request: Request, estimator: str, problem: str, kind: str) -> list[Cell]:
    """One cell for each execution and seed, of a kind that depends on them."""
    seeds = request.repeated if kind in OVER_SEEDS else 1
    cell = _cell(request, estimator, problem, kind)
    return [
        replace(cell, execution=execution, seed=request.seed + place)
        for execution in request.executed(kind)
        for place in range(seeds)
    ]


def _cell(request: Request, estimator: str, problem: str, kind: str) -> Cell:
    return Cell(estimator, problem, kind, request.device, request.dtype, request.threads, request.seed)


def _expected(request: Request, cell: Cell) -> float:
    return expected_seconds(cell, request.patience, request.drawn)
