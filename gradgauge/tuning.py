"""The command `tune`: a learning rate for every method, found with the same effort for each, in a folder that is resumed.

A search is a run folder whose cells are the trials, each one training; beside it lie

    search.json          how rates are searched
    learning-rates.csv   what was found, for `gradgauge run training --learning-rates`

The loss that is minimised is that of validation at the end of a training. Test data are never read, and the seed is none of those
that `run` trains with unless somebody asks for it: initial weights and minibatches are others.
"""

import csv
import importlib.util
import io
import json
import math
import secrets
import shlex
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.expectation import SECONDS_TO_START
from benchmarks.journal import Progress
from benchmarks.plan import plan
from benchmarks.problems.registry import PROBLEMS
from benchmarks.rates import COLUMNS, rate_of, without_rate
from benchmarks.records import TRAINING, FolderError, Outcome, Record, RunFolder, latest
from benchmarks.request import Request, UsageError
from benchmarks.runner import reopen
from benchmarks.runner import run as run_request
from benchmarks.search import ROUNDS, Choice, Search, chosen
from benchmarks.verdicts import FAILED, FINE, INTERRUPTED, NOTHING
from estimators.optim.registry import RULES
from estimators.registry import ESTIMATORS
from gradgauge.asked import request_of
from gradgauge.output import say
from gradgauge.progress import shown, written
from reports import names
from reports.appearing import appearing
from reports.text import count, number

SEED = 1000
"""Of the trainings that a rate is chosen by, unless another is asked for: `run` begins to count at 0."""

TABLE = "learning-rates.csv"
_SEARCH = "search.json"
_FURTHER = ("loss", "edge", "select", "trials", "low", "high", "seed")  # columns for people

Method = tuple[str, str, str]
"""Estimator, problem, rule without its rate, all canonical."""

Trial = tuple[str, str, str, float | None]
"""A method and a rate."""


@dataclass(frozen=True)
class Tuned:
    """What became of a search.

    Attributes:
        table: the CSV.
        choices: method -> the rate that was taken.
        exit_code: of the command.
    """

    table: Path
    choices: Mapping[Method, Choice]
    exit_code: int


def tune(given: Mapping[str, Any], search: Mapping[str, Any], resume: Path | None, *, dry_run: bool = False) -> int:
    """Search, print what was found, and say where it is.

    Args:
        given: options of a run, by name, as far as somebody gave them.
        search: fields of `benchmarks.search.Search`, as far as somebody gave them.
        resume: the folder of a search to be finished, or None.
        dry_run: whether to show what would be tried first, and to measure nothing.

    Returns:
        The exit code.

    Raises:
        SpecError, UsageError, FolderError, DeviceError: something was asked for that cannot be; nothing was measured.
    """
    check_extra()
    request, how = _asked(given, search) if resume is None else _reopened(resume, given, search)
    if dry_run:
        return _preview(request, how)
    folder = resume or _begun(request, how)
    say(_expectation(request, how), sys.stderr)
    sys.stderr.flush()
    with shown(sys.stderr) as progress:
        tuned = searched(request, how, folder, progress)
    if tuned.exit_code == INTERRUPTED:
        say(f"interrupted; finish it: gradgauge tune --resume {shlex.quote(str(folder))}", sys.stderr)
        return INTERRUPTED
    for method, choice in tuned.choices.items():
        say(_line(method, choice))
    say(f"train with them: gradgauge run training --learning-rates {shlex.quote(str(tuned.table))}")
    return tuned.exit_code


def check_extra() -> None:
    """Refuse to go on without Optuna.

    Raises:
        UsageError: it is not installed.
    """
    if importlib.util.find_spec("optuna") is None:
        raise UsageError(
            "tune needs the extra `tune`, which is not installed: pip install 'gradgauge[tune]', or pip install optuna beside a "
            "checkout"
        )


def searched(request: Request, search: Search, folder: Path, progress: Progress) -> Tuned:
    """Try rates round by round until every method has had its trials.

    Args:
        request: what is trained, and for how many steps.
        search: how rates are proposed and taken.
        folder: of the run; what is recorded there is not tried again.
        progress: is told how far a round has come.
    """
    methods, tried = _methods(request), _tried_so_far(folder)
    proposed: dict[Method, list[float]] = {method: [] for method in methods}
    interrupted = False
    while not interrupted:
        more = {m: search.next(_results(m, proposed[m], tried)) for m in methods}
        if not any(more.values()):
            break
        for method, rates in more.items():
            proposed[method] += rates
        round_ = _round(request, proposed, folder)
        if any((*method, lr) not in tried for method, rates in proposed.items() for lr in rates):
            interrupted = run_request(round_, progress).exit_code == INTERRUPTED
            tried = _tried_so_far(folder)
    choices = {m: chosen(search, _results(m, rates, tried)) for m, rates in proposed.items()}
    table = appearing(folder / TABLE, lambda path: path.write_text(_csv(request, search, choices), encoding="utf-8"))
    return Tuned(table, choices, INTERRUPTED if interrupted else _exit_code(choices.values()))


