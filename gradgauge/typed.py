"""What people type: durations such as 5m, percentages such as 2%, whole numbers, names. Pure functions from text to value.

What cannot be read raises `typer.BadParameter`, so that the message names the option, says what was expected and shows what came.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import typer

THINGS = ("estimators", "problems", "rules", "suites", "devices")
"""What can be listed."""

FORMATS = {"csv": "csv", "parquet": "parquet", "latex": "tex"}
"""What a run can be exported as -> how the name of such a file ends."""

COMPARISONS = ("text", "markdown", "json", "html")
"""What a comparison can be written as."""

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h)")
_PERCENTAGE = re.compile(r"(\d+(?:\.\d+)?)\s*%")


def duration(text: str) -> float:
    """Seconds from a text such as `10s`, `5m`, `1.5h` or `250ms`.

    Raises:
        typer.BadParameter: it is none, or not above zero.
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None or float(match[1]) == 0:
        raise typer.BadParameter(f"expected a duration such as 10s or 5m (units ms, s, m, h), got {text!r}")
    return float(match[1]) * _UNITS[match[2]]


def percentage(text: str) -> float:
    """A fraction from a text such as `2%`.

    Raises:
        typer.BadParameter: it is none, or not between 0 and 100 (both excluded).
    """
    match = _PERCENTAGE.fullmatch(text.strip())
    if match is None or not 0 < float(match[1]) < 100:
        raise typer.BadParameter(f"expected a percentage such as 2% (above 0%, below 100%), got {text!r}")
    return float(match[1]) / 100


def whole(least: int) -> Callable[[str], int]:
    """A reader of whole numbers of at least `least`; it raises `typer.BadParameter` for anything else."""

    def read(text: str) -> int:
        if not re.fullmatch(r"\d{1,18}", str(text)) or int(text) < least:
            raise typer.BadParameter(f"expected a whole number of at least {least}, got {text!r}")
        return int(text)

    return read


@dataclass(frozen=True)
class Range:
    """From a lower positive number to a higher one."""

    low: float
    high: float


def between(text: str) -> Range:
    """Two numbers from a text such as `1e-6..1`.

    Raises:
        typer.BadParameter: it holds no two, or the first is not above 0 and below the second.
    """
    low, dots, high = text.partition("..")
    try:
        ends = Range(float(low), float(high))
    except ValueError:
        ends = Range(0.0, 0.0)
    if not dots or not 0 < ends.low < ends.high < float("inf"):
        raise typer.BadParameter(f"expected two positive numbers, the lower first, such as 1e-6..1, got {text!r}")
    return ends


def shard(text: str) -> str:
    """A part of a run such as `2/8`, without leading zeros.

    Raises:
        typer.BadParameter: it is none.
    """
    from benchmarks.shard import Shard

    try:
        return str(Shard.parse(text))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def thing(text: str) -> str:
    """One of `THINGS`.

    Raises:
        typer.BadParameter: it is none.
    """
    return _one_of(THINGS, text)


def execution(text: str) -> str:
    """A key of `benchmarks.records.EXECUTIONS` in which a contract can be checked: on the CPU.

    Raises:
        typer.BadParameter: it is none.
    """
    from benchmarks.records import CUDA_GRAPH, EXECUTIONS

    if text == CUDA_GRAPH:
        raise typer.BadParameter("contracts are checked on the CPU, which has no CUDA graphs: expected eager or compile")
    return _one_of(EXECUTIONS, text)


def export_format(text: str) -> str:
    """One of `FORMATS`.

    Raises:
        typer.BadParameter: it is none.
    """
    return _one_of(FORMATS, text)


def comparison_format(text: str) -> str:
    """One of `COMPARISONS`.

    Raises:
        typer.BadParameter: it is none.
    """
    return _one_of(COMPARISONS, text)


def example(*lines: str) -> str:
    """The last lines of a command's help, kept as they are."""
    return "Example:\n\n\b\n" + "\n".join(f"  {line}" for line in lines)


def _one_of(known: Iterable[str], text: str) -> str:
    from estimators.spec import one_of

    if text not in known:
        raise typer.BadParameter(one_of(text, known))
    return text
