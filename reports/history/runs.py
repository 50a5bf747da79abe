"""From run folders to numbers of commits: what asv's trackers also track, with the intervals that records have.

The commit is that of the package `estimators`, which is what was measured; the ruler may be of another. Runs of one commit in one
place are pooled as reports pool the processes of a cell.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.records import CONTRACT, Cell, FolderError, Record, RunFolder, latest
from reports import names
from reports.history.asv_results import Read
from reports.history.quantities import KNOWN
from reports.history.rows import DIRTY, Found, Place, Track
from reports.pooling import pooled
from reports.text import count, visible

_TAKEN = {"multiple": "cost", "flop_multiple": "cost", "forward_calls": "cost", "peak_bytes": "memory"}
_QUALITY = {"cosine_distance": "cosine", "relative_error": "relative_error"}
_KINDS = {**_TAKEN, **dict.fromkeys(_QUALITY, "quality")}  # quantity -> kind of measurement


class _Key(NamedTuple):
    """Which records are pooled."""

    commit: str
    estimator: str
    problem: str
    kind: str
    execution: str
    place: Place
    version: str


class _Run(NamedTuple):
    """What a header says about all records of a run."""

    name: str
    commit: str
    date: float | None
    dirty: bool
    header: Mapping[str, Any]


def folders_of(path: Path) -> list[Path]:
    """The run folders that a path stands for: itself, or those within it, by name.

    Raises:
        FolderError: there is none.
    """
    if (path / "run.json").is_file():
        return [path]
    within = sorted(header.parent for header in path.glob("*/run.json"))
    if not within:
        raise FolderError(f"{path} is no run folder, and there is none in it: it has no run.json")
    return within


def read(folders: Iterable[Path]) -> Read:
    """Read run folders.

    Args:
        folders: one that is named twice counts once.

    Returns:
        What could be read. A folder or a line that could not be read, and a run that names no commit, are named.
    """
    groups: dict[_Key, list[Record]] = {}
    runs: dict[_Key, list[_Run]] = {}
    notes: list[str] = []
    for path in dict.fromkeys(folder.resolve() for folder in folders):
        try:
            folder = RunFolder.open(path)
            run = _run(folder)
            records, damage = folder.records()
        except (FolderError, OSError) as error:
            notes.append(f"{visible(str(error))}; it is left out.")
            continue
        notes += [visible(line.replace(f"{path}/", f"{path.name}/")) for line in damage]
        if run is None:
            notes.append(f"{visible(path.name)} does not say which commit it measured, and is left out.")
            continue
        for record in latest(records):
            if record.cell.kind != CONTRACT:
                key = _key(run, record.cell)
                groups.setdefault(key, []).append(record)
                runs.setdefault(key, []).append(run)
    found = tuple(one for key, records in groups.items() for one in _found(key, records, runs[key]))
    return Read(found, (*notes, *_dirty(runs.values())))


def _run(folder: RunFolder) -> _Run | None:
    """What the header says, or None where it names no commit."""
    header = folder.header()
    source = (header.get("provenance") or {}).get("estimators") or {}
    commit = source.get("commit")
    if not isinstance(commit, str) or not commit or set(commit) - set("0123456789abcdef"):
        return None
    name = visible(str(header.get("run", folder.path.name)))
    return _Run(name, commit, _seconds(header.get("created")), bool(source.get("dirty")), header)


def _seconds(created: Any) -> float | None:
    try:
        return datetime.fromisoformat(str(created)).timestamp()
    except ValueError:
        return None


def _key(run: _Run, cell: Cell) -> _Key:
    provenance = run.header.get("provenance") or {}
    torch = (provenance.get("versions") or {}).get("torch")
    place = (
        ("machine", visible(str(provenance.get("machine") or "unknown machine"))),
        ("processor", visible(str((provenance.get("cpu") or {}).get("name") or ""))),
        ("device", _device(provenance, cell.device)),
        ("dtype", visible(cell.dtype)),
        ("threads", count(cell.threads, "thread")),
        ("seed", f"seed {cell.seed}"),
        ("torch", visible(f"torch {torch}") if torch else ""),
    )
    files = provenance.get("files") or {}
    own = [str(digest) for file, digest in sorted(files.items()) if file in cell.estimator or file in cell.problem]
    version = " ".join([str(run.header.get("protocol") or ""), *own])
    return _Key(run.commit, cell.estimator, cell.problem, cell.kind, cell.execution, place, version)


def _device(provenance: Mapping[str, Any], device: str) -> str:
    """The name of a GPU before its UUID, which tells two of a name apart."""
    for gpu in provenance.get("gpu") or ():
        if isinstance(gpu, Mapping) and gpu.get("uuid") == device and gpu.get("name"):
            return visible(f"{gpu['name']} {device}")
    return visible(device)


def _found(key: _Key, records: list[Record], runs: list[_Run]) -> Iterator[Found]:
    """The tracked numbers of one cell of one commit, pooled; all of its kind without a value where nothing was measured."""
    row = pooled(records)
    name = names.executed(names.estimator(key.estimator), key.execution)
    marks = frozenset(row["marks"]) | ({DIRTY} if any(run.dirty for run in runs) else frozenset())
    dates = [run.date for run in runs if run.date is not None]
    source = ", ".join(dict.fromkeys(run.name for run in runs))
    for quantity, kind in _KINDS.items():
        value, low, high = _numbers(row, quantity)
        if kind == key.kind and (value is not None or not row["processes"]):
            track = Track(KNOWN[quantity], key.problem, "", name, key.place, key.version, from_asv=False)
            yield Found(track, key.commit, min(dates, default=None), value, low, high, row["outcome"], marks, source)


def _numbers(row: Mapping[str, Any], quantity: str) -> tuple[float | None, ...]:
    """Value, low and high; what is tracked of a cosine is how far it is from 1, as asv takes less for better."""
    metric = _QUALITY.get(quantity, quantity)
    value, low, high = (_finite(row.get(f"{metric}{end}")) for end in ("", "_low", "_high"))
    if quantity != "cosine_distance":
        return value, low, high
    return tuple(None if number is None else 1 - number for number in (value, high, low))


def _finite(value: Any) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def _dirty(runs: Iterable[list[_Run]]) -> list[str]:
    named = sorted({run.name for group in runs for run in group if run.dirty})
    if not named:
        return []
    them = "it" if len(named) == 1 else "each"
    return [f"{count(len(named), 'run')} measured code that differed from the commit {them} names: {', '.join(named)}."]
