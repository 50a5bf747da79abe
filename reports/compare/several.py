"""Several run folders as runs that are compared: parts of one run together, the first run with each of the others."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.records import EXECUTED, RunFolder
from reports.compare.comparison import Comparison, of_sides
from reports.compare.rows import Rule
from reports.compare.sides import Side, side_of
from reports.parts import Header, parts

Judging = Callable[[Side, Side], Rule]
"""(BASE, NEW) -> what counts as a change between them."""


def comparisons(folders: Sequence[str | Path], judging: Judging) -> tuple[Comparison, ...]:
    """Compare the first run with each further one.

    Args:
        folders: run folders; one that is named twice counts once. Those that agree in code, machine, versions, device, precision,
            threads and execution are parts of one run.
        judging: what counts as a change.

    Returns:
        One comparison a further run; none where all folders are parts of one.

    Raises:
        FolderError: one of them is no run folder, or is too new.
    """
    named = list(dict.fromkeys(Path(folder).resolve() for folder in folders))
    groups = runs_of([RunFolder.open(folder).header() for folder in named])
    if len(groups) < 2:
        return ()
    base, *others = (side_of([named[place] for place in group]) for group in groups)
    return tuple(of_sides(base, new, judging(base, new)) for new in others)


def runs_of(headers: Sequence[Header]) -> list[list[int]]:
    """The places of the headers, those of one run together: parts of one run that were measured in the same way."""
    found: list[list[int]] = []
    for group in parts(headers):
        ways: dict[str, list[int]] = {}
        for place in group:
            ways.setdefault(_way(headers[place]), []).append(place)
        found += ways.values()
    return sorted(found)


def _way(header: Header) -> str:
    """Device, precision, threads and executions, as they were asked for; where that is not known, those of the cells."""
    options, cells = header.get("options") or {}, header.get("cells") or []
    executed = [cell for cell in cells if cell.get("kind") in EXECUTED]
    seen: dict[str, Any] = {name: sorted({str(cell.get(name)) for cell in cells}) for name in ("device", "dtype", "threads")}
    seen["executions"] = sorted({str(cell.get("execution")) for cell in executed})
    return json.dumps([options.get(name) or values for name, values in seen.items()])
