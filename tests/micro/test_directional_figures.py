"""What directional estimators cost beside the base pass, backprop, naive code and torchzero; goals beside what was seen.

No timing is judged. A multiple of the base may be a tenth above its goal, for the machine's drift; a ratio to a rival may not.
A peer that fails the contract is printed with the clauses it fails, and its times are no ranking.

Multiples are measured as runs measure them, in a process with a worker's memory settings: nothing that is freed goes back to the
system. Naive code, which allocates afresh, gains by that; so ratios to it are taken in a plain process, as users have it.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import NamedTuple

import pytest
import torch
from torch import nn

from benchmarks.contract.check import check_estimator
from benchmarks.contract.result import Verdict
from benchmarks.executors.process import Launch
from benchmarks.problems.problem import build_problem
from estimators.directional.derivatives.jvp import Jvp
from estimators.directional.space import Weights
from estimators.registry import ESTIMATORS
from tests.micro.directional_floors import derivative

pytestmark = pytest.mark.micro

ROOT = Path(__file__).parents[2]
ROUNDS, PEERS = (Path(__file__).with_name(name) for name in ("directional_rounds.py", "peers.py"))
SECONDS = 8
DRIFT = 1.1
MLP = ("mlp", "mlp, batch 512", *(f"mlp; k={k}" for k in (4, 8, 16, 32, 64)))
SMALL = ("logistic regression", "logistic regression; k=16", "vit", "cnn", "cnn4")
DEEP = tuple(f"width {width}, depth {depth}" for width in (256, 1024) for depth in (10, 20, 50, 100))
FLOORS = {
    "rademacher": ("least signs", "least scaling"),
    "gaussian": ("least normals", "least scaling"),
    "rademacher mean": ("derivative", "least signs", "least sum"),
    "gaussian mean": ("derivative", "least normals", "least sum"),
    "projection": ("derivative", "least signs", "least Gram matrix", "least sum"),
}
"""What an estimator is made of at least; with the products of a perceptron, or the derivative alone, where k = 1."""


class Goal(NamedTuple):
    """One figure: the time of `above` over that of `below`, at most or (where `least`) at least the limit."""

    group: str
    above: str
    below: str
    limit: float
    least: bool = False

    def reached(self, seen: float) -> bool:
        return seen >= self.limit if self.least else seen <= self.limit * (DRIFT if self.below == "base" else 1)


GOALS = [
    Goal("mlp", "derivative", "base", 2.75),
    Goal("mlp", "rademacher", "base", 3.0),
    Goal("mlp", "naive rademacher", "rademacher", 2.1, least=True),
    Goal("mlp", "rademacher", "backprop", 1.15),
    Goal("mlp", "gaussian", "base", 4.9),
    Goal("mlp", "naive gaussian", "gaussian", 1.35, least=True),
    Goal("mlp", "rank one, lazily", "base", 2.1),
    Goal("mlp", "rademacher, lazily", "rademacher", 1.25),
    Goal("mlp", "gaussian, lazily", "gaussian", 1.5),
    Goal("mlp", "mezo", "base", 3.7),
    Goal("mlp", "mezo, stored", "base", 3.0),
    Goal("mlp, batch 512", "rademacher", "base", 2.7),
    Goal("mlp; k=16", "rademacher mean", "base", 30),
    *(Goal(f"mlp; k={k}", "naive rademacher mean", "rademacher mean", 2.5, least=True) for k in (4, 8, 16, 32, 64)),
    Goal("mlp; k=16", "gaussian mean", "base", 56),
    Goal("mlp; k=16", "naive gaussian mean", "gaussian mean", 1.7, least=True),
    Goal("mlp; k=16", "projection", "base", 34),
    Goal("mlp; k=16", "naive projection", "projection", 4, least=True),
    Goal("mlp; k=16", "projection", "rademacher mean", 1.3),
    Goal("mlp; k=64", "rademacher mean", "base", 140),
    Goal("mlp; k=64", "projection", "base", 190),
    Goal("logistic regression", "rademacher", "base", 4.5),
    Goal("logistic regression; k=16", "naive rademacher mean", "rademacher mean", 5, least=True),
    Goal("vit", "rademacher", "backprop", 1.1),
    Goal("cnn", "rademacher", "backprop", 1.0),
    Goal("cnn4", "rademacher", "backprop", 1.0),
]


def measured(group: str, folder: Path | None) -> dict:
    """What the rounds found in a process with a worker's settings, or in a plain one where there is no folder."""
    launch = {} if folder is None else Launch({}, folder, ROOT, "cpu", 1).settings()
    environment = os.environ | launch | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(ROUNDS), group, str(SECONDS)]
    return json.loads(subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout)


