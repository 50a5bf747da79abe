"""All numbers of one or more runs as a file for other programs, and a table of them for a paper."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from benchmarks.records import load
from reports.appearing import appearing
from reports.frames import read
from reports.latex import latex

Folders = Sequence[str | Path]


def to_csv(folders: Folders, output: str | Path) -> Path:
    """Write the tidy frame of `benchmarks.records.load` as CSV: one row a metric, layers included, empty where missing.

    Args:
        folders: run folders; several are merged.
        output: the file to write; it appears all at once.

    Returns:
        The path written.

    Raises:
        FolderError: one of the folders is no run folder, or a newer gradgauge wrote it.
    """
    frame = load(*folders)
    return appearing(output, lambda path: frame.to_csv(path, index=False, encoding="utf-8", lineterminator="\n"))


def to_parquet(folders: Folders, output: str | Path) -> Path:
    """Write the same frame as Parquet; arguments, result and errors are those of `to_csv`.

    Counts are integers, texts that repeat are dictionary-encoded, and what is missing is null.

    Raises:
        ImportError: pyarrow, the extra `parquet`, is not installed.
    """
    frame = load(*folders).astype({"count": "Int64"})
    texts = {name: "category" for name in frame if not pd.api.types.is_numeric_dtype(frame[name])}
    return appearing(output, lambda path: frame.astype(texts).to_parquet(path, engine="pyarrow", index=False))


def to_latex(folders: Folders, output: str | Path) -> Path:
    """Write the table of `reports.latex`; arguments, result and errors are those of `to_csv`."""
    text = latex(read(folders))
    return appearing(output, lambda path: path.write_text(text, encoding="utf-8"))


WRITERS: dict[str, Callable[[Folders, str | Path], Path]] = {"csv": to_csv, "parquet": to_parquet, "latex": to_latex}
"""Format -> what writes it."""
