"""What the training loop adds to estimate and rule, and the steps a quick training figure is made of; printed, no timing judged.

Aimed at: what the loop does outside of estimator and rule takes 5 % of a step of backprop on a 64-128-10 perceptron, or less.
Both are of the same rounds, so that the ratio is known to a fraction of a percent.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

import pytest

from benchmarks.executors.process import Launch
from benchmarks.harness import training
from benchmarks.harness.gradient import Gradient, generator_for
from benchmarks.problems.task import build_task
from benchmarks.statistics import median_interval
from estimators.optim.registry import build
from estimators.registry import ESTIMATORS

pytestmark = pytest.mark.micro

ROOT = Path(__file__).parents[2]
ROUNDS = Path(__file__).with_name("training_rounds.py")
SECONDS, MOST = 20, 0.05
MLP = "mlp[depth=1]"


def measured(folder: Path) -> dict[str, list[dict[str, float]]]:
    """Rule -> what a step takes by part in each round, in ns, in a process set up as workers are."""
    environment = os.environ | Launch({}, folder, ROOT, "cpu", 1).settings() | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(ROUNDS), str(SECONDS)]
    return json.loads(subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout)


def test_what_the_loop_adds(benchmark, capsys, tmp_path: Path) -> None:
    benchmark.group = "the loop of a training"
    found = benchmark.pedantic(lambda: measured(tmp_path), rounds=1, iterations=1)
    lines = []
    for rule, rounds in found.items():
        added = median_interval([one["outside"] / one["inside"] for one in rounds])
        parts = ", ".join(f"{part} {median(one[part] for one in rounds) / 1e3:.1f} µs" for part in ("inside", "outside", "alone"))
        outcome = "reached" if added.value <= MOST else "NOT REACHED"
        seen = f"{100 * added.value:.2f} % [{100 * (added.low or 0):.2f}, {100 * (added.high or 0):.2f}]"
        lines.append(f"  {outcome:12}{rule}: at most {100 * MOST:.0f} % of a step, seen {seen} in {len(rounds)} rounds ({parts})")
        benchmark.extra_info[f"{rule}, outside / inside"] = round(added.value, 4)
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(lines) + "\n")
    assert min(one["outside"] for rounds in found.values() for one in rounds) > 0


@pytest.mark.parametrize("rule", ["sgd", "adam", "fromage"])
@pytest.mark.parametrize("estimator", ["backprop", "forward-gradient", "multi-tangent[k=4]", "spsa"])
def test_a_training_step(benchmark, estimator, rule):
    benchmark.group = f"one training step, {MLP}"
    problem = build_task(MLP).problem
    gradient = Gradient(problem.objective, ESTIMATORS.build(estimator), generator_for(0, "training", problem.device))
    benchmark(training.Stepper(gradient, build(rule, problem.objective.parameters)).step)
