"""One worker process as the driver sees it: start it, send it a cell, hear its answer, weigh it, end it with all it started."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import psutil

from benchmarks import provenance
from benchmarks.executors import SCRATCH
from benchmarks.harness.machine import resident_bytes, tree

WORKER = provenance.ROOT / "benchmarks" / "worker.py"

_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
_MALLOC = {"MALLOC_MMAP_THRESHOLD_": "4000000000", "MALLOC_TRIM_THRESHOLD_": "4000000000"}  # else page faults are measured
_CHUNK = 1 << 16
_LAST_MOMENTS = 1.0  # seconds from the closing of the pipe to the end of the process
_OUTPUT_KEPT = 4000  # bytes of what users' code prints


@dataclass(frozen=True)
class Launch:
    """How workers are started.

    Attributes:
        job: what every worker's job file says; `replies` and `lifeline` are added.
        folder: where job files go.
        directory: the working directory, in which users' files are looked up.
        device: `cpu` or the UUID of the one GPU that workers see.
        threads: of torch.
        variables: further environment variables.
    """

    job: Mapping[str, Any]
    folder: Path
    directory: Path
    device: str
    threads: int
    variables: Mapping[str, str] = field(default_factory=dict)

    def settings(self) -> dict[str, str]:
        """The environment variables that are set for workers and may matter to what they measure."""
        device = {"CUDA_VISIBLE_DEVICES": "" if self.device == "cpu" else self.device, "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}
        return {**dict.fromkeys(_THREADS, str(self.threads)), **_MALLOC, **device, SCRATCH: str(self.folder), **self.variables}


class WorkerProcess:
    """A living worker.

    Attributes:
        process: the process.
        replies: descriptor to wait on for its answers.
        mute: whether its end of that pipe is closed, so that no more answers will come.
    """

    def __init__(self, launch: Launch) -> None:
        """Start it, in a session of its own, so that a Ctrl-C in the terminal does not reach it."""
        self.replies, theirs = os.pipe()
        lifeline, self._lifeline = os.pipe()
        os.set_blocking(self.replies, False)
        job = launch.folder / f"job-{os.getpid()}-{theirs}-{time.monotonic_ns()}.json"
        told = {**launch.job, "replies": theirs, "lifeline": lifeline, "threads": launch.threads}
        job.write_text(json.dumps(told), encoding="utf-8")
        self.process = subprocess.Popen(
            [sys.executable, "-P", str(WORKER), str(job)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=launch.directory,
            env={**os.environ, **launch.settings()},
            pass_fds=(theirs, lifeline),
            start_new_session=True,
        )
        os.close(theirs)
        os.close(lifeline)
        self.mute = False
        self._heard = b""
        self._started: set[psutil.Process] = set()
        self._output: deque[bytes] = deque()
        self._reader = threading.Thread(target=_drain, args=(self.process.stdout, self._output), daemon=True)
        self._reader.start()

    @property
    def killed(self) -> bool:
        """Whether a signal has ended it."""
        return (self.process.returncode or 0) < 0

    @property
    def pid(self) -> int:
        """Its process number, which is also that of its session."""
        return self.process.pid

    def send(self, message: Mapping[str, Any]) -> None:
        """Hand it the next cell; a worker that is gone is noticed when its answer is awaited."""
        self._output.clear()
        self.tell(message)

    def tell(self, message: Mapping[str, Any]) -> None:
        """Tell it something about the cell that it has; as `send`."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(message).encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return

    def hear(self) -> list[dict[str, Any]]:
        """The messages that have come in since; never waits.

        Raises:
            ValueError: something that is no message (a JSON object) came through the pipe.
        """
        while True:
            try:
                chunk = os.read(self.replies, _CHUNK)
            except BlockingIOError:
                break
            if not chunk:
                self.mute = True
                break
            self._heard += chunk
        *lines, self._heard = self._heard.split(b"\n")
        messages = [json.loads(line) for line in lines]
        if not all(isinstance(message, dict) for message in messages):
            raise ValueError("not a message")
        return messages

    def gone(self) -> str | None:
        """How it ended, in words; None while it lives."""
        try:
            status = self.process.wait(_LAST_MOMENTS) if self.mute else self.process.poll()
        except subprocess.TimeoutExpired:
            return None
        if status is None:
            return None
        if status < 0:
            return f"the worker was killed by signal {_signal(-status)}"
        return f"the worker ended with exit status {status}"

    def output(self) -> str:
        """The last of what users' code has printed since the cell was sent."""
        self._reader.join(0.1 if self.process.poll() is not None else 0)
        return b"".join(list(self._output))[-_OUTPUT_KEPT:].decode(errors="replace")

    def resident_bytes(self) -> int:
        """Memory it holds, together with everything it started; what that is will be remembered for its end."""
        family = tree(self.pid)
        self._started.update(family)
        return resident_bytes(family)

    def end(self) -> None:
        """Kill it and everything it started, and wait for it."""
        family = tree(self.pid) if self.process.poll() is None else []
        for process in {*family, *self._started}:
            with suppress(psutil.Error):
                process.kill()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)  # what a worker that is gone already has left in its group
        self.process.wait()
        os.close(self.replies)
        os.close(self._lifeline)
        for stream in (self.process.stdin, self.process.stdout):
            _close(stream)


def _drain(stream: IO[bytes], kept: deque[bytes]) -> None:
    """Read what is printed, so that nobody blocks on a full pipe, and keep only the end of it."""
    try:
        while chunk := os.read(stream.fileno(), _CHUNK):
            kept.append(chunk[-_OUTPUT_KEPT:])
            while len(kept) > _OUTPUT_KEPT // 100:
                kept.popleft()
    except (OSError, ValueError):  # closed meanwhile
        return


def _close(stream: IO[bytes] | None) -> None:
    try:
        if stream is not None:
            stream.close()
    except BrokenPipeError:
        return


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)
