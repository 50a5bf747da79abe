"""The tidy table over run folders: one row a metric, so that pandas and seaborn take it as it is."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.records.folder import RunFolder
from benchmarks.records.rows import Metric, Record, latest

if TYPE_CHECKING:
    import pandas

IDENTITY = ("estimator", "problem", "device", "dtype", "threads", "execution", "rule", "steps", "seed", "process", "kind")
_OWN = ("metric", "layer", "value", "low", "high", "unit", "method", "count")
COLUMNS = (
    *IDENTITY,
    *("block", "order", "run", "outcome", "reason", "marks"),
    *_OWN,
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

    held = [(run, record) for run, records in runs for record in records]
    metrics = [record.metrics or (Metric("", None, ""),) for _, record in held]
    rows = [metric for several in metrics for metric in several]
    places = [place for place, several in enumerate(metrics) for _ in several]
    shared = pandas.DataFrame([_shared(*one) for one in held], columns=[name for name in COLUMNS if name not in _OWN])
    own = {name: [getattr(metric, name) for metric in rows] for name in _OWN} | {"metric": [row.metric or None for row in rows]}
    columns = {name: pandas.Series(values, dtype="float64" if name in _NUMBERS else None) for name, values in own.items()}
    frame = shared.take(places).reset_index(drop=True).assign(**columns)[[*COLUMNS]]
    raw: list[Any] = [held[place][1].samples for place in places] if samples else []
    return frame.assign(samples=raw) if samples else frame


def _shared(run: str, record: Record) -> dict[str, Any]:
    return {
        **{name: getattr(record.cell, name) for name in IDENTITY},
        "block": record.block,
        "order": record.order,
        "run": run,
        "outcome": record.outcome.value,
        "reason": record.reason,
        "marks": " ".join(sorted(record.marks)),
    }
