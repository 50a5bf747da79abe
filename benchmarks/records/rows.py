"""The rows of a run: a cell (what is measured), a metric (one number), a record (what became of a cell), and their JSON.

All are frozen; turning one into JSON and back gives an equal one. Times are integers in nanoseconds and sizes integers in bytes
where they were counted; a number that is missing is None, with the reason in the record, and never zero or NaN.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any

SCHEMA_VERSION = 3
"""Version of the record's fields; a folder with a newer one is refused."""

PROTOCOL_VERSION = 2
"""Version of how things are measured; raised whenever the same code would measure differently. asv's `version` is this one."""

KINDS = {
    "contract": "what the estimator promises, clause by clause",
    "cost": "time, floating-point operations and calls, as multiples of the base forward pass",
    "memory": "exact peak of tensor bytes",
    "quality": "how close estimates come to the exact gradient",
    "energy": "joules of one gradient, in all and above what the idle device draws",
    "step": "what one step gains: the fall of the loss along estimates, with the step size that is best",
    "training": "what an estimate buys: loss against steps, forward passes and seconds",
    "perturbation": "how far loss and gradient change where all layers move along an estimate",
}
"""The kinds of measurement."""

TRAINING = "training"
"""The kind whose cells say by which rule, and for how many steps."""

PERTURBATION = "perturbation"
"""The kind about what happens a step away from the initial weights."""

OVER_SEEDS = (TRAINING, PERTURBATION)
"""The kinds whose repetitions differ in their seed, and which have a curve each."""

STEP = "step"
"""The kind that goes one step along estimates: what a training is made of, without a rule."""

ENERGY = "energy"
"""The kind whose cells take minutes, since a counter of energy moves in steps, and have a process of their own."""

OF_ESTIMATES = tuple(kind for kind in KINDS if kind not in (TRAINING, ENERGY, STEP, PERTURBATION))
"""What is measured unless somebody asks for others: the kinds about estimates at one point that take seconds."""

EXECUTIONS = {
    "eager": "operation by operation, as torch runs it",
    "compile": "the part that runs the model is a graph, compiled by the backend of torch.compile",
    "cuda-graph": "the part that runs the model is captured once as a CUDA graph, and replayed",
}
"""How an estimate is executed; the base forward pass is always eager."""

EAGER, COMPILE, CUDA_GRAPH = EXECUTIONS

EXECUTED = ("cost", "memory", ENERGY)
"""The kinds that depend on it: estimates are equal up to rounding, which every cell is held to that is not eager."""

CONTRACT = "contract"
"""What stands in place of a problem in the cell of an estimator's contract."""

_OF_TRAINING = ("rule", "steps")  # fields of a cell

MARKS = {
    "imprecise": "the precision asked for was not reached within the budget",
    "contended": "other processes used the processor or the GPU meanwhile",
    "throttled": "the clock rate fell meanwhile",
    "allocating": "the caching allocator asked the driver for memory while it was timed",
    "disputed": "the counter of energy and the integral of the power read beside it differ by more than 5 %",
    "unchecked": "the estimator's contract was not run",
    "diverged": "the loss grew beyond all bounds or was no number any more, and the training ended there",
}
"""What else a record may say beside its outcome."""


class Outcome(StrEnum):
    """What became of a cell: a closed vocabulary."""

    OK = "ok"
    SKIPPED = "skipped"
    FAILED = "failed"
    WRONG = "wrong"
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out-of-memory"
    INTERRUPTED = "interrupted"

    @property
    def done(self) -> bool:
        """Whether a resumed run leaves the cell alone (it succeeded, or had a reason not to be measured)."""
        return self in (Outcome.OK, Outcome.SKIPPED)


@dataclass(frozen=True)
class Metric:
    """One number.

    Attributes:
        metric: a name known to `benchmarks.records.about`.
        value: the number; None where it is missing.
        unit: as in `METRICS`.
        layer: the parameter it belongs to, or None for all of them together.
        low: lower end of the 95 % interval (within this process), where there is one.
        high: upper end.
        method: how it was obtained, where several ways exist.
        count: number of samples behind it.
    """

    metric: str
    value: float | int | None
    unit: str
    layer: str | None = None
    low: float | None = None
    high: float | None = None
    method: str = ""
    count: int | None = None


@dataclass(frozen=True)
class Measurement:
    """What one kind of measurement of one cell yields, before it is known what became of the cell.

    Attributes:
        metrics: the numbers.
        samples: name -> raw samples, integers (ns, bytes or µJ).
        marks: keys of `MARKS`.
        facts: anything else worth keeping (inner counts, cache state, the clauses of a contract); JSON values.
        series: name -> column of a curve; all are equally long, and None stands where there is no value.
    """

    metrics: tuple[Metric, ...]
    samples: Mapping[str, list[int]] = field(default_factory=dict)
    marks: frozenset[str] = frozenset()
    facts: Mapping[str, Any] = field(default_factory=dict)
    series: Mapping[str, Sequence[float | None]] = field(default_factory=dict)


