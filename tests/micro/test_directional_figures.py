"""What directional estimators cost beside the base pass, backprop, naive code and torchzero; goals beside what was seen.

No timing is judged. A multiple of the base may be a tenth above its goal, for the machine's drift; a ratio to a rival may not.
A peer meets the contract first: one that fails is shown with the clauses it fails, and is not ranked.

Multiples are measured as runs measure them, in processes with a worker's memory settings: nothing that is freed goes back to the
system. Naive code, which allocates afresh, gains by that; so ratios to it are taken in plain processes, as users have them, that
do nothing else: from the largest memory that anybody frees an allocator learns what to keep. There the calls of each side follow
one another for 0.3 s: naive code takes up to a seventh longer in the first call after another side's, as a loop of nothing else
does not.
"""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from statistics import median
from textwrap import shorten
from typing import NamedTuple

import pytest
import torch

from benchmarks.contract.check import check_estimator
from benchmarks.contract.result import ClauseResult, Verdict
from benchmarks.executors.process import Launch
from benchmarks.harness.flops import operations
from benchmarks.problems.problem import build_problem
from estimators.directional.derivatives.jvp import Jvp
from estimators.directional.space import Weights
from estimators.estimator import Factors
from estimators.registry import ESTIMATORS
from tests.micro.directional_goals import (
    DEEP,
    FLOORS,
    MLP,
    SMALL,
    Figure,
    Times,
    figure,
    floor,
    goals,
    products,
    ratio,
    text,
    together,
)
from tests.micro.directional_rounds import PROBLEMS, derivative_alone, peers, tangents_of
from tests.micro.directional_written import Written

pytestmark = pytest.mark.micro

ROOT = Path(__file__).parents[2]
ROUNDS = Path(__file__).with_name("directional_rounds.py")
PROCESSES, SECONDS = 5, 3
BESIDE_NAIVE, IN_A_ROW = 10, 300  # seconds, and milliseconds of calls of each side
BATCH = 64


class Seen(NamedTuple):
    """What the rounds found.

    Attributes:
        times: of each process.
        facts: of the last.
    """

    times: Times
    facts: dict


def measured(group: str, settings: dict[str, str], seconds: float, *options: str) -> Seen:
    """The rounds of some sides, or of all, in one process after the other; see `directional_rounds`."""
    environment = os.environ | settings | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(ROUNDS), group, str(seconds), *options]
    found = []
    for _ in range(PROCESSES):
        found.append(json.loads(subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout))
    return Seen([one["times"] for one in found], found[-1])


def beside_naive(group: str) -> dict[str, Seen]:
    """Naive side -> what it and the estimator beside it take, with what the floor is made of, in plain processes of their own."""
    found = {}
    for goal in goals(group):
        if goal.above.startswith("naive"):
            sides = ["base", "backprop", goal.above, goal.below, *FLOORS[goal.below]]
            found[goal.above] = measured(group, {}, BESIDE_NAIVE, "--sample", str(IN_A_ROW), *sides)
    return found


@cache
def broken(spec: str) -> tuple[ClauseResult, ...]:
    """The clauses of the contract that an estimator fails."""
    return tuple(result for result in check_estimator(ESTIMATORS.build(spec)) if result.verdict is Verdict.FAILED)


def shown(title: str, found: Seen, failing: dict[str, tuple[ClauseResult, ...]]) -> list[str]:
    """The sides from the fastest to the slowest, their parts and floors, and in a section of their own peers that fail."""
    (times, facts), sides = found, list(found.times[0])
    both = {name: (ratio(times, name, "base"), ratio(times, name, "backprop")) for name in sides}

    def line(name: str) -> str:
        base, backprop = both[name]
        return f"  {name:28} {base:8.2f} x base {backprop:8.2f} x backprop  {facts['memory'].get(name, '')}".rstrip()

    base = " ".join(f"{median(one['base']) / 1e6:.3f}" for one in times)
    counted = f"operations of the derivative {facts['operations']:.3f} x base"
    lines = [f"{title}: n = {facts['n']}, base of each {base} ms, {counted}; the last column: class of memory"]
    ranked = [name for name in sides if not name.startswith("least") and name not in failing]
    lines += [line(name) for name in sorted(ranked, key=lambda name: both[name])]
    lines += [line(name) for name in sides if name.startswith("least")]
    lines += [f"  {name:28} left out: {reason}" for name, reason in facts["left_out"].items()]
    for name in FLOORS:
        parts = floor(times, name) if name in sides else None
        if parts:
            sums = [f"{together(times, parts, side):.2f} x {side}" for side in ("base", "backprop")]
            lines.append(f"  floor of {name}: {', '.join(sums)}, for the estimator's {both[name][0]:.2f} ({text(parts)})")
    for name, results in failing.items():
        lines.append(f"  not ranked: {' '.join(line(name).split())}")
        lines += [f"    fails {result.clause}: {shorten(result.observed, 180)}" for result in results]
    return lines


