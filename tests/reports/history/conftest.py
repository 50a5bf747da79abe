"""Result files as asv itself writes them, of measurements that are made up here."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from asv.results import Results
from asv.runner import BenchmarkResult

Values = Sequence[float | None]

WIDTH = "track_sweeps.Width"
ESTIMATORS = ("backprop", "spsa")


def commit_of(place: int) -> str:
    """The hash of the n-th commit; the order of hashes is not that of commits."""
    return f"{(97 * place + 3) % 251:02x}" * 20


def date_of(place: int) -> float:
    """When it was committed, seconds since 1970."""
    return 1_700_000_000.0 + 86_400 * place


@dataclass(frozen=True)
class Benchmark:
    """What asv knows of a benchmark."""

    key: str
    unit: str = "x base"
    param_names: tuple[str, ...] = ()
    params: tuple[tuple[str, ...], ...] = ()
    version: str = "2"


@dataclass(frozen=True)
class AsvFolder:
    """A folder of results, written by asv."""

    path: Path
    about: dict[str, Any] = field(default_factory=dict)

    def store(
        self,
        place: int,
        values: Mapping[Benchmark, Values],
        machine: str = "bench",
        environment: str = "virtualenv-py3.11-torch2.13.0",
        samples: Sequence[list[float]] | None = None,
    ) -> None:
        """Store what one commit has: a value for each combination of parameters; or samples, in seconds."""
        results = Results(
            {"machine": machine, "python": "3.11", "os": "Linux", "torch": "2.13.0"},
            {"torch": "2.13.0"},
            commit_of(place),
            round(1000 * date_of(place)),
            "3.11",
            environment,
            {},
        )
        for benchmark, row in values.items():
            params = [list(axis) for axis in benchmark.params]
            about = {"name": benchmark.key, "version": benchmark.version, "params": params}
            number = [1 if samples else None] * len(row)
            stored = list(samples) if samples else [None] * len(row)
            results.add_result(about, BenchmarkResult(list(row), stored, number, 0, "", None))
            self.about[benchmark.key] = {"param_names": list(benchmark.param_names), "unit": benchmark.unit, **about}
        results.save(str(self.path))
        (self.path / machine / "machine.json").write_text(json.dumps({"machine": machine, "version": 1}))
        (self.path / "benchmarks.json").write_text(json.dumps({**self.about, "version": 2}))


@pytest.fixture
def asv_folder(tmp_path: Path) -> AsvFolder:
    """An empty folder of results."""
    return AsvFolder(tmp_path / "results")


def tracker(method: str = "track_runtime_multiple", unit: str = "x base", widths: Sequence[int] = (64,)) -> Benchmark:
    """A tracker of this suite on two estimators and some widths."""
    params = (tuple(map(repr, ESTIMATORS)), tuple(map(repr, widths)))
    return Benchmark(f"{WIDTH}.{method}", unit, ("estimator", "width"), params)


@pytest.fixture
def tracked() -> Callable[..., Benchmark]:
    """Makes a tracker of this suite: `tracked(method, unit, widths)`."""
    return tracker


@pytest.fixture
def slowed(asv_folder: AsvFolder) -> AsvFolder:
    """Eight commits of runtime multiples and forward calls: backprop becomes four times as dear at the sixth."""
    for place in range(8):
        noise = 1 + 0.01 * (-1) ** place
        factor = 4 if place >= 5 else 1
        asv_folder.store(
            place,
            {
                tracker(): [2.6 * factor * noise, 2.0 * noise],
                tracker("track_forward_calls", "calls"): [factor, 2],
            },
        )
    return asv_folder
