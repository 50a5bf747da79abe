"""Data for the workers, written once by a process of its own: neither the driver nor a worker imports scikit-learn."""

import json
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.executors.process import WORKER
from benchmarks.records import Cell
from benchmarks.request import UsageError
from estimators.spec import parse


def needs_data(cell: Cell) -> bool:
    """Whether the problem of a cell reads prepared data."""
    return parse(cell.problem).get("data") == "digits"


SECONDS_TO_PREPARE = 120.0
"""How long the data may take; reading the digits takes 3 s, most of it the import of scikit-learn."""


class Preparation:
    """The preparing process; a context manager that ends it. Nothing is started where no cell needs data."""

    def __init__(self, folder: Path, cells: Iterable[Cell]) -> None:
        """Keep where data go and whether any are needed."""
        self.folder = folder
        self._needed = any(needs_data(cell) for cell in cells)
        self._process: subprocess.Popen[bytes] | None = None
        self._log = folder / "log.txt"
        self._start = time.monotonic()

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._needed:
            job = self.folder / "job.json"
            job.write_text(json.dumps({"prepare": str(self.folder)}), encoding="utf-8")
            with self._log.open("wb") as log:
                command = [sys.executable, "-P", str(WORKER), str(job)]
                self._process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
                )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def done(self) -> bool:
        """Whether the data are there.

        Raises:
            UsageError: they could not be written, or not in time; the message says why.
        """
        status = None if self._process is None else self._process.poll()
        if status:
            said = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise UsageError(f"the digits could not be prepared: {said[-1] if said else f'exit status {status}'}")
        if self._process is not None and status is None and time.monotonic() - self._start > SECONDS_TO_PREPARE:
            raise UsageError(f"the digits could not be prepared within {SECONDS_TO_PREPARE:g} s")
        return self._process is None or status == 0
