"""What a large report takes: 2,000 cells with 200,000 metric rows, the real `quick` run widened; printed, no time judged.

Aimed at are 20 s from the command to the page, 3 MB a page, 1.5 MB of figures in it, and 3 s to load all metric rows. The sizes
are held by `tests/reports/test_scale.py`.
"""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.records import load
from reports import frames
from reports.html import page
from tests.widened import figures_of, widened

pytestmark = pytest.mark.micro

ROOT = Path(__file__).parents[2]
CELLS, ROWS = 2_000, 200_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return widened(CELLS, ROWS).write(tmp_path_factory.mktemp("large") / "run")


@pytest.fixture
def show(benchmark, capsys) -> Callable[[dict[str, object]], None]:
    def shown(figures: dict[str, object]) -> None:
        benchmark.extra_info |= figures
        with capsys.disabled():
            sys.stdout.write("\n" + "".join(f"{name}: {value}\n" for name, value in figures.items()))

    return shown


def test_the_report_from_the_command_to_the_page(benchmark, large: Path, show) -> None:
    benchmark.group = "2,000 cells"
    command = [sys.executable, "-m", "gradgauge", "report", str(large)]
    benchmark.pedantic(subprocess.run, args=(command,), kwargs={"cwd": ROOT, "check": True, "capture_output": True}, rounds=1)
    text = (large / "report.html").read_text(encoding="utf-8")
    seconds = {}
    results = timed(seconds, "seconds to read the records", lambda: frames.read([large]))
    timed(seconds, "seconds to write the page, with the modules loaded", lambda: page(results))
    pictures = figures_of(text)
    show(
        {
            "megabytes of records": round((large / "records.jsonl").stat().st_size / 1e6, 1),
            "seconds from the command to the page": round(benchmark.stats.stats.max, 1),
            **seconds,
            "megabytes of the page": round(len(text.encode()) / 1e6, 2),
            "megabytes of its figures": round(sum(len(picture.encode()) for picture in pictures) / 1e6, 2),
            "panels": len(pictures),
        }
    )
    assert len(results.cells) == CELLS
    assert pictures


@pytest.mark.parametrize("samples", [False, True], ids=["without samples", "with samples"])
def test_loading_all_metric_rows(benchmark, large: Path, show, samples: bool) -> None:
    benchmark.group = "200,000 metric rows"
    frame = benchmark.pedantic(load, args=(large,), kwargs={"samples": samples}, rounds=3)
    show({"metric rows": len(frame), "seconds to load them": round(benchmark.stats.stats.median, 2)})
    assert len(frame) >= ROWS
    assert ("samples" in frame) is samples


def timed(seconds: dict[str, float], name: str, work: Callable[[], Any]) -> Any:
    start = time.perf_counter()
    result = work()
    seconds[name] = round(time.perf_counter() - start, 2)
    return result
