"""What the training loop adds to estimate and rule, and the steps a quick training figure is made of; printed, no timing judged.

Aimed at: the loop outside of estimator and rule takes 5 % of a step of backprop on a 64-128-10 perceptron, or less. Both sides
are timed in the same rounds, so that the ratio is known to a fraction of a percent.
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
SECONDS, MOST = 20, 1.05
MLP = "mlp[depth=1]"


def measured(folder: Path) -> dict[str, list[float]]:
    """Side -> nanoseconds of one step in each round, in a process set up as workers are."""
    environment = os.environ | Launch({}, folder, ROOT, "cpu", 1).settings() | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(ROUNDS), str(SECONDS)]
    return json.loads(subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout)


def test_what_the_loop_adds(benchmark, capsys, tmp_path: Path) -> None:
    benchmark.group = "the loop of a training"
    times = benchmark.pedantic(lambda: measured(tmp_path), rounds=1, iterations=1)
    lines = [f"fetching a minibatch: {median(times['fetching']) / 1e3:.1f} µs, {len(times['fetching'])} rounds"]
    for name in [name for name in times if name.startswith("steps")]:
        rule = name.removeprefix("steps, ")
        found = median_interval([x / y for x, y in zip(times[f"loop, {rule}"], times[name], strict=True)])
        outcome = "reached" if found.value <= MOST else "NOT REACHED"
        seen = f"{found.value:.4f} [{found.low:.4f}, {found.high:.4f}]"
        lines.append(
            f"  {outcome:12}{rule}, a step {median(times[name]) / 1e3:.0f} µs, loop / steps: at most {MOST}, seen {seen}"
        )
        benchmark.extra_info[f"{rule}, loop / steps"] = round(found.value, 4)
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(lines) + "\n")
    assert min(map(min, times.values())) > 0


@pytest.mark.parametrize("rule", ["sgd", "adam", "fromage"])
@pytest.mark.parametrize("estimator", ["backprop", "forward-gradient", "multi-tangent[k=4]", "spsa"])
def test_a_training_step(benchmark, estimator, rule):
    benchmark.group = f"one training step, {MLP}"
    problem = build_task(MLP).problem
    gradient = Gradient(problem.objective, ESTIMATORS.build(estimator), generator_for(0, "training", problem.device))
    benchmark(training.Stepper(gradient, build(rule, problem.objective.parameters)).step)
