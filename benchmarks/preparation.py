"""Data for the workers, written once by a process of its own: neither the driver nor a worker imports scikit-learn.

What comes with scikit-learn is written while the first cells are measured. What has to be found or downloaded is waited for, so
that what is missing is said before anything is measured.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.executors.process import WORKER
from benchmarks.problems.data.home import LARGE, REAL, DataError, home
from benchmarks.problems.registry import PROBLEMS
from benchmarks.records import Cell
from benchmarks.request import UsageError
from estimators.spec import Spec, parse

SECONDS_TO_PREPARE = 120.0
"""How long the digits may take; they take 3 s, most of it the import of scikit-learn."""

SECONDS_TO_DOWNLOAD = 3600.0
"""How long data may take that may have to be downloaded."""

_MENDABLE = 2  # exit status of the preparing process after a message for the user
_LOOK = 0.05  # seconds


def needed_data(cell: Cell) -> str | None:
    """Which prepared data the problem of a cell reads: an entry of `home.REAL`, or None."""
    spec = parse(cell.problem)
    given = spec.get("data") if spec.name in PROBLEMS.entries else None
    name = given.name if isinstance(given, Spec) else given
    return name if isinstance(name, str) and name in REAL else None


class Preparation:
    """The preparing process; a context manager that ends it. Nothing is started where no cell needs data."""

    def __init__(self, folder: Path, cells: Iterable[Cell], given: Path | None = None) -> None:
        """Keep where data go and which are needed.

        Args:
            folder: where the arrays go.
            cells: what is going to be measured.
            given: the folder for data that the user named, or None.

        Raises:
            UsageError: the folder that was named is not there.
        """
        self.folder = folder
        self._names = sorted({name for cell in cells if (name := needed_data(cell)) is not None})
        self._process: subprocess.Popen[bytes] | None = None
        self._said, self._log = folder / "said.txt", folder / "log.txt"
        self._start = time.monotonic()
        try:
            self._home = home(given)
        except DataError as error:
            raise UsageError(str(error)) from None

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._names:
            job = self.folder / "job.json"
            asked = {"prepare": str(self.folder), "data": self._names, "home": str(self._home)}
            job.write_text(json.dumps(asked), encoding="utf-8")
            with self._said.open("wb") as said, self._log.open("wb") as log:
                command = [sys.executable, "-P", str(WORKER), str(job)]
                self._process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=said, stderr=log, start_new_session=True
                )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def settle(self, say: Callable[[str], None]) -> None:
        """Wait for data that may be missing; return at once where there are none.

        Args:
            say: is told what is being waited for.

        Raises:
            UsageError: see `done`.
        """
        told = ""
        while set(self._names) & set(LARGE) and not self.done():
            lines = self._said.read_text(encoding="utf-8").splitlines()
            if lines and lines[-1] != told:
                told = lines[-1]
                say(told)
            time.sleep(_LOOK)

    def done(self) -> bool:
        """Whether the data are there.

        Raises:
            UsageError: they could not be written, or not in time; the message says why.
        """
        if self._process is None:
            return True
        status, names = self._process.poll(), " and ".join(self._names)
        if status:
            said = self._log.read_text(encoding="utf-8", errors="replace").strip()
            if status == _MENDABLE:
                raise UsageError(said)
            raise UsageError(f"{names} could not be prepared: {said.splitlines()[-1] if said else f'exit status {status}'}")
        limit = SECONDS_TO_DOWNLOAD if set(self._names) & set(LARGE) else SECONDS_TO_PREPARE
        if status is None and time.monotonic() - self._start > limit:
            raise UsageError(f"{names} could not be prepared within {limit:g} s")
        return status == 0
