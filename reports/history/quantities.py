"""What is tracked across commits: each quantity with its unit, how it is written, and which change of it is one.

Of everything that is tracked here, less is better.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from reports.text import duration, number, size, size_tick, tick, visible, whole

Words = Callable[[float], str]


@dataclass(frozen=True)
class Quantity:
    """One kind of number.

    Attributes:
        name: for ids and frames.
        title: the heading of its figure.
        noun: what one of them is called in a sentence.
        plural: what several are called.
        label: quantity and unit, at the axis.
        words: how a value is written.
        tick: how a round value is written at the axis.
        binary: whether the axis counts in powers of two.
        exact: whether equal code gives equal numbers, so that any difference is a change of the code.
        least: changes up to this are rounding.
        judged: whether steps are looked for at all.
    """

    name: str
    title: str
    noun: str
    plural: str
    label: str
    words: Words
    tick: Words
    binary: bool = False
    exact: bool = False
    least: float = 0.0
    judged: bool = True


_ROUNDING = 1e-6  # of a mean over draws in 32 bits

KNOWN = {
    quantity.name: quantity
    for quantity in (
        Quantity(
            *("multiple", "Runtime multiple", "runtime multiple", "runtime multiples", "multiple of the base forward pass"),
            *(number, tick),
        ),
        Quantity(
            *("flop_multiple", "Operations", "FLOP multiple", "FLOP multiples", "FLOP over those of the base"),
            *(number, tick),
            exact=True,
        ),
        Quantity(
            *("forward_calls", "Forward calls", "number of forward calls", "numbers of forward calls", "evaluations of the loss"),
            *(whole, tick),
            exact=True,
        ),
        Quantity(
            *("peak_bytes", "Memory", "peak of tensor bytes", "peaks of tensor bytes", "peak of tensor bytes"),
            *(size, size_tick),
            binary=True,
            exact=True,
        ),
        Quantity(
            *("cosine_distance", "Direction", "cosine distance", "cosine distances", "1 − mean cosine"),
            *(number, tick),
            least=_ROUNDING,
        ),
        Quantity(
            *("relative_error", "Relative error", "relative error", "relative errors", "mean ‖e − g‖² / ‖g‖²"),
            *(number, tick),
            least=_ROUNDING,
        ),
    )
}
"""Those that this suite tracks, in the order of pages."""

TRACKERS = {
    ("track_runtime_multiple", "x base"): "multiple",
    ("track_flop_multiple", "x base"): "flop_multiple",
    ("track_forward_calls", "calls"): "forward_calls",
    ("track_peak_bytes", "bytes"): "peak_bytes",
    ("track_cosine_distance", "1 - cos"): "cosine_distance",
    ("track_relative_error", "|e-g|^2/|g|^2"): "relative_error",
}
"""Name and unit of a tracker of `benchmarks.track_sweeps` -> what it tracks."""

_TIMES = frozenset({"seconds", "second", "s", "milliseconds", "ms", "microseconds", "us", "µs", "nanoseconds", "ns", "minutes"})


def tracked_by_asv(method: str, unit: str) -> Quantity:
    """What a benchmark of asv tracks: one of `KNOWN`, or simply numbers in its unit.

    Args:
        method: the last part of its name.
        unit: as asv knows it; empty where it does not.
    """
    known = TRACKERS.get((method, unit))
    return KNOWN[known] if known else in_unit(unit)


def in_unit(unit: str) -> Quantity:
    """Numbers of which nothing but the unit is known. Absolute times move with the machine, so no step is looked for in them."""
    name = f"unit-{''.join(_plain(character) for character in unit)}" if unit else "unit"
    label = visible(unit) or "value"
    if unit == "seconds":
        return Quantity(
            name, "Absolute times", "time", "times", "time", lambda value: duration(1e9 * value), _time_tick, judged=False
        )
    if unit == "bytes":
        return Quantity(name, "Bytes", "number of bytes", "numbers of bytes", "bytes", size, size_tick, binary=True)
    title = f"In {label}" if unit else "Without a unit"
    return Quantity(name, title, "number", "numbers", label, number, tick, judged=unit not in _TIMES)


def _plain(character: str) -> str:
    """A character of an id: letters and digits as they are, others as their code, so that no two units share an id."""
    return character if re.fullmatch("[A-Za-z0-9]", character) else f"_{ord(character):x}_"


def _time(seconds: float) -> str:
    return duration(1e9 * seconds)


def _time_tick(seconds: float) -> str:
    return re.sub(r"\.0+ ", " ", _time(seconds))
