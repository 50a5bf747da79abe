"""Judge the trials, and write the page about them and the other tables.

    python -m reports.validation results/validation --out docs/reproductions/verdicts

Without a folder of trials, only the page is written, from the tables that are there.
"""

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks.validation.tables import write
from reports.validation.page import page, read
from reports.validation.summary import figures, spreads
from reports.validation.verdicts import Trials


def judge(runs: Path, out: Path) -> None:
    """Write `verdicts.csv` and `cells.csv`, each with how it came to be.

    Args:
        runs: of `benchmarks.validation.trials`.
        out: folder for the tables.

    Raises:
        OSError: there are no trials.
        ValueError: no comparison has been measured to its end.
    """
    trials = Trials.read(runs)
    judged = list(trials.judged())
    if not judged:
        raise ValueError(f"no comparison in {runs} has been measured to its end")
    cells = spreads(judged, trials.floor, trials.processes)
    write(out, "cells", [asdict(cell) for cell in cells])
    made = {name: trials.note[name] for name in ("command", "written", "commit", "cpu", "versions")}
    found = figures(judged, trials.floor, trials.limit, trials.processes)
    lines = [one.values() for one in judged]
    write(out, "verdicts", lines, trials=made, processes=trials.processes, cells=len(cells), figures=found)


def main() -> int:
    """The command; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m reports.validation", description="Judge the trials of the ruler.")
    parser.add_argument("runs", type=Path, nargs="?", help="folder of benchmarks.validation.trials")
    parser.add_argument("--out", type=Path, required=True, help="folder for tables and page")
    arguments = parser.parse_args()
    try:
        if arguments.runs is not None:
            judge(arguments.runs, arguments.out)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    (arguments.out / "README.md").write_text(page(read(arguments.out)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
