"""The data of a page inside the page, and back: what `gradgauge export report.html` gives out, and the page's own button.

The table is the CSV of `reports.export` (gzip, then base64), its SHA-256 stands beside it, and the headers of the runs go with
it: a page is an archive of its numbers. Samples and facts of the records stay in the run folder.
"""

import base64
import binascii
import csv
import gzip
import hashlib
import io
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from itertools import groupby, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from benchmarks.records import SCHEMA_VERSION, Cell, FolderError, Metric, Outcome, Record, RunFolder, load
from benchmarks.records.frame import IDENTITY
from reports.shareable import shareable
from reports.text import count

LIMIT = 1_000_000
"""Characters of a packed table; where all rows would take more, those of single layers are left out."""

_TOO_MANY = 100_000  # rows that take more whatever they hold: packing them only to see takes seconds

_MADE_BY = '<meta name="generator" content="gradgauge">'
_SCRIPT = re.compile(r'<script type="text/plain" id="embedded-(runs|data)"([^>]*)>([A-Za-z0-9+/=]*)</script>')
_ATTRIBUTE = re.compile(r'data-(\w+)="([^"]*)"')
_RECORD = ("block", "order", "outcome", "reason", "marks")  # columns that all rows of a record share, beside those of its cell
_WHOLE = (*(field.name for field in fields(Cell) if field.type is int), "block", "order")  # columns of integers


@dataclass(frozen=True)
class Embedded:
    """The data of a page as it holds them.

    Attributes:
        table: the CSV: gzip, then base64.
        runs: the headers of the runs and how many rows each has: JSON, then the same.
        sha256: of the CSV, in hexadecimal.
        rows: how many the CSV has, its head not counted.
        without: `layers` where rows of single layers are left out, or empty.
    """

    table: str
    runs: str
    sha256: str
    rows: int
    without: str

    @property
    def said(self) -> str:
        """What they are, for the page."""
        less = "; those of single layers would take too much room and are in the run folder only" if self.without else ""
        return f"{count(self.rows, 'row')} of compressed CSV, one a metric{less}"


def pack(folders: Sequence[str | Path]) -> Embedded:
    """The data of run folders, for a page about them.

    Args:
        folders: one that is named twice counts once.

    Raises:
        FolderError: one of them is no run folder, or a newer gradgauge wrote it.
    """
    opened = [RunFolder.open(path) for path in dict.fromkeys(Path(folder).resolve() for folder in folders)]
    frames = [load(folder.path) for folder in opened]
    without = ""
    if sum(map(len, frames)) > _TOO_MANY or len(_packed(as_csv(*frames))) > LIMIT:
        frames, without = [frame[frame["layer"].isna()] for frame in frames], "layers"
    text = as_csv(*frames)
    headers = [
        {"header": {"run": folder.path.name, **shareable(folder.header())}, "rows": len(frame)}
        for folder, frame in zip(opened, frames, strict=True)
    ]
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Embedded(_packed(text), _packed(json.dumps(headers)), digest, sum(map(len, frames)), without)


def as_csv(*frames: pd.DataFrame) -> str:
    """Tidy frames as one CSV: a head, then one row a metric; empty where a value is missing."""
    texts = [frame.to_csv(index=False, lineterminator="\n") for frame in frames]
    return "".join([*texts[:1], *(text.partition("\n")[2] for text in texts[1:])])


@contextmanager
def as_folders(paths: Sequence[str | Path]) -> Iterator[list[Path]]:
    """Run folders in place of pages: the data of every page among the paths are unpacked for as long as the context lasts.

    Args:
        paths: run folders, and pages that gradgauge wrote.

    Raises:
        FolderError: a file is no page of gradgauge's, holds no data, or is damaged.
    """
    with TemporaryDirectory(prefix="gradgauge-") as temporary:
        found: list[Path] = []
        for place, path in enumerate(map(Path, paths)):
            found += _unpacked(path, Path(temporary) / str(place)) if path.is_file() else [path]
        yield found


def left_out(path: str | Path) -> str:
    """What a page left out of its data, as words for people; empty for one that has all, and for a run folder."""
    path = Path(path)
    without = path.is_file() and _scripts(path)["data"][0].get("without")
    return f"{path} holds no numbers of single layers; the run folder does" if without else ""


def _packed(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode("ascii")


def _unpacked(page: Path, parent: Path) -> list[Path]:
    """A run folder below `parent` for each run of a page."""
    scripts = _scripts(page)
    try:
        table, headers = (_plain(scripts[name][1]) for name in ("data", "runs"))
        runs = json.loads(headers)
    except (binascii.Error, OSError, EOFError, zlib.error, ValueError) as error:
        raise FolderError(f"{page} is damaged: its data cannot be unpacked ({error})") from None
    if hashlib.sha256(table.encode()).hexdigest() != scripts["data"][0].get("sha256"):
        raise FolderError(f"{page} is damaged: its data are not those whose SHA-256 it names")
    rows = csv.DictReader(io.StringIO(table, newline=""))
    return [_written(page, parent / str(place), run, rows) for place, run in enumerate(runs)]


def _written(page: Path, folder: Path, run: Mapping[str, Any], rows: Iterator[dict[str, str]]) -> Path:
    """One run as a folder, from its header and its rows, which are taken from `rows`."""
    if (schema := run["header"]["schema"]) > SCHEMA_VERSION:
        known = f"this gradgauge knows {SCHEMA_VERSION} at most: update it"
        raise FolderError(f"{page} was written with records schema {schema}; {known}")
    RunFolder.create(folder, run["header"])
    lines = [json.dumps(record.to_json()) for record in _records(islice(rows, run["rows"]))]
    (folder / "records.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
    return folder


def _scripts(page: Path) -> dict[str, tuple[dict[str, str], str]]:
    """The scripts of a page that hold data: name -> (its attributes, what it holds)."""
    text = page.read_text(encoding="utf-8", errors="replace")
    if _MADE_BY not in text:
        raise FolderError(f"{page} is neither a run folder nor a page that gradgauge wrote")
    found = {name: (dict(_ATTRIBUTE.findall(attributes)), packed) for name, attributes, packed in _SCRIPT.findall(text)}
    if len(found) < 2:
        raise FolderError(f"{page} holds no data: an older gradgauge wrote it, or it is not whole; name its run folder instead")
    return found


def _plain(packed: str) -> str:
    return gzip.decompress(base64.b64decode(packed, validate=True)).decode()


def _records(rows: Iterable[dict[str, str]]) -> Iterator[Record]:
    """Records from the rows of a tidy frame, in their order; without samples and facts."""
    for _, group in groupby(rows, key=lambda row: [row.get(name) for name in (*IDENTITY, *_RECORD)]):
        members = list(group)
        first = {name: int(value) if name in _WHOLE else value for name, value in members[0].items()}
        yield Record(
            cell=Cell.from_json(first),
            outcome=Outcome(str(first["outcome"])),
            reason=str(first["reason"]),
            marks=frozenset(str(first["marks"]).split()),
            metrics=tuple(_metric(row) for row in members if row["metric"]),
            block=int(first["block"]),
            order=int(first["order"]),
        )


def _metric(row: Mapping[str, str]) -> Metric:
    value, low, high, number = (float(row[name]) if row[name] else None for name in ("value", "low", "high", "count"))
    size = None if number is None else int(number)
    return Metric(row["metric"], value, row["unit"], row["layer"] or None, low, high, row["method"], size)
