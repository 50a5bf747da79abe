"""All numbers of one or more runs as a file for other programs, and a table of them for a paper.

A run is its folder, or a page of gradgauge's that holds its data (see `reports.embedded`).
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from benchmarks.records import load
from reports.appearing import appearing
from reports.embedded import as_csv, as_folders
from reports.frames import read
from reports.latex import latex

Runs = Sequence[str | Path]


def to_csv(runs: Runs, output: str | Path) -> Path:
    """Write the tidy frame of `benchmarks.records.load` as CSV: one row a metric, layers included, empty where missing.

    Args:
        runs: run folders or pages; several are merged.
        output: the file to write; it appears all at once.

    Returns:
        The path written.

    Raises:
        FolderError: one of them is neither, or damaged, or a newer gradgauge wrote it.
    """
    with as_folders(runs) as folders:
        text = as_csv(load(*folders))
    return appearing(output, lambda path: path.write_text(text, encoding="utf-8", newline=""))


def to_parquet(runs: Runs, output: str | Path) -> Path:
    """Write the same frame as Parquet; arguments, result and errors are those of `to_csv`.

    Counts are integers, texts that repeat are dictionary-encoded, and what is missing is null.

    Raises:
        ImportError: pyarrow, the extra `parquet`, is not installed.
    """
    with as_folders(runs) as folders:
        frame = load(*folders).astype({"count": "Int64"})
    texts = {name: "category" for name in frame if not pd.api.types.is_numeric_dtype(frame[name])}
    return appearing(output, lambda path: frame.astype(texts).to_parquet(path, engine="pyarrow", index=False))


def to_latex(runs: Runs, output: str | Path) -> Path:
    """Write the table of `reports.latex`; arguments, result and errors are those of `to_csv`."""
    with as_folders(runs) as folders:
        text = latex(read(folders))
    return appearing(output, lambda path: path.write_text(text, encoding="utf-8"))


WRITERS: dict[str, Callable[[Runs, str | Path], Path]] = {"csv": to_csv, "parquet": to_parquet, "latex": to_latex}
"""Format -> what writes it."""
