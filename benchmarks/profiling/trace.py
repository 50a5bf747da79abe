"""A trace of torch's profiler, read back from the Chrome format: what ran on the host and on the device, and what was allocated.

No torch here. Times are in nanoseconds on the trace's own clock, which host and device share.
"""

import gzip
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MARK = "gradgauge::"
"""What the names of our own ranges begin with."""

GRADIENT, EVALUATION = "gradient", "evaluation"
"""The ranges around one profiled gradient, and around one evaluation of the loss without tangents beside them."""

_HOST = ("cpu_op", "user_annotation")
_DEVICE = ("kernel", "gpu_memcpy", "gpu_memset")
_LAUNCHES = ("cuda_runtime", "cuda_driver")
_MEMORY = "[memory]"
_NO_OPERATORS = ("autograd::", "torch::autograd::", "profiler::", MARK)


@dataclass(frozen=True)
class Span:
    """Something that lasted on the host.

    Attributes:
        start: nanoseconds.
        end: nanoseconds.
        name: as the profiler calls it.
    """

    start: int
    end: int
    name: str

    @property
    def is_operator(self) -> bool:
        """Whether it is an operator: neither a range nor a part of the engine that follows a tape."""
        return "::" in self.name and not self.name.startswith(_NO_OPERATORS)


@dataclass(frozen=True)
class Work:
    """A kernel, a copy or a filling of memory on the device.

    Attributes:
        start: nanoseconds.
        end: nanoseconds.
        name: as the profiler calls it.
        launched: when the host launched it; None where the trace does not tell.
    """

    start: int
    end: int
    name: str
    launched: int | None


@dataclass(frozen=True)
class Change:
    """A step of an allocator.

    Attributes:
        at: nanoseconds.
        bytes: allocated, or given back where negative.
        address: of the block.
        on_cpu: whether it is the CPU's allocator.
    """

    at: int
    bytes: int
    address: int
    on_cpu: bool


@dataclass(frozen=True)
class Trace:
    """What a trace holds of use here.

    Attributes:
        host: by their start, outer ones first.
        device: by their start.
        memory: in the order of time.
    """

    host: tuple[Span, ...]
    device: tuple[Work, ...]
    memory: tuple[Change, ...]


def read_trace(path: Path) -> Trace:
    """Read a trace.

    Args:
        path: `.json`, or `.json.gz`.

    Raises:
        ValueError: it is none.
    """
    packed = path.read_bytes()
    content = json.loads(gzip.decompress(packed) if path.suffix == ".gz" else packed)
    if not isinstance(content, dict) or "traceEvents" not in content:
        raise ValueError(f"{path} is no trace: it has no traceEvents")
    return trace_of(content["traceEvents"])


def trace_of(events: Iterable[Mapping[str, Any]]) -> Trace:
    """What there is among the events of a Chrome trace; kinds that are not known here are passed over."""
    known = list(events)
    whole = [event for event in known if event.get("ph") == "X"]
    launches = {_of(event, "correlation"): _ns(event["ts"]) for event in whole if event.get("cat") in _LAUNCHES}
    host = [Span(*_ends(event), str(event["name"])) for event in whole if event.get("cat") in _HOST]
    device = [
        Work(*_ends(event), str(event["name"]), launches.get(_of(event, "correlation")))
        for event in whole
        if event.get("cat") in _DEVICE
    ]
    memory = [_change(event) for event in known if event.get("name") == _MEMORY and _of(event, "Bytes") is not None]
    return Trace(
        tuple(sorted(host, key=lambda span: (span.start, -span.end))),
        tuple(sorted(device, key=lambda work: (work.start, work.end))),
        tuple(sorted(memory, key=lambda change: change.at)),
    )


def _change(event: Mapping[str, Any]) -> Change:
    on_cpu = int(_of(event, "Device Type") or 0) == 0
    return Change(_ns(event["ts"]), int(_of(event, "Bytes")), int(_of(event, "Addr") or 0), on_cpu)


def _of(event: Mapping[str, Any], name: str) -> Any:
    return (event.get("args") or {}).get(name)


def _ends(event: Mapping[str, Any]) -> tuple[int, int]:
    return _ns(event["ts"]), _ns(event["ts"] + event["dur"])


def _ns(microseconds: float) -> int:
    return round(1000 * microseconds)
