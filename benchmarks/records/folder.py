"""One run on disk: `run.json` (what was asked, and where), `records.jsonl` (one line a record).

A record exists if and only if its whole line does: a line is written in one append and forced to disk, and a torn last line is
survived and reported. One process at a time may write to a folder. Reading takes no lock, and nothing is ever unpickled.
"""

import fcntl
import json
import os
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.records import series
from benchmarks.records.rows import SCHEMA_VERSION, Cell, Record, finite

if TYPE_CHECKING:
    import numpy

_RECORDS = "records.jsonl"


class FolderError(ValueError):
    """A run folder that cannot be used: not there, not a run, written by a newer gradgauge, or in use."""


@dataclass(frozen=True)
class RunFolder:
    """A run on disk.

    Attributes:
        path: the folder.

    Example:
        >>> import tempfile
        >>> folder = RunFolder.create(Path(tempfile.mkdtemp()) / "run", {"run": "run", "cells": []})
        >>> folder.records()
        ([], [])
    """

    path: Path

    @classmethod
    def create(cls, path: Path, header: Mapping[str, Any]) -> "RunFolder":
        """Make the folder and write its `run.json`.

        Args:
            path: must not hold a run yet.
            header: what `run.json` shall say; the schema version is added.

        Raises:
            FolderError: there is a run in it already, another process is making one, or it cannot be written.
        """
        folder = cls(path)
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FolderError(f"{path} cannot be written: {error.strerror}") from None
        with folder.writing():  # of two that start at once, one gets it
            if folder._header_path.exists() or folder._records_path.stat().st_size:
                raise FolderError(f"{path} holds a run already; resume it with --resume, or choose another folder")
            folder.write_header(header)
        return folder

    @classmethod
    def open(cls, path: Path) -> "RunFolder":
        """The run in an existing folder.

        Raises:
            FolderError: there is none, or a newer gradgauge wrote it.
        """
        folder = cls(Path(path))
        folder.header()
        return folder

    def withdraw(self) -> bool:
        """Take `run.json` away again, where not a line has been written yet; a run can be made here then.

        Returns:
            Whether it is gone.

        Raises:
            FolderError: another process holds the folder, or it cannot be written.
        """
        if self.records() != ([], []):
            return False
        with self.writing():
            try:
                self._header_path.unlink(missing_ok=True)
            except OSError as error:
                raise FolderError(f"{self._header_path} cannot be removed: {error.strerror}") from None
        return True

    def header(self) -> dict[str, Any]:
        """The content of `run.json`.

        Raises:
            FolderError: it is missing or damaged, or its schema is newer than this program's.
        """
        try:
            header = json.loads(self._header_path.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            raise FolderError(f"{self.path} is no run folder: it has no run.json") from None
        except ValueError as error:
            raise FolderError(f"{self._header_path} is damaged: {error}") from None
        if not isinstance(header, dict) or not isinstance(schema := header.get("schema"), int):
            raise FolderError(f"{self._header_path} is damaged: it names no schema version")
        if schema > SCHEMA_VERSION:
            raise FolderError(
                f"{self.path} was written with records schema {schema}; this gradgauge knows {SCHEMA_VERSION} at most: update it"
            )
        return header

    def write_header(self, header: Mapping[str, Any]) -> None:
        """Replace `run.json`, all at once.

        Raises:
            FolderError: it cannot be written; the one that is there stays.
        """
        text = json.dumps(finite({"schema": SCHEMA_VERSION, **header}), indent=1, allow_nan=False)
        partial = self.path / "run.json.partial"
        try:
            with partial.open("w", encoding="utf-8") as stream:
                stream.write(text + "\n")
                stream.flush()
                os.fsync(stream.fileno())
            partial.replace(self._header_path)
        except OSError as error:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
            raise FolderError(f"{self._header_path} cannot be written: {error.strerror}") from None

    def planned(self) -> list[Cell]:
        """The cells that were asked for."""
        return [Cell.from_json(values) for values in self.header().get("cells", [])]

    def records(self) -> tuple[list[Record], list[str]]:
        """All records in the order written, and a note on every line that could not be read (such as a torn last one)."""
        try:
            text = self._records_path.read_bytes()
        except FileNotFoundError:
            return [], []
        records, damage = [], []
        for number, line in enumerate(text.split(b"\n"), start=1):
            if not line:
                continue
            try:
                records.append(Record.from_json(json.loads(line, parse_constant=lambda name: None)))  # NaN of other writers
            except (ValueError, KeyError, TypeError):
                damage.append(f"{self._records_path}, line {number}: unreadable ({len(line)} bytes), left out")
        return records, damage

    def curve(self, cell: Cell) -> dict[str, "numpy.ndarray[Any, Any]"]:
        """The curve that was recorded of a cell: name -> column, NaN where there is no value; empty where there is none.

        Raises:
            FolderError: it cannot be read.
        """
        try:
            return series.read(self.path, cell)
        except (OSError, ValueError) as error:
            raise FolderError(f"{self.path}: the curve {cell.key} is damaged: {error}") from None

    @contextmanager
    def writing(self) -> Iterator["Writer"]:
        """Hold the folder for writing; a torn last line is cut off first.

        Raises:
            FolderError: another process holds it, or it cannot be written.
        """
        try:
            stream = self._records_path.open("a+b")
        except OSError as error:
            raise FolderError(f"{self._records_path} cannot be written: {error.strerror}") from None
        with stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise FolderError(f"{self.path} is in use by another process") from None
            _mend(stream.fileno())
            yield Writer(stream.fileno(), self.path)

    @property
    def _header_path(self) -> Path:
        return self.path / "run.json"

    @property
    def _records_path(self) -> Path:
        return self.path / _RECORDS


@dataclass(frozen=True)
class Writer:
    """Appends records to a folder that is held for writing."""

    descriptor: int
    path: Path

    def append(self, record: Record) -> None:
        """Write one line in one append and force it to disk.

        A curve goes into a file of its own before, so that it is there when the line is.

        Raises:
            FolderError: the disk is full, or the like; nothing of the line stays behind.
        """
        values = record.to_json()
        columns = values.pop("series", None)
        data = (json.dumps(values, allow_nan=False, separators=(",", ":")) + "\n").encode("ascii")
        size = os.fstat(self.descriptor).st_size
        try:
            if columns:
                series.write(self.path, record.cell, columns)
            while data:
                data = data[os.write(self.descriptor, data) :]
            os.fsync(self.descriptor)
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(self.descriptor, size)
            raise FolderError(
                f"{self.path / _RECORDS} cannot be written: {error.strerror}. What was measured before is kept; when there is "
                f"room, go on with: gradgauge run --resume {shlex.quote(str(self.path))}"
            ) from None


def _mend(descriptor: int) -> None:
    """Make the file end with a whole line: end one that is complete, cut off one that is torn."""
    size = os.fstat(descriptor).st_size
    text = os.pread(descriptor, size, 0)
    tail = text[text.rfind(b"\n") + 1 :]
    if not tail:
        return
    try:
        json.loads(tail)
    except ValueError:
        os.ftruncate(descriptor, size - len(tail))
    else:
        os.write(descriptor, b"\n")
