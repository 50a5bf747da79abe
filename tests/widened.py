"""A real `quick` run, and the same made as large as a long one: for what must hold at scale, and for odd runs of real records.

`quick_run.jsonl.gz` beside this file is that run as it was measured (its first line is `run.json`, without the folders of the
machine; every further line is a record). Widening copies its records to larger problems and to other numbers of tangents: values
follow the dimension n and the number of tangents k as their metric does, and scatter by a few percent; intervals keep their
relative width; some copies are failures, some are marked, some have no record.
"""

import gzip
import itertools
import json
import math
import random
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.records import CONTRACT, Cell

MEASURED = Path(__file__).with_name("quick_run.jsonl.gz")

Line = dict[str, Any]
"""One record as JSON."""

_GROWS = {"sphere": "n", "rosenbrock": "n", "mlp": "width", "cnn": "channels", "logistic-regression": "batch"}
_TANGENTS = {1: (), 4: (2, 8), 16: (32, 64)}  # of a record -> of its further copies
_POWERS = {  # metric -> powers of n and of k that it follows
    **dict.fromkeys(
        ("multiple", "ratio_to_backprop", "ratio_to_checkpointed_backprop", "flop_multiple", "peak_multiple"), (0, 1)
    ),
    **dict.fromkeys(("time", "flops", "peak_bytes", "tracked_peak_bytes"), (1, 1)),
    **dict.fromkeys(("base_time", "base_flops", "base_peak_bytes", "kept_bytes", "first_call_time"), (1, 0)),
    **dict.fromkeys(("cosine",), (-0.5, 0.5)),
    **dict.fromkeys(("squared_cosine", "efficiency"), (-1, 1)),
    **dict.fromkeys(("norm_ratio", "bias", "bias_floor"), (0.5, -0.5)),
    **dict.fromkeys(("squared_norm_ratio", "relative_error", "variance"), (1, -1)),
}
_SHARES = ("cosine", "squared_cosine", "efficiency")
_LAYER_METRICS = ("cosine", "norm_ratio", "relative_error", "efficiency")
_SCATTER = 0.05
_FAILURES = {
    "failed": "RuntimeError: the loss is not finite",
    "timeout": "ended after 40 s",
    "out-of-memory": "DefaultCPUAllocator: can't allocate memory",
    "skipped": "needs module: checkpointing runs an nn.Sequential segment by segment",
}


@dataclass(frozen=True)
class Run:
    """A run folder's content at hand.

    Attributes:
        header: of `run.json`, without the planned cells.
        lines: the records.
        absent: cells that were planned and have no record.
    """

    header: Mapping[str, Any]
    lines: list[Line]
    absent: tuple[Line, ...] = ()

    def write(self, folder: Path) -> Path:
        """Write it as a run folder, fast: not line by line, as a run does.

        Args:
            folder: to be made.

        Returns:
            The same.
        """
        cells = [Cell.from_json(line).to_json() for line in (*self.lines, *self.absent)]
        folder.mkdir(parents=True)
        (folder / "run.json").write_text(json.dumps({**self.header, "cells": cells}), encoding="utf-8")
        with (folder / "records.jsonl").open("w", encoding="utf-8") as stream:
            stream.writelines(json.dumps(line, separators=(",", ":")) + "\n" for line in self.lines)
        return folder

    @property
    def metric_rows(self) -> int:
        """How many numbers its records hold."""
        return sum(len(line["metrics"]) for line in self.lines)


def measured() -> Run:
    """The real run."""
    with gzip.open(MEASURED, "rt", encoding="utf-8") as stream:
        header, *lines = map(json.loads, stream)
    return Run(header, lines)


def widened(cells: int, rows: int = 0, seed: int = 0) -> Run:
    """The real run widened.

    Args:
        cells: planned cells, contracts included.
        rows: metrics at least, over all records; reached by further layers in the records of quality, as deep models have them.
        seed: of scatter, failures and marks.
    """
    real, chance = measured(), random.Random(seed)
    chosen: dict[Cell, Line] = {}
    for line in _copies(real.lines, chance):
        chosen.setdefault(Cell.from_json(line), line)
        if len(chosen) == cells:
            break
    recorded = [place < len(real.lines) or chance.random() >= 0.01 for place in range(cells)]
    lines, absent = ([line for line, kept in zip(chosen.values(), recorded, strict=True) if kept is of] for of in (True, False))
    run = Run(real.header, lines, tuple(absent))
    _deepen(run, rows, chance)
    return run


