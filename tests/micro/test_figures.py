"""The figures the product aims at, taken as a user takes them: by the command, in fresh workers; printed, no timing judged.

The `quick` suite is to take 90 s from the command to its report, with 60 cells or more and 90 % of the multiples within 3 %; one
Rademacher forward gradient on a 784-1024-1024-10 perceptron is to cost 3.4 base passes or less, drawing and forming included.
The three sweeps are to take 12 minutes together on two cores.
"""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from scipy import stats

from benchmarks.records import CONTRACT, RunFolder, latest, load
from benchmarks.request import Request
from benchmarks.runner import expected_seconds
from reports.html import write_report

pytestmark = pytest.mark.micro

ROOT = Path(__file__).parents[2]
Show = Callable[[dict[str, object]], None]


@pytest.fixture
def show(benchmark, capsys) -> Show:
    def shown(figures: dict[str, object]) -> None:
        benchmark.extra_info |= figures
        with capsys.disabled():
            sys.stdout.write("\n" + "".join(f"{name}: {value}\n" for name, value in figures.items()))

    return shown


def run(benchmark, *arguments: str) -> None:
    def command() -> None:
        subprocess.run([sys.executable, "-m", "gradgauge", "run", *arguments], cwd=ROOT, check=True, capture_output=True)

    benchmark.pedantic(command, rounds=1, iterations=1)


def multiples(frame: pd.DataFrame) -> pd.DataFrame:
    rows = frame[frame["metric"] == "multiple"]
    return rows.assign(half_width=(rows["high"] - rows["low"]) / 2 / rows["value"])


def test_the_quick_suite(benchmark, tmp_path: Path, show: Show) -> None:
    benchmark.group = "quick"
    start = time.perf_counter()
    run(benchmark, "quick", "--out", str(tmp_path / "run"))
    seconds, frame = time.perf_counter() - start, load(tmp_path / "run")
    cost, z = multiples(frame), frame[frame["metric"].str.endswith("_z", na=False)]["value"]
    cosine = frame[(frame["metric"] == "cosine") & frame["layer"].isna() & (frame["count"] > 2)]
    error = (cosine["high"] - cosine["low"]) / 2 / stats.t.ppf(0.975, cosine["count"].astype(float) - 1) / cosine["value"].abs()
    show(
        {
            "seconds from the command to the report": round(seconds, 1),
            "megabytes of report.html": round((tmp_path / "run" / "report.html").stat().st_size / 1e6, 2),
            "cells with cost, memory and quality": len(cost),
            "estimators": cost["estimator"].nunique(),
            "multiples within 3 %": round(float((cost["half_width"] <= 0.03).mean()), 3),
            "scores z": len(z),
            "largest |z|": round(float(z.abs().max()), 2),
            "Kolmogorov-Smirnov p": round(float(stats.kstest(z, "norm").pvalue), 3),
            "largest relative standard error of a mean cosine": round(float(error.max()), 5),
        }
    )
    assert set(frame["outcome"]) == {"ok"}
    assert len(cost) >= 60
    assert cost["estimator"].nunique() >= 15
    assert z.abs().max() < 5
    assert (z.abs() > 4).mean() <= 1e-3
    assert stats.kstest(z, "norm").pvalue > 1e-3
    assert error.max() <= 0.01 + 1e-9


def test_one_rademacher_forward_gradient(benchmark, tmp_path: Path, show: Show) -> None:
    benchmark.group = "784-1024-1024-10 perceptron"
    problem = "mlp[depth=2,width=1024,data=synthetic[features=784,classes=10]]"
    estimator = "forward-gradient[directions=rademacher]"
    asked = ("custom", "-e", estimator, "-p", problem, "--measure", "cost", "--precision", "1%", "--processes", "3")
    run(benchmark, *asked, "--out", str(tmp_path / "run"))
    rows = multiples(load(tmp_path / "run"))
    found = rows[rows["estimator"].str.startswith("forward-gradient")]["value"].round(3).tolist()
    show({"multiples of three processes": found})
    assert min(found) > 2  # one forward pass for the loss and at least one for the tangent


@pytest.mark.parametrize("suite", ["dimensions", "depth", "tangents"])
def test_the_sweeps(benchmark, tmp_path: Path, show: Show, suite: str) -> None:
    benchmark.group = "sweeps"
    start = time.perf_counter()
    run(benchmark, suite, "--out", str(tmp_path / "run"))
    seconds, page = time.perf_counter() - start, tmp_path / "run" / "report.html"
    records = [record for record in latest(RunFolder.open(tmp_path / "run").records()[0]) if record.cell.kind != CONTRACT]
    begun = time.perf_counter()
    write_report([tmp_path / "run"])
    show(
        {
            f"{suite}: seconds from the command to the report": round(seconds, 1),
            f"{suite}: seconds expected": round(expected_seconds(Request(suite)), 1),
            f"{suite}: seconds to write the report": round(time.perf_counter() - begun, 1),
            f"{suite}: megabytes of report.html": round(page.stat().st_size / 1e6, 2),
            f"{suite}: cells": len(records),
            f"{suite}: cells marked imprecise": sum("imprecise" in record.marks for record in records),
        }
    )
    assert all(record.outcome.done for record in records)
