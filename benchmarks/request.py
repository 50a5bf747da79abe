"""What is asked of a run: every option with its bounds, as a JSON object and back. No torch."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from benchmarks.records import COMPILE, CUDA_GRAPH, EAGER, EXECUTED, EXECUTIONS, KINDS, OVER_SEEDS, TRAINING
from benchmarks.shard import Shard
from benchmarks.suites import SUITES, Trained
from estimators.spec import nearest

DTYPES = ("float32", "float64", "bfloat16", "float16")

OF_THE_SUITE = ("of the suite",)
"""In place of kinds of measurement: those that the suite measures."""

_TRAINED = (("steps", 1), ("seeds", 1))  # options of trainings, and the least they may be


SECONDS_TO_COMPILE = 120.0
"""What a cell may take longer than others where estimators are compiled: a graph of a thousand operations takes half a minute."""

SECONDS_TO_TRAIN = 600.0
"""What a cell may take longer than others where something is trained: thousands of steps, which no budget bounds."""


class UsageError(ValueError):
    """Something was asked for that cannot be; the message says what, and what could be."""


@dataclass(frozen=True)
class Request:
    """What is asked of a run.

    Attributes:
        suite: a key of `SUITES`.
        estimators: specs to measure beside the suite's.
        problems: specs to measure on instead of the suite's.
        measures: keys of `KINDS`; without `contract`, records are marked `unchecked`. `OF_THE_SUITE` stands for those of the
            suite, which are then written here.
        executions: keys of `EXECUTIONS`; the kinds in `EXECUTED` are measured in each of them.
        device: `cpu`, `cuda`, `cuda:INDEX`, a GPU UUID or `name:PART`.
        dtype: one of `DTYPES`.
        threads: of torch, within an operation.
        processes: repetitions of every timed cell, each in a fresh process.
        precision: half-width of the 95 % interval of a multiple to reach, relative to it; None for the suite's own.
        budget: seconds that the adaptive part of a cell may take; None for the suite's own.
        total_budget: seconds that the whole run may take; cells get less each where they would not all fit, but every cell is
            tried (with `verdicts.LEAST_BUDGET`), so a total budget too small for that is passed.
        draws: estimates drawn for quality; None for the suite's own, or else for as many as a 1 % error of the mean cosine needs.
        seed: of data, initial weights and tangents.
        rules: specs of update rules to train with instead of the suite's.
        learning_rates: (estimator, problem, rule without its rate, rate), as `benchmarks.rates.read_rates` gives them: methods
            that are trained with their own learning rate, too.
        common_rate: whether all methods are trained with the learning rate that their rule has in common, too.
        steps: of each training; None for the suite's own.
        seeds: each training and perturbation is repeated with so many, counted from `seed`; None for the suite's own.
        pairs: (estimator, problem) to measure, and no others; empty for those of the suite.
        shard: `i/N` for the i-th of N parts of what is asked for, see `benchmarks.shard`; None for all of it.
        timeout: seconds after which a cell is ended; None for three times its budget and ten more, but no
            sooner than the suite says, and `SECONDS_TO_COMPILE` more where estimators are compiled.
        memory_limit: bytes that all workers together may take; None for 80 % of what is available.
        estimators_from: folder that holds another version of the package `estimators`, to be measured instead.
        data: folder for the data that do not come along; None for the user's own, see `benchmarks.problems.data.home`.
        out: the run folder; None for a new one in `results/`.
        resume: the run folder to finish; see `benchmarks.runner.reopen`.
    """

    suite: str = "quick"
    estimators: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    measures: tuple[str, ...] = OF_THE_SUITE
    executions: tuple[str, ...] = (EAGER,)
    device: str = "cpu"
    dtype: str = "float32"
    threads: int = 1
    processes: int = 1
    precision: float | None = None
    budget: float | None = None
    total_budget: float | None = None
    draws: int | None = None
    seed: int = 0
    rules: tuple[str, ...] = ()
    learning_rates: tuple[tuple[str, str, str, float], ...] = ()
    common_rate: bool = True
    steps: int | None = None
    seeds: int | None = None
    pairs: tuple[tuple[str, str], ...] = ()
    shard: str | None = None
    timeout: float | None = None
    memory_limit: int | None = None
    estimators_from: Path | None = None
    data: Path | None = None
    out: Path | None = None
    resume: Path | None = None

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            UsageError: one of them cannot be used.
        """
        _one_of("suite", self.suite, SUITES)
        _one_of("dtype", self.dtype, DTYPES)
        if self.measures == OF_THE_SUITE:
            object.__setattr__(self, "measures", SUITES[self.suite].measures)
        for kind in self.measures or ("",):
            _one_of("kind of measurement", kind, KINDS)
        for execution in self.executions or ("",):
            _one_of("execution", execution, EXECUTIONS)
        if CUDA_GRAPH in self.executions and self.device == "cpu":
            raise UsageError(f"execution {CUDA_GRAPH} needs a CUDA device, and the device is cpu: --device cuda")
        for spec in self.named:
            if not isinstance(spec, str):
                raise UsageError(f"estimators, problems and rules are named by specs (texts), got {spec!r}")
        for name, least in (("threads", 1), ("processes", 1), ("seed", 0), ("draws", 2), ("memory_limit", 1), *_TRAINED):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, int) or value < least):
                raise UsageError(f"{name} must be an integer of at least {least}, got {value!r}")
        for name in ("precision", "budget", "total_budget", "timeout"):
            value = getattr(self, name)
            if value is not None and not (isinstance(value, (int, float)) and 0 < value < float("inf")):
                raise UsageError(f"{name} must be a positive number, got {value!r}")
        for name in ("rules", "learning_rates", "steps", "seeds"):
            needed = OVER_SEEDS if name == "seeds" else (TRAINING,)
            if getattr(self, name) and not set(needed) & set(self.measures):
                name = name.replace("_", "-")
                what = " and ".join(f"{kind}s" for kind in needed)
                raise UsageError(f"{name} is for {what}: take the suite training, or measure {needed[0]}, among others")
        if self.shard is not None:
            try:
                Shard.parse(self.shard)
            except ValueError as error:
                raise UsageError(f"shard: {error}") from None

    @property
    def named(self) -> tuple[str, ...]:
        """All specs beside the suite's own."""
        return (*self.estimators, *self.problems, *(spec for pair in self.pairs for spec in pair), *self.rules)

    def asked(self) -> list[tuple[str, str]]:
        """The pairs of estimator and problem, as they were named."""
        return list(self.pairs) or SUITES[self.suite].pairs(self.estimators, self.problems)

    def trained(self) -> list[Trained]:
        """What is to be trained, as it was named, at the learning rates that all estimators have in common."""
        if not self.pairs:
            return SUITES[self.suite].trained(self.estimators, self.problems, self.rules, self.steps)
        own = {problem: tuple(e for e, p in self.pairs if p == problem) for _, problem in self.pairs}
        return [
            one
            for problem, estimators in own.items()
            for one in SUITES[self.suite].trained(estimators, (problem,), self.rules, self.steps)
            if one.estimator in estimators
        ]

    def executed(self, kind: str) -> tuple[str, ...]:
        """In which executions a kind is measured, each once."""
        return tuple(dict.fromkeys(self.executions)) if kind in EXECUTED else (EAGER,)

    @property
    def goal(self) -> float:
        """The precision to reach."""
        return self.precision if self.precision is not None else SUITES[self.suite].precision

    @property
    def patience(self) -> float:
        """Seconds that the adaptive part of a cell may take."""
        return self.budget if self.budget is not None else SUITES[self.suite].budget

    @property
    def drawn(self) -> int | None:
        """Estimates drawn for quality, or None for as many as needed."""
        return self.draws if self.draws is not None else SUITES[self.suite].draws

    @property
    def repeated(self) -> int:
        """Seeds of each training."""
        return self.seeds if self.seeds is not None else SUITES[self.suite].seeds

    @property
    def limit(self) -> float:
        """Seconds after which a cell is ended."""
        if self.timeout is not None:
            return self.timeout
        compiling = SECONDS_TO_COMPILE if COMPILE in self.executions else 0.0
        training = SECONDS_TO_TRAIN if TRAINING in self.measures else 0.0
        return max(3 * self.patience + 10, SUITES[self.suite].timeout, training) + compiling

    def effort(self) -> dict[str, float | int | None]:
        """How hard each cell is tried, with what is the suite's own written out."""
        return {"precision": self.goal, "budget": self.patience, "draws": self.drawn, "limit": self.limit}

    def options(self) -> dict[str, Any]:
        """What was asked, as a JSON object, but for where it is written."""
        kept = {name: value for name, value in asdict(self).items() if name not in ("out", "resume")}
        return {name: _plain(value) for name, value in kept.items()}

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> "Request":
        """The request that `options` came from; unknown names are ignored.

        Raises:
            UsageError: a value cannot be used.
        """
        known = {field.name for field in fields(cls)}
        values: dict[str, Any] = {name: value for name, value in options.items() if name in known}
        for name, value in values.items():
            if isinstance(value, list):
                values[name] = tuple(tuple(item) if isinstance(item, list) else item for item in value)
            elif name in ("estimators_from", "data", "out", "resume") and value is not None:
                values[name] = Path(value)
        return cls(**values)


def difference(stored: Mapping[str, Any], given: Mapping[str, Any]) -> str | None:
    """Name the first option that differs from what a run was started with, or None.

    Args:
        stored: `Request.options` of the run.
        given: what is asked now; only what was given explicitly.
    """
    for name, value in given.items():
        if name in stored and _plain(value) != stored[name]:
            return f"{name.replace('_', '-')} was {_shown(stored[name])} and is now {_shown(_plain(value))}"
    return None


def _one_of(what: str, name: str, known: Iterable[str]) -> None:
    if name not in list(known):
        raise UsageError(f"unknown {what} {name!r}: {nearest(name, known)}")


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) or "none" if isinstance(value, list) else "not given" if value is None else str(value)
