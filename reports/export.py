"""All numbers of one or more runs as a file for other programs."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.records import load


def to_csv(folders: Sequence[str | Path], output: str | Path) -> Path:
    """Write the tidy frame of `benchmarks.records.load` as CSV: one row a metric, layers included, empty where missing.

    Args:
        folders: run folders; several are merged.
        output: the file to write; it appears all at once.

    Returns:
        The path written.

    Raises:
        FolderError: one of the folders is no run folder, or a newer gradgauge wrote it.
    """
    output = Path(output)
    partial = output.with_name(output.name + ".partial")
    load(*folders).to_csv(partial, index=False, encoding="utf-8", lineterminator="\n")
    partial.replace(output)
    return output