@dataclass(frozen=True)
class Cell:
    """What is measured: the identity of a record.

    Attributes:
        estimator: canonical spec.
        problem: canonical spec, or `CONTRACT`.
        kind: a key of `KINDS`.
        device: `cpu` or a GPU UUID.
        dtype: name of the floating-point type, such as `float32`.
        threads: of torch, within operations.
        seed: of data, initial weights and tangents.
        process: 0, 1, ...: which repetition in a fresh process.
        execution: a key of `EXECUTIONS`; `eager` for every kind that is not in `EXECUTED`.
        rule: canonical spec of the update rule, learning rate included; empty for every kind but `training`.
        steps: how many it takes; 0 for every kind but `training`.
    """

    estimator: str
    problem: str
    kind: str
    device: str = "cpu"
    dtype: str = "float32"
    threads: int = 1
    seed: int = 0
    process: int = 0
    execution: str = EAGER
    rule: str = ""
    steps: int = 0

    @property
    def key(self) -> str:
        """16 hexadecimal digits that stand for this cell, the same in every process."""
        text = json.dumps(sorted([name, value] for name, value in self.to_json().items()))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def to_json(self) -> dict[str, Any]:
        """A JSON object; `from_json` gives back an equal cell. What only a training has is in that of a training alone."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: value for name, value in values.items() if value or name not in _OF_TRAINING}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Cell":
        """The cell of a JSON object; other keys are ignored."""
        return cls(**{f.name: values[f.name] for f in fields(cls) if f.name in values})


@dataclass(frozen=True)
class Record:
    """One line of a run: one cell, one kind of measurement, one process.

    Attributes:
        cell: what was measured.
        outcome: what became of it.
        reason: why, in one line, for every outcome but `ok`.
        marks: keys of `MARKS`.
        metrics: the numbers; empty where nothing was measured.
        samples: name -> raw integers.
        facts: anything else; JSON values.
        series: name -> column of a curve, as in `Measurement`; a folder keeps it beside its records.
        block: which group of cells shared the process.
        order: place of the cell in that process.
        started: when, ISO 8601 in UTC.
        seconds: how long the whole cell took, set-up and the turns of other sides included.
    """

    cell: Cell
    outcome: Outcome
    reason: str = ""
    marks: frozenset[str] = frozenset()
    metrics: tuple[Metric, ...] = ()
    samples: Mapping[str, list[int]] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    series: Mapping[str, Sequence[float | None]] = field(default_factory=dict)
    block: int = 0
    order: int = 0
    started: str = ""
    seconds: float = 0.0

    def marked(self, *marks: str) -> "Record":
        """The same record with further marks."""
        return replace(self, marks=self.marks | set(marks))

    def to_json(self) -> dict[str, Any]:
        """A JSON object with no NaN or infinity in it (they become null)."""
        values: dict[str, Any] = finite(
            {
                **self.cell.to_json(),
                "block": self.block,
                "order": self.order,
                "outcome": self.outcome.value,
                "reason": self.reason,
                "marks": sorted(self.marks),
                "started": self.started,
                "seconds": self.seconds,
                "metrics": [{f.name: getattr(metric, f.name) for f in fields(metric)} for metric in self.metrics],
                "samples": self.samples,
                "facts": self.facts,
                **({"series": self.series} if self.series else {}),
            }
        )
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Record":
        """The record of a JSON object.

        Raises:
            KeyError: an identifying field is missing.
            ValueError: the outcome is not in the vocabulary.
        """
        return cls(
            cell=Cell.from_json(values),
            outcome=Outcome(values["outcome"]),
            reason=values["reason"],
            marks=frozenset(values["marks"]),
            metrics=tuple(Metric(**metric) for metric in values["metrics"]),
            samples=values["samples"],
            facts=values["facts"],
            series=values.get("series", {}),
            block=values["block"],
            order=values["order"],
            started=values["started"],
            seconds=values["seconds"],
        )


def latest(records: Iterable[Record]) -> list[Record]:
    """The last record of every cell, in the order in which cells first appear: a resumed run repeats failures."""
    last: dict[Cell, Record] = {}
    for record in records:
        last[record.cell] = record
    return list(last.values())


def finite(value: Any) -> Any:
    """The same JSON value with null in place of every NaN and infinity."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    return value
