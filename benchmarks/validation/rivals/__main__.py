"""The table of false alarms of asv and pytest-benchmark.

    python -m benchmarks.validation.rivals --out docs/reproductions/verdicts

A repetition that is finished is noted in `--runs`, and not repeated when the command is started again.
"""

import argparse
import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

from benchmarks.executors.process import Launch
from benchmarks.validation.pace import Say, say
from benchmarks.validation.rivals import with_asv, with_pytest
from benchmarks.validation.rivals.outcome import Outcome, joined
from benchmarks.validation.tables import write

REPETITIONS = 5

TOOLS: dict[str, Callable[[Path, Mapping[str, str]], list[Outcome]]] = {
    "asv": with_asv.compared,
    "pytest-benchmark": with_pytest.compared,
}
"""What compares equal code once."""


def run(out: Path, runs: Path, repetitions: int, tell: Say) -> None:
    """Let every tool compare equal code, and write the table.

    Args:
        out: folder for `rivals.csv` and `rivals.json`.
        runs: folder for what the tools write.
        repetitions: of each tool.
        tell: takes lines about how far it has come.

    Raises:
        RuntimeError: a tool failed.
    """
    environment = {**os.environ, **Launch({}, runs, runs, "cpu", 1).settings()}  # what our own workers get
    outcomes = []
    for repetition in range(repetitions):
        for tool, compared in TOOLS.items():
            tell(f"repetition {repetition + 1} of {repetitions}: {tool}")
            note, folder = runs / f"{tool}-{repetition}.json", runs.resolve() / f"{tool}-{repetition}"
            if not note.exists():
                shutil.rmtree(folder, ignore_errors=True)
                found = [asdict(one) for one in compared(folder, environment)]
                note.write_text(json.dumps(found), encoding="utf-8")
            outcomes += [Outcome(**one) for one in json.loads(note.read_text(encoding="utf-8"))]
    write(out, "rivals", [asdict(one) for one in joined(outcomes)], repetitions=repetitions)


def main() -> int:
    """The command; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.validation.rivals", description="Equal code by other tools.")
    parser.add_argument("--out", type=Path, required=True, help="folder for rivals.csv")
    parser.add_argument("--runs", type=Path, default=Path("results/rivals"), help="folder for what the tools write")
    parser.add_argument("--repetitions", type=int, default=REPETITIONS, help="of each tool")
    arguments = parser.parse_args()
    run(arguments.out, arguments.runs, arguments.repetitions, say)
    return 0


if __name__ == "__main__":
    sys.exit(main())
