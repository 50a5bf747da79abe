"""asv: two sets of results of the same code, compared by `asv compare` with its factor and its statistical test.

Each set is what `asv run` measures by default: every cell in two rounds, each in a process of its own, five samples of 10 ms a
round after 0.1 s of warming up. Samples are recorded, as `asv continuous` does by default: `asv compare` then asks a
Mann-Whitney test of all samples (p < 0.002), and calls what passes it different if the ratio is beyond the factor.
"""

import json
import re
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from benchmarks.provenance import ROOT
from benchmarks.validation.cells import cells
from benchmarks.validation.rivals.outcome import Outcome, changed, started

FACTORS = (1.1, 1.05, 1.03)
"""asv's default, that of pytest-benchmark's documentation, and gradgauge's threshold; all of the same results."""

_SUITE = """import sys

sys.path.insert(0, {root!r})
from benchmarks.validation.rivals.workload import gradients

GRADIENTS = gradients()


class Gradients:
    params = list(GRADIENTS)
    param_names = ["cell"]

    def time_one(self, cell):
        GRADIENTS[cell].run(1)
"""

_LINE = re.compile(r"^\| (?P<mark>.) +\| \S+ +\| \S+ +\| ~?(?P<ratio>[0-9.]+) +\| .*time_one.* \|$")


def compared(folder: Path, environment: Mapping[str, str]) -> list[Outcome]:
    """Measure the same code twice and compare.

    Args:
        folder: that may be filled; it must not exist yet.
        environment: variables of the processes.

    Raises:
        RuntimeError: asv failed.
    """
    environment = {**environment, "HOME": str(folder)}  # where asv notes the machine
    commits = _project(folder, environment)
    asv = [sys.executable, "-m", "asv"]
    started([*asv, "machine", "--yes", "--machine", "here"], folder, environment)
    for commit in commits:
        which = ["-E", f"existing:{sys.executable}", "--set-commit-hash", commit, "--machine", "here"]
        started([*asv, "run", *which, "--record-samples"], folder, environment)
    tables = {
        factor: read(started([*asv, "compare", *commits, "--factor", str(factor)], folder, environment)) for factor in FACTORS
    }
    if any(len(table) != len(cells()) for table in tables.values()):
        raise RuntimeError(f"asv compared {[len(table) for table in tables.values()]} cells of {len(cells())}; look in {folder}")
    return [
        Outcome(
            f"asv {version('asv')}",
            _said(factor),
            len(table),
            sum(mark in "+-" for mark, _ in table),
            max(change for _, change in table),
        )
        for factor, table in tables.items()
    ]


def read(table: str) -> list[tuple[str, float]]:
    """The mark and the relative change of every cell that was compared, from the table that `asv compare` prints."""
    found = [match for line in table.splitlines() if (match := _LINE.match(line))]
    return [(match["mark"], changed(1.0, float(match["ratio"]))) for match in found]


def _said(factor: float) -> str:
    return f"asv compare --factor {factor}{' (default)' if factor == FACTORS[0] else ''}"


def _project(folder: Path, environment: Mapping[str, str]) -> list[str]:
    """Make a repository of two commits of equal code; their names."""
    (folder / "suite").mkdir(parents=True)
    (folder / "suite" / "__init__.py").write_text("")
    (folder / "suite" / "cells.py").write_text(_SUITE.format(root=str(ROOT)))
    settings = {
        "version": 1,
        "project": "rivals",
        "repo": ".",
        "branches": ["HEAD"],
        "benchmark_dir": "suite",
        "environment_type": "virtualenv",  # asks for a name, and for none where one exists already
    }
    (folder / "asv.conf.json").write_text(json.dumps(settings))
    git = ["git", "-c", "user.name=trials", "-c", "user.email=trials@localhost"]
    started([*git, "init", "--quiet", "--initial-branch=main"], folder, environment)
    started([*git, "add", "suite", "asv.conf.json"], folder, environment)
    names = []
    for number in (1, 2):
        started([*git, "commit", "--quiet", "--allow-empty", "--message", f"equal code {number}"], folder, environment)
        names.append(started([*git, "rev-parse", "HEAD"], folder, environment).strip())
    return names
