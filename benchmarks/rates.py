"""Learning rates: apart from the rule they belong to, and in the file that `tune` writes and `run --learning-rates` reads.

A *method* is an estimator with a rule whose learning rate is left open. No torch.
"""

import csv
import math
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from benchmarks.problems.registry import PROBLEMS
from benchmarks.request import UsageError
from estimators.optim.registry import RULES
from estimators.registry import ESTIMATORS
from estimators.spec import Spec, SpecError, parse

COLUMNS = ("estimator", "problem", "rule", "lr")
"""What a file of learning rates must have; other columns are for people."""


class Rate(NamedTuple):
    """The learning rate of one method on one problem.

    Attributes:
        estimator: canonical spec.
        problem: canonical spec.
        rule: canonical spec without its learning rate.
        lr: the learning rate.
    """

    estimator: str
    problem: str
    rule: str
    lr: float


def without_rate(rule: str) -> str:
    """A rule's spec without its learning rate: what a method is called, whatever its rate.

    Example:
        >>> without_rate("sgd[lr=0.01,momentum=0.9]")
        'sgd[momentum=0.9]'
    """
    spec = parse(rule)
    return str(Spec(spec.name, tuple(pair for pair in spec.parameters if pair[0] != "lr")))


def rate_of(rule: str) -> float | None:
    """The learning rate in a rule's spec; None where it names none.

    Example:
        >>> rate_of("sgd[lr=0.01]")
        0.01
    """
    value = parse(rule).get("lr")
    return float(value) if isinstance(value, (int, float)) else None


def read_rates(path: Path) -> tuple[Rate, ...]:
    """Read a file of learning rates.

    Args:
        path: a CSV with a heading that holds `COLUMNS`; further columns are ignored.

    Raises:
        UsageError: there is no such file, it has no such columns, or a line cannot be used; the message says which.
    """
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            reader = csv.DictReader(stream)
            absent = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
            if absent:
                raise UsageError(f"learning-rates: {path} has no column {', '.join(absent)}; `gradgauge tune` writes such files")
            return tuple(_rate(line, f"{path}, line {reader.line_num}") for line in reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"learning-rates: {path} cannot be read: {why}") from None


def _rate(line: Mapping[str, str | None], place: str) -> Rate:
    try:
        lr = float(line["lr"] or "")
    except ValueError:
        lr = math.nan
    if not 0 < lr < math.inf:
        raise UsageError(f"learning-rates: {place}: lr must be a positive number, got {line['lr']!r}")
    try:
        estimator, problem = ESTIMATORS.canonical(line["estimator"] or ""), PROBLEMS.canonical(line["problem"] or "")
        return Rate(estimator, problem, without_rate(RULES.canonical(line["rule"] or "")), lr)
    except SpecError as error:
        raise UsageError(f"learning-rates: {place}: {error}") from None