def ratio(times: dict[str, list[float]], above: str, below: str) -> float:
    return median(x / y for x, y in zip(times[above], times[below], strict=True))


def judged(goal: Goal, seen: float) -> str:
    word, outcome = "least" if goal.least else "most", "reached" if goal.reached(seen) else "NOT REACHED"
    return f"  {outcome:12}{goal.above} / {goal.below}: at {word} {goal.limit:.3g}, seen {seen:.3g}"


def shown(title: str, found: dict) -> list[str]:
    times = found["times"]
    lines = [f"{title}: n = {found['n']}, base {median(times['base']) / 1e6:.3f} ms, operations {found['floor']:.3f} x base"]
    for name in times:
        lines.append(f"  {name:28} {ratio(times, name, 'base'):8.2f} x base {ratio(times, name, 'backprop'):8.2f} x backprop")
    lines += [f"  {name:28} left out: {reason}" for name, reason in found["left_out"].items()]
    return lines + floors(times)


def floors(times: dict[str, list[float]]) -> list[str]:
    """For each estimator what its parts cost where each is only the calls of torch that it needs, taken together."""
    lines = []
    for name, needed in FLOORS.items():
        if name not in times:
            continue
        first = () if "derivative" in needed else ("least products" if "least products" in times else "derivative",)
        sums = {side: sum(ratio(times, part, side) for part in (*first, *needed)) for side in ("base", "backprop")}
        text = (
            f"{sums['base']:.2f} x base, {sums['backprop']:.2f} x backprop, for the estimator's {ratio(times, name, 'base'):.2f}"
        )
        lines.append(f"  floor of {name}: {text} ({' + '.join((*first, *needed))})")
    return lines


@pytest.mark.parametrize("group", [*MLP, *SMALL, *DEEP])
def test_costs(benchmark, capsys, tmp_path: Path, group: str) -> None:
    benchmark.group = "directional"
    goals = [goal for goal in GOALS if goal.group == group]
    found = benchmark.pedantic(lambda: measured(group, tmp_path), rounds=1, iterations=1)
    times = found["times"]
    lines = shown(f"{group}, a worker's settings", found)
    if group in DEEP:
        goals.append(Goal(group, "derivative", "base", 1.1 * found["floor"] / DRIFT))
    against_naive = [goal for goal in goals if goal.above.startswith("naive")]
    lines += [judged(goal, ratio(times, goal.above, goal.below)) for goal in goals if goal not in against_naive]
    if against_naive:
        plain = measured(group, None)
        lines += shown(f"{group}, a plain process", plain)
        lines += [judged(goal, ratio(plain["times"], goal.above, goal.below)) for goal in against_naive]
    benchmark.extra_info |= {f"{name} / base": round(ratio(times, name, "base"), 4) for name in times}
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(lines) + "\n")
    assert min(map(min, times.values())) > 0


@pytest.mark.parametrize("law", ["gaussian", "rademacher"])
@pytest.mark.parametrize("name", ["ForwardGradient", "MeZO"])
def test_contract_of_torchzero(benchmark, capsys, name: str, law: str) -> None:
    benchmark.group = "directional"
    estimator = ESTIMATORS.build(f'"{PEERS}:{name}"[directions={law}]')
    results = benchmark.pedantic(lambda: check_estimator(estimator), rounds=1, iterations=1)
    broken = [f"  {result.clause}: {result.observed}" for result in results if result.verdict is Verdict.FAILED]
    with capsys.disabled():
        sys.stdout.write("\n".join([f"\ntorchzero {name}, {law}: {'fails' if broken else 'keeps'} the contract", *broken]) + "\n")
    assert results


@pytest.mark.parametrize("problem", ["mlp[depth=3,width=20]", "logistic-regression"])
def test_the_derivative_that_is_written_out_is_the_derivative(problem: str) -> None:
    built = build_problem(problem)
    layers = [module for module in built.objective.module.modules() if isinstance(module, nn.Linear)]
    tangents = {name: torch.randn_like(value).unsqueeze(0) for name, value in built.objective.parameters.items()}
    along = Jvp().take(Weights(), built.objective, tangents).values
    torch.testing.assert_close(derivative(built, layers, [rows[0] for rows in tangents.values()]), along[0])