def _asked(given: Mapping[str, Any], search: Mapping[str, Any]) -> tuple[Request, Search]:
    options = {"seed": SEED, "suite": "custom" if given.get("estimators") else "training", **given}
    request = request_of({**options, "measures": (TRAINING,), "seeds": 1, "common_rate": False})
    _methods(request)  # names are looked up before anything is written
    return request, _search({**search, "seed": request.seed})


def _begun(request: Request, search: Search) -> Path:
    """The folder of a new search, which says how it searches."""
    name = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-tune-{secrets.token_hex(2)}"
    folder = request.out or Path("results") / name
    if (folder / "run.json").exists():
        raise FolderError(f"{folder} holds a run already; resume it with --resume, or choose another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _SEARCH).write_text(json.dumps(asdict(search), indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise FolderError(f"{folder} cannot be written: {error.strerror}") from None
    return folder


def _reopened(folder: Path, given: Mapping[str, Any], search: Mapping[str, Any]) -> tuple[Request, Search]:
    try:
        stored = json.loads((folder / _SEARCH).read_text(encoding="utf-8"))
        how = Search(**{field.name: stored[field.name] for field in fields(Search)})
    except (OSError, ValueError, KeyError, TypeError):
        raise FolderError(f"{folder} is no search: it has no {_SEARCH} that can be read") from None
    for name, value in search.items():
        if value != getattr(how, name):
            raise UsageError(f"{name} was {getattr(how, name)} and is now {value}; a resumed search goes on as it was started")
    return replace(reopen(folder, given), learning_rates=(), resume=None), how


def _search(values: Mapping[str, Any]) -> Search:
    try:
        return Search(**values)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _preview(request: Request, search: Search) -> int:
    methods = _methods(request)
    rates = ", ".join(f"{lr:.3g}" for lr in search.spread())
    print(_expectation(request, search))
    print(f"first {rates}; then where lower losses are expected")
    for estimator, problem, rule in methods:
        print(f"{names.problem(problem):28}  {names.trained(names.estimator(estimator).text, rule)}")
    return FINE


def _expectation(request: Request, search: Search) -> str:
    """How many trials a whole search makes, of what, and how long they are expected to take."""
    methods = _methods(request)
    trials = plan(replace(request, learning_rates=tuple((*method, search.low) for method in methods)))
    seconds = search.trials * sum(planned.seconds for planned in trials.cells) + ROUNDS * SECONDS_TO_START
    what = f"{count(len(methods), 'method')}, {search.trials} trials of each between {search.low:g} and {search.high:g}"
    return f"{what}, about {written(seconds)}"


def _methods(request: Request) -> list[Method]:
    """Every method that is searched for, backprop first on every problem."""
    found = [
        (ESTIMATORS.canonical(one.estimator), PROBLEMS.canonical(one.problem), without_rate(RULES.canonical(one.rule)))
        for one in request.trained()
    ]
    return list(dict.fromkeys(found))


def _round(request: Request, proposed: Mapping[Method, Iterable[float]], folder: Path) -> Request:
    """All trainings proposed so far, in the run that holds those made so far."""
    rates = tuple((*method, lr) for method, several in proposed.items() for lr in several)
    begun = (folder / "run.json").exists()
    return replace(request, learning_rates=rates, out=None if begun else folder, resume=folder if begun else None)


def _results(method: Method, rates: Iterable[float], tried: Mapping[Trial, float]) -> list[tuple[float, float]]:
    return [(lr, tried.get((*method, lr), math.inf)) for lr in rates]


def _tried_so_far(folder: Path) -> dict[Trial, float]:
    """Method and rate -> the loss at the end, infinite where it diverged or was no success; of what need not be repeated."""
    if not (folder / "run.json").exists():
        return {}
    records = latest(RunFolder.open(folder).records()[0])
    return {_trial(record): _loss(record) for record in records if record.outcome is not Outcome.INTERRUPTED}


def _trial(record: Record) -> Trial:
    cell = record.cell
    return cell.estimator, cell.problem, without_rate(cell.rule), rate_of(cell.rule)


def _loss(record: Record) -> float:
    values = [metric.value for metric in record.metrics if metric.metric == "final_loss" and metric.value is not None]
    return float(values[0]) if values else math.inf


def _csv(request: Request, search: Search, choices: Mapping[Method, Choice]) -> str:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow((*COLUMNS, *_FURTHER))
    for method, choice in choices.items():
        if choice.lr is not None:
            how = (search.select, search.trials, search.low, search.high, request.seed)
            writer.writerow((*method, repr(choice.lr), repr(choice.loss), choice.edge, *how))
    return stream.getvalue()


def _line(method: Method, choice: Choice) -> str:
    estimator, problem, rule = method
    what = f"{names.problem(problem)}  {names.estimator(estimator).text} by {names.rule_without_rate(rule)}"
    if choice.lr is None:
        return f"{what}: no rate: every training diverged or failed"
    beyond = f", at the {choice.edge} edge of the range: the best may lie beyond" if choice.edge else ""
    return f"{what}: {choice.lr:.3g} (loss {number(choice.loss, 4)}){beyond}"


def _exit_code(choices: Iterable[Choice]) -> int:
    found = [choice.lr is not None for choice in choices]
    return NOTHING if not any(found) else FINE if all(found) else FAILED
