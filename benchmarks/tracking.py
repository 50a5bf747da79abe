"""What asv's trackers share: one number of one cell, measured in the process that asv gave.

asv installs `estimators` from each commit and nothing but torch and numpy beside it: so data are synthetic, everything of a
commit is imported where it is used, and nothing is started (such a process would import the commit's own, older ruler).

The device is what the environment variable `GRADGAUGE_DEVICE` names, which the matrix of `asv.conf.json` sets for a run without
building anything anew (`env_nobuild`); asv keeps it with every result.
"""

import math
import os
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, TypeVar

from benchmarks.records import ENERGY, PROTOCOL_VERSION, Outcome

if TYPE_CHECKING:
    from benchmarks.harness.readings import Gpu
    from benchmarks.records import Record

DEVICE = "GRADGAUGE_DEVICE"
"""The environment variable: `cpu`, which is the default, `cuda`, `cuda:INDEX`, a GPU UUID or `name:PART`."""

_Method = TypeVar("_Method", bound=Callable[..., float])

VERSION = str(PROTOCOL_VERSION)
"""Of every tracker; raised with the protocol, never by a change of these files: asv joins the results of equal versions."""

_TIMED = (0.01, 4.0, None)  # precision, seconds, draws; asv compares bare numbers: noise must stay far below its factor of 1.1
_COUNTED = (0.5, 0.05, None)  # what is counted needs no precision
_DRAWN = (0.5, 60.0, 256)  # time must not decide about the number of draws: the same ones give the same number
_METERED = (0.5, 30.0, None)  # windows of 5 s, of which a few are made at least
_EFFORT = {"energy_net": _METERED, "multiple": _TIMED, "cosine": _DRAWN, "relative_error": _DRAWN}


def in_unit(unit: str) -> Callable[[_Method], _Method]:
    """Tell asv the unit of a tracker."""

    def told(method: _Method) -> _Method:
        method.unit = unit  # type: ignore[attr-defined]
        return method

    return told


def require_gpu() -> None:
    """Skip what only a GPU has: asv notes NaN.

    Raises:
        SkipNotImplemented: `GRADGAUGE_DEVICE` names the CPU.
    """
    from asv_runner.benchmarks.mark import SkipNotImplemented

    if os.environ.get(DEVICE, "cpu") == "cpu":
        raise SkipNotImplemented(f"a GPU is tracked where {DEVICE} names one")


def require(estimator: str) -> None:
    """Skip what this commit does not have, before anything heavy is imported.

    Args:
        estimator: a spec.

    Raises:
        SkipNotImplemented: the commit lacks the estimator or one of its parameters.
    """
    from asv_runner.benchmarks.mark import SkipNotImplemented

    from estimators.registry import ESTIMATORS
    from estimators.spec import SpecError

    try:
        ESTIMATORS.resolve(estimator)
    except SpecError as error:
        raise SkipNotImplemented(str(error)) from None


def with_tangents(estimator: str, k: int) -> str:
    """The spec of an estimator with k tangents."""
    from estimators.spec import Spec, parse

    spec = parse(estimator)
    return str(Spec(spec.name, tuple(sorted({**dict(spec.parameters), "k": k}.items()))))


def measured(metric: str, estimator: str, problem: str) -> float:
    """One number of one cell, measured here and now on one thread; see `available` for those that a device may not have.

    Args:
        metric: a name of `benchmarks.records.METRICS`; it decides the kind of measurement.
        estimator: a spec.
        problem: a spec, of synthetic data.

    Raises:
        RuntimeError: the cell's outcome is not `ok`, or it has no such number; asv notes it as failed and goes on.
    """
    record = _recorded(metric, estimator, problem)
    value = _value(record, metric)
    if value is None:
        raise RuntimeError(f"{record.outcome}: {record.reason or f'{estimator} has no {metric}'}")
    return value


def available(metric: str, estimator: str, problem: str) -> float:
    """The same of a number that is missing where the device does not tell it: NaN then, never 0.

    Args:
        metric: a name of `benchmarks.records.METRICS`.
        estimator: a spec.
        problem: a spec, of synthetic data.

    Raises:
        RuntimeError: the cell's outcome is neither `ok` nor, for want of a counter, `skipped`.
    """
    record = _recorded(metric, estimator, problem)
    value = _value(record, metric)
    if value is not None:
        return value
    if record.outcome is Outcome.OK or (record.outcome is Outcome.SKIPPED and record.cell.kind == ENERGY):
        return math.nan
    raise RuntimeError(f"{record.outcome}: {record.reason}")


@contextmanager
def placed(environment: MutableMapping[str, str] = os.environ) -> Iterator[str]:
    """The device of this process: `cpu`, or the UUID of a GPU, which is then the only one that CUDA sees here, and is held.

    Args:
        environment: where `GRADGAUGE_DEVICE` is looked up, and what is set for CUDA, which must not have been used yet.

    Raises:
        DeviceError: there is no such device, or another run holds it.
    """
    from benchmarks.harness import gpu

    found = _gpu(environment)
    with nullcontext() if found is None else gpu.locked(found.uuid):
        if found is not None:
            environment.update({"CUDA_VISIBLE_DEVICES": found.uuid, "CUDA_DEVICE_ORDER": "PCI_BUS_ID"})
        yield "cpu" if found is None else found.uuid


def machine_name(host: str, environment: MutableMapping[str, str] = os.environ) -> str:
    """What to call a machine in asv's results: results of two GPUs must never lie under one name.

    Args:
        host: the machine's own name.
        environment: where `GRADGAUGE_DEVICE` is looked up.

    Returns:
        The host, and the name of the GPU where one is named, in characters that fit a folder's name.

    Raises:
        DeviceError: there is no such device.
    """
    found = _gpu(environment)
    words = host if found is None else f"{host}-{found.name}"
    return "".join(character if character.isalnum() or character in "._-" else "-" for character in words)


def _gpu(environment: MutableMapping[str, str]) -> "Gpu | None":
    from benchmarks.harness import gpu
    from benchmarks.harness.probe import GpuProbe

    text = environment.get(DEVICE, "cpu")
    if text == "cpu":
        return None
    with GpuProbe() as probe:
        return gpu.named(text, probe, environment)


def _recorded(metric: str, estimator: str, problem: str) -> "Record":
    from benchmarks.cell import Effort, measure_cell
    from benchmarks.records import Cell, about

    with placed() as device:
        import torch  # after CUDA_VISIBLE_DEVICES is set

        torch.set_num_threads(1)
        cell = Cell(estimator, problem, about(metric).kind, device)
        return measure_cell(cell, Effort(*_EFFORT.get(metric, _COUNTED)))


def _value(record: "Record", metric: str) -> float | None:
    """The metric over all layers."""
    values = [row.value for row in record.metrics if row.metric == metric and row.layer is None]
    return None if not values or values[0] is None else float(values[0])
