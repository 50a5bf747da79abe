"""Results of the trials as they are kept: a table, and beside it how it came to be."""

import csv
import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.provenance import ROOT, provenance, source

_DIGITS = 6


def write(out: Path, name: str, lines: Sequence[Mapping[str, Any]], **more: Any) -> None:
    """Write `NAME.csv` and `NAME.json`.

    Args:
        out: folder; made where it is missing.
        name: of the files.
        lines: of the table, which have the same columns; numbers are written to six digits.
        more: is added to what the JSON file says.
    """
    out.mkdir(parents=True, exist_ok=True)
    with (out / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(lines[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({column: _plain(value) for column, value in line.items()} for line in lines)
    text = json.dumps({**origin(), **more}, indent=1, allow_nan=False)
    (out / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def origin() -> dict[str, Any]:
    """Which command is running, on which machine, with which code and libraries, and when: JSON values."""
    known = provenance()
    ruler = source(ROOT, "benchmarks")
    return {
        "command": shlex.join(["python", *sys.orig_argv[1:]]),
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": ruler["commit"],
        "cpu": known["cpu"],
        "system": known.get("system"),
        "versions": known["versions"],
    }


def _plain(value: Any) -> Any:
    return f"{value:.{_DIGITS}g}" if isinstance(value, float) else value
