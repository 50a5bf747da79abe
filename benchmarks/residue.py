"""What a cell leaves behind in its process, so that no worker which somebody else's code has changed measures another cell.

Looks at what a process holds once for all its code: working directory, environment, streams, signals, settings of torch, random
states, and what it has started. Does not look at what it cannot see cheaply, such as functions that were replaced in a module.
Python's own random state, which torch advances when it first imports some of its parts, is put back instead.
"""

import gc
import os
import random
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.harness.flags import flags

_OWN = ("KINETO_", "KMP_", "TORCH")
"""Beginnings of the environment variables that torch sets when it first imports one of its parts."""

_SIGNALS = (signal.SIGALRM, signal.SIGCHLD, signal.SIGINT, signal.SIGPIPE, signal.SIGTERM)


def snapshot() -> dict[str, Any]:
    """The state of this process: name -> a value that is equal as long as nothing has changed."""
    return {name: look() for name, look in _LOOKS.items()}


def changed(before: Mapping[str, Any]) -> list[str]:
    """What is not as it was: names, in a fixed order; empty where everything is.

    Args:
        before: the earlier `snapshot` of this process.
    """
    now = snapshot()
    return [name for name in before if now[name] != before[name]]


@contextmanager
def python_random_state_kept() -> Iterator[None]:
    """Put the state of the module `random` back afterwards."""
    before = random.getstate()
    try:
        yield
    finally:
        random.setstate(before)


def _directory() -> str | None:
    try:
        return str(Path.cwd())
    except FileNotFoundError:  # it was removed
        return None


def _streams() -> list[Any]:
    return [(id(stream), getattr(stream, "closed", None)) for stream in (sys.stdin, sys.stdout, sys.stderr)] + [
        _file(descriptor) for descriptor in (0, 1, 2)
    ]


def _file(descriptor: int) -> tuple[int, int] | None:
    try:
        found = os.fstat(descriptor)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _children() -> set[int]:
    """Processes that this one has started, or that were left to it; empty where the kernel does not list them."""
    files = Path("/proc/self/task").glob("*/children")
    return {int(child) for path in files for child in _text(path).split()}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except OSError:  # that thread has ended meanwhile
        return ""


def _modes() -> list[Any]:
    return [
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
        torch.is_anomaly_enabled(),
        gc.isenabled(),
        sys.getrecursionlimit(),
    ]


def _random_states() -> list[bytes]:
    _, keys, *rest = np.random.get_state(legacy=True)
    return [torch.get_rng_state().numpy().tobytes(), np.asarray(keys).tobytes(), repr(rest).encode()]


_LOOKS: Mapping[str, Callable[[], Any]] = {
    "working directory": _directory,
    "environment": lambda: {name: value for name, value in os.environ.items() if not name.startswith(_OWN)},
    "standard streams": _streams,
    "signal handlers": lambda: [signal.getsignal(number) for number in _SIGNALS],
    "alarm": lambda: signal.getitimer(signal.ITIMER_REAL)[0] > 0,
    "default dtype": torch.get_default_dtype,
    "default device": torch.get_default_device,
    "threads of torch": torch.get_num_threads,
    "modes": _modes,
    "kernels and precision": flags,
    "random states": _random_states,
    "processor affinity": lambda: os.sched_getaffinity(0),
    "Python threads": lambda: {thread.ident for thread in threading.enumerate()},
    "child processes": _children,
    "compiled code": lambda: "torch._inductor.compile_fx" in sys.modules,  # its caches would warm the next compilation
    "captured graphs": lambda: "estimators.captured" in sys.modules,  # a capture that failed may leave the stream unfit
}
