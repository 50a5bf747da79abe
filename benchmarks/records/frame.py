"""The tidy table over run folders: one row a metric, so that pandas and seaborn take it as it is."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.records.folder import RunFolder
from benchmarks.records.rows import Metric, Record, latest

if TYPE_CHECKING:
    import pandas

IDENTITY = ("estimator", "problem", "device", "dtype", "threads", "execution", "rule", "steps", "seed", "process", "kind")
COLUMNS = (
    *IDENTITY,
    *("block", "order", "run", "outcome", "reason", "marks"),
    *("metric", "layer", "value", "low", "high", "unit", "method", "count"),
)
_NUMBERS = ("value", "low", "high", "count")


def load(*folders: str | Path, samples: bool = False) -> "pandas.DataFrame":
    """Read runs into one tidy frame.

    Args:
        *folders: run folders; naming several merges them.
        samples: whether to add the column `samples` (name -> list of integers), the same for every metric of a record.

    Returns:
        One row for each metric of the last record of each cell, with `COLUMNS`. `marks` is a text, sorted and joined by
        spaces; `layer` is None for all parameters together. A record without metrics gives one row whose metric is None
        and whose numbers are NaN. Missing numbers are NaN.

    Raises:
        FolderError: one of them is no run folder, or is too new.
    """
    opened = [RunFolder.open(Path(folder)) for folder in folders]
    runs = [(folder.header().get("run", folder.path.name), latest(folder.records()[0])) for folder in opened]
    return tidy(runs, samples=samples)


def tidy(runs: Iterable[tuple[str, Iterable[Record]]], *, samples: bool = False) -> "pandas.DataFrame":
    """The frame of `load` from records at hand.

    Args:
        runs: (name of the run, its records).
        samples: as in `load`.
    """
    import pandas  # 0.5 s, and not in workers

    rows = [row for run, records in runs for row in _rows(run, records, samples)]
    frame = pandas.DataFrame(rows, columns=[*COLUMNS, *(("samples",) if samples else ())])
    return frame.astype(dict.fromkeys(_NUMBERS, "float64"))


def _rows(run: str, records: Iterable[Record], samples: bool) -> list[dict[str, Any]]:
    rows = []
    for record in records:
        shared = {**_shared(record), "run": run, **({"samples": record.samples} if samples else {})}
        rows += [{**shared, **vars(metric)} for metric in record.metrics] or [
            {**shared, **vars(Metric("", None, "")), "metric": None}
        ]
    return rows


def _shared(record: Record) -> dict[str, Any]:
    return {
        **{name: getattr(record.cell, name) for name in IDENTITY},
        "block": record.block,
        "order": record.order,
        "outcome": record.outcome.value,
        "reason": record.reason,
        "marks": " ".join(sorted(record.marks)),
    }
