"""What an executor is told and what it tells: the same for every executor."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.plan import Planned
from benchmarks.records import Record

TURN = 0.05
"""Seconds that a process measures at a time where several take turns on the CPU."""


@dataclass(frozen=True)
class Limits:
    """What a cell may take.

    Attributes:
        seconds: wall time, set-up included.
        memory: bytes resident, of all workers together.
    """

    seconds: float
    memory: int


@dataclass(frozen=True)
class Ready:
    """A worker has started; `facts` is what it says about torch and its device."""

    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Started:
    """A cell is being measured from now on."""

    planned: Planned


@dataclass(frozen=True)
class Finished:
    """A cell has its record."""

    planned: Planned
    record: Record


@dataclass(frozen=True)
class Paused:
    """A cell that is measured in turns waits until the next event is asked for."""

    planned: Planned


@dataclass(frozen=True)
class Found:
    """A worker that has measured everything has answered a question."""

    answer: Any


@dataclass(frozen=True)
class Tick:
    """A moment has passed."""


Event = Ready | Started | Paused | Finished | Found | Tick

Admission = Mapping[str, Any] | Record | None
"""What to do with a cell: its effort, to measure it; a record, to leave it at that; None, to ask again later."""

Admit = Callable[[Planned], Admission]
"""Asked right before a cell is handed out."""


class StartError(RuntimeError):
    """A worker could not be started; the message holds what it printed."""
