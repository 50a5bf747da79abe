"""Curves beside the records of a run: one table of named columns a cell, as numpy writes it, without pickling."""

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.records.rows import Cell

if TYPE_CHECKING:
    import numpy


def write(folder: Path, cell: Cell, series: Mapping[str, Sequence[float | None]]) -> None:
    """Write the curve of a cell, all at once.

    Args:
        folder: of the run.
        cell: whose curve it is.
        series: name -> column, all equally long; None, where there is no value, becomes NaN.
    """
    import numpy  # only who has curves needs it

    table = numpy.empty(len(next(iter(series.values()))), dtype=[(name, "f8") for name in series])
    for name, values in series.items():
        table[name] = [math.nan if value is None else value for value in values]
    path = _path(folder, cell)
    path.parent.mkdir(exist_ok=True)
    partial = path.with_suffix(".partial")
    with partial.open("wb") as stream:
        numpy.save(stream, table, allow_pickle=False)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(path)


def read(folder: Path, cell: Cell) -> dict[str, "numpy.ndarray[Any, Any]"]:
    """The curve of a cell: name -> column, NaN where there is no value; empty where the cell has none.

    Raises:
        OSError, ValueError: there is one, and it cannot be read.
    """
    import numpy

    path = _path(folder, cell)
    if not path.exists():
        return {}
    table = numpy.load(path, allow_pickle=False)
    return {name: table[name] for name in table.dtype.names}


def _path(folder: Path, cell: Cell) -> Path:
    return folder / "series" / f"{cell.key}.npy"
