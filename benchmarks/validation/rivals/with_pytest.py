"""pytest-benchmark: a saved run of the same code, and another one compared with it by `--benchmark-compare-fail`.

Each run is one process, which times every cell for a second or five rounds, whichever is longer. The tool has no threshold of its
own; 5 % is the one in its documentation. It looks for what got slower alone.
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

FIELDS = ("mean", "min", "median")
"""What is compared; all of the same runs."""

THRESHOLD = "5%"

_SUITE = """import sys

sys.path.insert(0, {root!r})
import pytest

from benchmarks.validation.rivals.workload import gradients

GRADIENTS = gradients()


@pytest.mark.parametrize("cell", GRADIENTS)
def test_one(benchmark, cell):
    benchmark(GRADIENTS[cell].run, 1)
"""

_ALARM = re.compile(r"Field '(?P<field>\w+)' has failed PercentageRegressionCheck")
_REGRESSED = 1  # exit code of pytest, also where a test has failed


def compared(folder: Path, environment: Mapping[str, str]) -> list[Outcome]:
    """Measure the same code twice and compare.

    Args:
        folder: that may be filled; it must not exist yet.
        environment: variables of the processes.

    Raises:
        RuntimeError: pytest failed otherwise than by finding that something got slower, or a cell was not timed.
    """
    folder.mkdir(parents=True)
    (folder / "test_cells.py").write_text(_SUITE.format(root=str(ROOT)))
    (folder / "pytest.ini").write_text("[pytest]\n")
    pytest = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "test_cells.py", "--benchmark-storage=kept"]
    started([*pytest, "--benchmark-save=before"], folder, environment)
    checks = [f"{field}:{THRESHOLD}" for field in FIELDS]
    against = ["--benchmark-save=after", "--benchmark-compare=0001", "--benchmark-compare-fail", *checks]
    printed = started([*pytest, *against], folder, environment, allowed=(0, _REGRESSED))
    before, after = (saved(folder, name) for name in ("before", "after"))
    alarms = read(printed)
    return [
        Outcome(
            f"pytest-benchmark {version('pytest-benchmark')}",
            f"--benchmark-compare-fail={field}:{THRESHOLD}",
            len(after),
            alarms.count(field),
            max(changed(before[name][field], after[name][field]) for name in after),
        )
        for field in FIELDS
    ]


def read(printed: str) -> list[str]:
    """The fields of the alarms in what pytest printed, one an alarm."""
    return [match["field"] for match in _ALARM.finditer(printed)]


def saved(folder: Path, name: str) -> dict[str, Mapping[str, float]]:
    """The statistics of one saved run: cell -> name -> value.

    Args:
        folder: in which pytest was started.
        name: of the run.

    Raises:
        RuntimeError: not every cell is there: pytest saves no test that has failed, and ends with the code of what got slower.
    """
    (path,) = folder.glob(f"kept/*/*_{name}.json")
    found = {one["name"]: one["stats"] for one in json.loads(path.read_text(encoding="utf-8"))["benchmarks"]}
    if len(found) != len(cells()):
        raise RuntimeError(f"pytest-benchmark timed {len(found)} cells of {len(cells())} {name}; look in {folder}")
    return found