@pytest.mark.parametrize("group", [*MLP, *SMALL, *DEEP])
def test_costs(benchmark, capsys, tmp_path: Path, group: str) -> None:
    benchmark.group = "directional"
    rivals = {} if group in DEEP else {name: broken(spec) for name, spec in peers(tangents_of(group)[1]).items()}
    worker = Launch({}, tmp_path, ROOT, "cpu", 1).settings()
    found = benchmark.pedantic(lambda: measured(group, worker, SECONDS), rounds=1, iterations=1)
    failing = {name: results for name, results in rivals.items() if results and name in found.times[0]}
    lines = shown(f"{group}, a worker's settings", found, failing)
    plain = beside_naive(group)
    for seen in plain.values():
        lines += shown(f"{group}, plain processes", seen, {})
    figures = [figure(plain.get(goal.above, found).times, goal) for goal in goals(group)]
    benchmark.extra_info |= {f"{name} / base": round(ratio(found.times, name, "base"), 4) for name in found.times[0]}
    benchmark.extra_info["goals"] = [recorded(one) for one in figures]
    benchmark.extra_info["peers that fail"] = {name: [result.clause for result in results] for name, results in failing.items()}
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join([*lines, *(one.row() for one in figures)]) + "\n")
    assert min(min(seen) for one in found.times for seen in one.values()) > 0


def recorded(one: Figure) -> dict[str, object]:
    return {
        "figure": f"{one.goal.above} / {one.goal.below}",
        "at least" if one.goal.least else "at most": round(one.limit, 4),
        "seen": round(median(one.seen), 4),
        "processes": [round(seen, 4) for seen in one.seen],
        "floor": None if one.best is None else round(one.best, 4),
        "outcome": one.outcome.value,
    }


@pytest.mark.parametrize("group", DEEP)
def test_the_derivative_of_a_deep_perceptron_takes_no_product_but_those_of_its_formula(group: str) -> None:
    problem, sizes = build_problem(PROBLEMS[group]), products(*DEEP[group])
    with torch.no_grad():
        base = operations(problem.objective.loss)
    assert base == 2 * BATCH * sum(sizes)
    assert operations(derivative_alone(problem)) == 2 * BATCH * (3 * sum(sizes) - sizes[0])


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("problem", ["mlp[depth=3,width=20]", "logistic-regression"])
def test_the_derivatives_that_are_written_out_are_the_derivatives(problem: str, k: int) -> None:
    built = build_problem(problem)
    tangents = {name: torch.randn(k, *value.shape) for name, value in built.objective.parameters.items()}
    along = Jvp().take(Weights(), built.objective, tangents).values
    torch.testing.assert_close(Written(built, list(tangents.values()))(), along)


def test_the_derivative_that_is_written_out_along_factors_is_that_along_their_product() -> None:
    built, tangents = build_problem("mlp[depth=3,width=20]"), []
    for value in built.objective.parameters.values():
        matrix = value.dim() == 2
        tangents.append(Factors(*(torch.randn(size, 1) for size in value.shape)) if matrix else torch.randn(1, len(value)))
    formed = [(one.left @ one.right.T).unsqueeze(0) if isinstance(one, Factors) else one for one in tangents]
    torch.testing.assert_close(Written(built, tangents)(), Written(built, formed)())
