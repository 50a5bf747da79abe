"""What a report makes of a real run, word for word: its sentences, its descriptions, and the frames behind its pictures.

The run is that of `tests/quick_run.jsonl.gz` on two of its problems. After a change that is meant, the file is written anew by
`GRADGAUGE_GOLDEN=write pytest tests/reports/test_golden.py`, and its difference is read before it is committed.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from benchmarks.records import CONTRACT
from reports import findings, frames
from reports.figures import FIGURES
from reports.figures.selection import Panel
from tests.widened import Run, measured

GOLDEN = Path(__file__).parent / "golden" / "quick.txt"
PROBLEMS = ("sphere[n=64]", "mlp[activation=relu,batch=64,data=digits,depth=2,width=128]")
ENDS = ("value", "low", "high")


def test_the_words_and_numbers_of_a_real_run_are_those_that_were_read_and_found_right(tmp_path: Path) -> None:
    real = measured()
    run = Run(real.header, [line for line in real.lines if line["problem"] in (*PROBLEMS, CONTRACT)])
    said = "\n".join(lines(frames.read([run.write(tmp_path / "run")]))) + "\n"
    if os.environ.get("GRADGAUGE_GOLDEN") == "write":
        GOLDEN.write_text(said, encoding="utf-8")
    assert said.splitlines() == GOLDEN.read_text(encoding="utf-8").splitlines()


def lines(results: frames.Results) -> Iterator[str]:
    """Everything that is said of a run, but for figures that show nothing of it."""
    yield f"{findings.title(results)}: {findings.headline(results)}"
    yield findings.opening(results)
    yield from (f"! {notice.text}" if notice.grave else f"- {notice.text}" for notice in findings.notices(results))
    for figure in FIGURES:
        selection = figure.select(results)
        if not selection.panels:
            continue
        yield f"\n== {figure.NAME}: {figure.finding(selection)}"
        yield figure.describe(selection)
        for panel in selection.pictures:
            yield from framed(panel)


def framed(panel: Panel) -> Iterator[str]:
    """The numbers behind a picture, to six digits."""
    ends = [end for end in ENDS if end in panel.data]
    yield f"picture {panel.title}"
    for row in panel.rows:
        yield "    ".join([row["label"], *(f"{end} {row[end]:.6g}" for end in ends)])
