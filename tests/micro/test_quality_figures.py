"""What a quality study adds to drawing its tangents, and how far it is from a naive loop; printed, no timing judged.

Aimed at, for the mean and for the projection at n = 16384, k = 16 and 1000 draws: at most 1.3 times drawing the same numbers by
`torch.randn`, and at least four times as fast as a loop that draws signs by `randint`.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

import pytest

from benchmarks.executors.process import Launch

pytestmark = pytest.mark.micro

ROUNDS = Path(__file__).with_name("quality_rounds.py")
ROOT = Path(__file__).parents[2]


def test_a_thousand_draws_of_sixteen_tangents(benchmark, capsys, tmp_path: Path) -> None:
    environment = os.environ | Launch({}, tmp_path, ROOT, "cpu", 1).settings() | {"PYTHONPATH": str(ROOT)}

    def rounds() -> dict[str, list[float]]:
        done = subprocess.run([sys.executable, str(ROUNDS)], env=environment, check=True, capture_output=True, text=True)
        return json.loads(done.stdout)

    seconds = benchmark.pedantic(rounds, rounds=1, iterations=1)
    drawing = min(("randn", "randn, buffer"), key=lambda name: median(seconds[name]))
    figures = {f"{name}, s": round(median(values), 3) for name, values in seconds.items()}
    for aggregation in ("mean", "projection"):
        gaussian, rademacher = (
            zip(seconds[f"{aggregation}, {law}"], seconds[other], strict=True)
            for law, other in (("gaussian", drawing), ("rademacher", f"{aggregation}, loop"))
        )
        figures[f"{aggregation}, gaussian over randn (aim 1.3)"] = round(median(ours / other for ours, other in gaussian), 3)
        figures[f"{aggregation}, loop over rademacher (aim 4)"] = round(median(other / ours for ours, other in rademacher), 2)
    benchmark.extra_info |= figures
    with capsys.disabled():
        sys.stdout.write("\n" + "".join(f"{name}: {value}\n" for name, value in figures.items()))
    assert {len(taken) for taken in seconds.values()} == {5}  # rounds, every side in each of them
