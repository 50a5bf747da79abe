"""The roofs of a report: what devices were seen to do at best, and where cells stand below.

Speeds of cells are in 10⁹ operations a second, which is operations a nanosecond.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from benchmarks.records.ceilings import Ceilings, ceilings_of, highest
from reports.frames import Results, column
from reports.text import rate, size

ABOVE = 1.1
"""A cell is above the roof where its whole interval exceeds it by this factor: the two are read at different moments."""


def roof_of(results: Results, context: Sequence[Any]) -> Ceilings | None:
    """What was measured of the device in the runs that a cell comes from; None where nothing was.

    Args:
        results: of one or more runs.
        context: of the cell, as in `Results.cells`.
    """
    run, *place = context
    found = (ceilings_of(one.header) for one in results.runs if one.label == run)
    return highest(one for one in found if one is not None and [one.device, one.dtype, one.threads] == place[:3])


def in_words(roof: Ceilings) -> Mapping[str, str]:
    """What was measured -> how fast it was, and of what size."""
    (copied, copy), (largest, slow), (rows, product) = roof.copy, roof.largest_copy, roof.product
    return {
        "fastest copy": f"{rate(copy, 'B/s')} (of {size(copied)})",
        "copy of the largest array": f"{rate(slow, 'B/s')} (of {size(largest)})",
        "fastest matrix product": f"{rate(product, 'FLOP/s')} (of {rows} x {rows} in {roof.dtype})",
    }


def points(cells: pd.DataFrame, prefix: str) -> dict[str, "pd.Series[float]"]:
    """Where cells stand: `x` operations a byte, `y` operations a nanosecond, `low` and `high` with the interval of the time.

    Args:
        cells: of kind `cost`.
        prefix: `base_` for the base forward pass.
    """
    flops, time = column(cells, f"{prefix}flops"), column(cells, f"{prefix}time")
    low, high = (flops / column(cells, f"{prefix}time_{end}") for end in ("high", "low"))
    return {"x": flops / column(cells, f"{prefix}operator_bytes"), "y": flops / time, "low": low, "high": high}


def base_point(group: pd.DataFrame) -> dict[str, float] | None:
    """Where the base of a problem stands, from its cells: the counts are the same in all, of the times the median is taken."""
    point = {name: float(values.median()) for name, values in points(group, "base_").items()}
    return point if point["x"] > 0 and point["y"] > 0 else None


def share(row: Mapping[str, Any]) -> float:
    """How much of the roof above it a cell reaches; it must have one."""
    return float(row["y"]) / _roof(row)


def _roof(row: Mapping[str, Any]) -> float:
    """The roof above a cell, in 10⁹ operations a second."""
    return float(row["ceilings"].roof(row["x"])) / 1e9


def is_copying(row: Mapping[str, Any]) -> bool:
    """Whether a cell stands below the slope, where the copy is the nearer limit."""
    return bool(row["ceilings"].roof(row["x"]) < row["ceilings"].product[1])


def is_above(row: Mapping[str, Any]) -> bool:
    """Whether all of a cell's interval lies above the roof, and by more than chance."""
    least = row["low"] if math.isfinite(row["low"]) else row["y"]
    return bool(least > ABOVE * _roof(row))
