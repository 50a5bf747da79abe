"""The command `compare`: two run folders as text, Markdown or JSON, and an exit code that a gate can trust."""

import shutil
from pathlib import Path

from reports.compare import THRESHOLD, Rule, compare
from reports.compare.sections import outcome
from reports.compare.show import SHOWN


def compare_folders(
    base: Path, new: Path, threshold: float | None, noise_floor: float | None, style: str, output: Path | None
) -> int:
    """Compare, and print the comparison; or write it, and print its last line and where it is.

    Args:
        base: run folder that is compared with.
        new: run folder that is compared.
        threshold: the relative change that matters; None for 3 %.
        noise_floor: half-width of a comparison of equal code on this machine, relative, or None.
        style: a key of `reports.compare.show.SHOWN`.
        output: the file to write, or None for standard output.

    Returns:
        The exit code: 4 where nothing could be compared, 1 for a loss beyond the threshold, else 0.

    Raises:
        FolderError: one of them is no run folder or too new, or both are the same.
    """
    comparison = compare(base, new, Rule(THRESHOLD if threshold is None else threshold, noise_floor))
    text = SHOWN[style](comparison, shutil.get_terminal_size((120, 24)).columns)
    if output is None:
        print(text, end="")
    else:
        partial = output.with_name(output.name + ".partial")
        partial.write_text(text, encoding="utf-8", newline="\n")
        partial.replace(output)
        print(f"{outcome(comparison)}\n{output}")
    return comparison.exit_code
