"""A worker by hand: all cells of a job file as JSON lines, from any folder, with this checkout's packages."""

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.executors.process import WORKER
from benchmarks.problems.registry import PROBLEMS
from benchmarks.records import Cell, Outcome, Record
from estimators.registry import ESTIMATORS

CELLS = [
    Cell(ESTIMATORS.canonical("backprop"), PROBLEMS.canonical("sphere[n=8]"), "memory"),
    Cell(ESTIMATORS.canonical("spsa"), PROBLEMS.canonical("beale"), "quality"),
]


def _by_hand(folder: Path, job: dict[str, object]) -> list[dict[str, object]]:
    path = folder / "job.json"
    path.write_text(json.dumps(job))
    done = subprocess.run([sys.executable, "-P", str(WORKER), str(path)], capture_output=True, text=True, cwd=folder, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_by_hand_it_prints_what_it_is_and_one_line_a_cell(tmp_path: Path) -> None:
    (tmp_path / "benchmarks").mkdir()  # a user's own package of that name, as every user of asv has
    (tmp_path / "benchmarks" / "__init__.py").write_text("raise ImportError('the wrong one')\n")
    job = {"cells": [cell.to_json() for cell in CELLS], "effort": {"draws": 4}, "threads": 1}
    ready, *lines = _by_hand(tmp_path, job)
    assert set(ready) == {"ready"}
    records = [Record.from_json(line["record"]) for line in lines]  # type: ignore[arg-type]
    assert [record.cell for record in records] == CELLS
    assert [record.outcome for record in records] == [Outcome.OK, Outcome.OK]


def test_it_imports_nothing_heavy_but_torch_and_numpy(tmp_path: Path) -> None:
    (tmp_path / "look.py").write_text(
        "import sys\n"
        "from estimators.exact import Backprop\n"
        "HEAVY = {'pandas', 'scipy', 'sklearn', 'psutil', 'matplotlib', 'typer'} & set(sys.modules)\n"
        "assert not HEAVY, HEAVY\n"
        "def Look():\n"
        "    return Backprop()\n"
    )
    cells = [Cell("look.py:Look", PROBLEMS.canonical("beale"), kind).to_json() for kind in ("contract", "cost", "quality")]
    _, *lines = _by_hand(tmp_path, {"cells": [*cells, *cells], "effort": {"draws": 4, "budget": 0.05}, "threads": 1})
    records = [Record.from_json(line["record"]) for line in lines]  # type: ignore[arg-type]
    assert [record.reason for record in records] == [""] * 6