def _copies(lines: list[Line], chance: random.Random) -> Iterator[Line]:
    """The records themselves, then copies of all but the contracts: on ever larger problems, with further numbers of tangents."""
    yield from lines
    of_problems = [line for line in lines if line["kind"] != CONTRACT]
    for factor in itertools.count(1):
        for line in of_problems:
            k = _k(line)
            yield from (_copy(line, factor, k, other, chance) for other in (k, *_TANGENTS.get(k, ())))


def _copy(line: Line, factor: int, k: int, other: int, chance: random.Random) -> Line:
    """A record as it might be on a problem `factor` times as large with `other` tangents instead of k."""
    copy = deepcopy(line)
    grows = _GROWS[copy["problem"].partition("[")[0]]
    copy["problem"] = re.sub(rf"\b{grows}=(\d+)", lambda of: f"{grows}={int(of[1]) * factor}", copy["problem"])
    copy["estimator"] = re.sub(rf"\bk={k}\b", f"k={other}", copy["estimator"])
    growth = 1 if grows == "batch" else factor
    if isinstance(copy["facts"].get("n"), int):
        copy["facts"]["n"] *= growth
    if (luck := chance.random()) < 0.02:
        copy["outcome"] = chance.choice(list(_FAILURES))
        return copy | {"reason": _FAILURES[copy["outcome"]], "metrics": [], "samples": {}}
    copy["marks"] = sorted({*copy["marks"], *(["imprecise"] if luck < 0.07 else []), *(["contended"] if luck > 0.99 else [])})
    _rescale(copy, growth, other / k, chance)
    return copy


def _rescale(copy: Line, growth: float, tangents: float, chance: random.Random) -> None:
    """Let the values of a record follow their powers and scatter; the qualities of an exact estimator stay as they are."""
    if copy["kind"] == "quality" and (copy["facts"].get("declared") or {}).get("exact"):
        return
    for metric in copy["metrics"]:
        name = metric["metric"].removesuffix("_expected")
        by_n, by_k = _POWERS.get(name, (0, 0))
        scatter = chance.gauss(0, _SCATTER) if name in _POWERS and name == metric["metric"] else 0.0
        _scale(metric, growth**by_n * tangents**by_k * math.exp(scatter))
        if name.endswith("_z"):
            metric["value"] = chance.gauss(0, 1)


def _scale(metric: dict[str, Any], by: float) -> None:
    """Multiply a value and its interval; whole numbers stay whole, shares stay shares."""
    share = metric["metric"].removesuffix("_expected") in _SHARES
    for end in ("value", "low", "high"):
        if (value := metric[end]) is not None:
            scaled = round(value * by) if isinstance(value, int) else value * by
            metric[end] = min(scaled, 1.0) if share else scaled


def _k(line: Line) -> int:
    """The number of tangents of a record's estimator, 1 where it has none."""
    found = re.search(r"\bk=(\d+)\b", line["estimator"])
    return int(found[1]) if found else 1


def _deepen(run: Run, rows: int, chance: random.Random) -> None:
    """Add layers to the records of quality until there are so many rows."""
    quality = [line for line in run.lines if line["kind"] == "quality" and line["metrics"]]
    wanted = max(0, rows - run.metric_rows)
    layers = -(-wanted // (len(_LAYER_METRICS) * len(quality)))
    for line in quality:
        overall = {metric["metric"]: metric for metric in line["metrics"] if metric["layer"] is None}
        for layer in range(layers):
            for name in _LAYER_METRICS:
                metric = overall[name] | {"layer": f"blocks.{layer // 2}.{'weight' if layer % 2 == 0 else 'bias'}"}
                _scale(metric, math.exp(chance.gauss(0, 0.5)))
                line["metrics"].append(metric)


def figures_of(text: str) -> list[str]:
    """The pictures of a page, but for the markers of legends."""
    return [picture for picture in re.findall(r"<svg .*?</svg>", text, re.DOTALL) if 'viewBox="0 0 14 14"' not in picture]
