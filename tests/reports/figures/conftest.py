"""Degenerate runs, made from the records of a real one: what every figure must survive, and stay a picture."""

import itertools
import math
import re
from collections.abc import Callable, Iterable
from copy import deepcopy

import pytest

from benchmarks.records import CONTRACT, Cell, series
from reports import frames
from tests.trained import training_of
from tests.widened import Line, Run, measured, widened

LONG = 200
"""Characters of a name."""

_PROBLEMS = ("sphere[n=64]", "mlp[activation=relu,batch=64,data=digits,depth=2,width=128]")


_JOULES = (
    "energy",
    "energy_net",
    "energy_bound",
    "energy_net_bound",
    "base_energy",
    "backprop_energy",
    "energy_ratio_to_backprop",
)
_OF_A_GPU = ("allocated_peak_bytes", "reserved_peak_bytes", "nvml_process_bytes", "nvml_device_bytes")


def _small() -> Run:
    """The real run on two of its problems, as if a GPU had been there: with energies, memory as it counts it, and trainings."""
    real = measured()
    lines = [line for line in real.lines if line["problem"] in (*_PROBLEMS, CONTRACT)]
    energies = [_metered(line) for line in lines if line["kind"] == "cost"]
    counted = [_counted(line) if line["kind"] == "memory" else line for line in lines]
    trained = dict.fromkeys((line["estimator"], line["problem"]) for line in lines if line["kind"] == "quality")
    trainings = [_training(*method, seed) for method in trained for seed in range(2)]
    return Run(real.header, [*counted, *energies, *trainings])


def _training(estimator: str, problem: str, seed: int) -> Line:
    """A training of three steps; its curve is in the record, from which `degenerate` writes it beside."""
    losses = [4.0, 3.0, 2.0, 1.0 + seed]
    return training_of(estimator, losses, problem=problem, seed=seed).to_json()


def _metered(line: Line) -> Line:
    """What the energy of a cell might be: 100 W for the time of a gradient, with half of it idle."""
    times = {metric["metric"]: metric["value"] for metric in line["metrics"]}
    shares = dict(zip(_JOULES, (1.0, 0.5, 0.02, 0.02, 0.3, 0.9, 1.1), strict=True))
    spent = 1e-7 * (times.get("time") or 1e6)
    metrics = [_metric(name, spent * share, "J") for name, share in shares.items()] if line["metrics"] else []
    return line | {"kind": "energy", "metrics": metrics, "samples": {}}


def _counted(line: Line) -> Line:
    exact = next((metric["value"] for metric in line["metrics"] if metric["metric"] == "peak_bytes"), None)
    further = [_metric(name, exact * factor, "B") for factor, name in enumerate(_OF_A_GPU, start=2)] if exact else []
    return line | {"metrics": [*line["metrics"], *further]}


def _metric(name: str, value: float, unit: str) -> Line:
    ends = {"low": 0.95 * value, "high": 1.05 * value} if unit == "J" else {"low": None, "high": None}
    return {"metric": name, "value": value, "unit": unit, "layer": None, **ends, "method": "", "count": 5}


def _one(kind: str) -> Run:
    """A single cell of one kind, of an estimator with tangents."""
    small = _small()
    [line, *_] = [line for line in small.lines if line["kind"] == kind and "k=4" in line["estimator"]]
    return Run(small.header, [line])


def _failed() -> Run:
    small = _small()
    gone = {"outcome": "failed", "reason": "ValueError: no", "metrics": [], "samples": {}, "facts": {}, "series": {}}
    return Run(small.header, [line | gone for line in small.lines])


def _with_values(values: Iterable[float], ends: bool = True) -> Run:
    """Every number replaced, by these in turn; its interval too, or taken away."""
    small, turns = deepcopy(_small()), itertools.cycle(values)
    for metric in (metric for line in small.lines for metric in line["metrics"]):
        metric |= {end: next(turns) if ends else None for end in ("value", "low", "high")}
    for curve in (line["series"] for line in small.lines if "series" in line):
        curve["loss"] = [next(turns) for _ in curve["loss"]]
    return small


def _one_draw() -> Run:
    """Numbers without intervals, each from one sample; trainings of one seed that end at their first validation."""
    small = deepcopy(_small())
    for metric in (metric for line in small.lines for metric in line["metrics"]):
        metric |= {"low": None, "high": None, "count": 1}
    for line in small.lines:
        if "series" in line:
            line["series"] = {name: values[:1] for name, values in line["series"].items()}
    return Run(small.header, [line for line in small.lines if line["seed"] == 0])


def _long_names() -> Run:
    """Estimators and problems of a user's own whose names fill a page; tangents and sizes are kept."""
    small = _small()
    return Run(small.header, [line | {name: _long(line[name]) for name in ("estimator", "problem")} for line in small.lines])


def _long(spec: str) -> str:
    if spec == CONTRACT:
        return spec
    word = "".join(re.findall("[a-z]", spec))
    kept = re.findall(r"\b(?:k|n|width)=\d+", spec)
    return f"my.py:{(word * LONG)[:LONG]}[{','.join(kept)}]" if kept else f"my.py:{(word * LONG)[:LONG]}"


def _crowded() -> Run:
    """Hundreds of estimators on one problem."""
    small = _small()
    lines = [line for line in small.lines if line["problem"] == _PROBLEMS[0] and "gaussian,k=1," in line["estimator"]]
    copies: list[Line] = []
    for number, line in itertools.product(range(400), lines):
        copies.append(line | {"estimator": line["estimator"].replace("k=1,", f"k={number + 1},")})
    return Run(small.header, copies)


DEGENERATE: dict[str, Callable[[], Run]] = {
    "one-cost": lambda: _one("cost"),
    "one-memory": lambda: _one("memory"),
    "one-quality": lambda: _one("quality"),
    "one-energy": lambda: _one("energy"),
    "one-training": lambda: _one("training"),
    "all-failed": _failed,
    "nan": lambda: _with_values([math.nan]),
    "infinite": lambda: _with_values([math.inf, -math.inf, math.inf, 1.0]),
    "extreme": lambda: _with_values([1e200, 1e-200, 0.0, -1.0, 1e-5]),
    "equal": lambda: _with_values([1.0]),
    "one-draw": _one_draw,
    "long-names": _long_names,
    "crowded": _crowded,
}


@pytest.fixture(scope="session", params=DEGENERATE)
def degenerate(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> frames.Results:
    """What a report reads from a degenerate run of each kind in turn."""
    run = DEGENERATE[request.param]()
    folder = run.write(tmp_path_factory.mktemp("degenerate") / request.param)
    for line in run.lines:
        if line.get("series"):
            series.write(folder, Cell.from_json(line), line["series"])
    return frames.read([folder])


@pytest.fixture(scope="session")
def ten_thousand(tmp_path_factory: pytest.TempPathFactory) -> frames.Results:
    """What a report reads from a run of 10,000 cells."""
    return frames.read([widened(10_000).write(tmp_path_factory.mktemp("degenerate") / "ten-thousand")])
