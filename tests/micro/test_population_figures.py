"""What a population costs beside as many plain forward passes in one batch; the goal beside what was seen.

No timing is judged. The goal of 1.3 is for 64 members of rank 1 at the suites' batch.
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

ROOT = Path(__file__).parents[2]
ROUNDS = Path(__file__).with_name("population_rounds.py")
SECONDS = 20
GOAL = 1.3
"""Of 64 members, over one forward pass on a batch 64 times as large."""


def measured(members: int, folder: Path) -> dict[str, list[float]]:
    environment = os.environ | Launch({}, folder, ROOT, "cpu", 1).settings() | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(ROUNDS), str(members), str(SECONDS)]
    return json.loads(subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout)


@pytest.mark.parametrize("members", [16, 64])
def test_members_in_one_pass(benchmark, capsys, tmp_path: Path, members: int) -> None:
    benchmark.group = "population"
    times = benchmark.pedantic(lambda: measured(members, tmp_path), rounds=1, iterations=1)
    ratios = {name: median(x / y for x, y in zip(seen, times["base"], strict=True)) for name, seen in times.items()}
    lines = [f"{members} members: base {median(times['base']) / 1e6:.0f} ms, {len(times['base'])} rounds"]
    lines += [f"  {name:24} {ratio:6.2f} x base" for name, ratio in ratios.items()]
    if members == 64:
        outcome = "reached" if ratios["eggroll"] <= GOAL else "NOT REACHED"
        lines.append(f"  {outcome:12}eggroll / base: at most {GOAL}, seen {ratios['eggroll']:.3g}")
    benchmark.extra_info |= {f"{name} / base": round(ratio, 4) for name, ratio in ratios.items()}
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(lines) + "\n")
    assert min(map(min, times.values())) > 0
