"""Directional estimators beside the base pass, backprop, naive code and torchzero, in interleaved rounds of one process.

Run by `test_directional_figures`: `directional_rounds.py GROUP SECONDS [--sample MS] [SIDE ...]` writes times in nanoseconds, one
a round, as JSON; of these sides, by default of all.
"""

import json
import random
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path

import torch

from benchmarks.harness.base import Base
from benchmarks.harness.clock import clock_of, collector_off
from benchmarks.harness.flops import operations
from benchmarks.harness.gradient import Gradient
from benchmarks.harness.rounds import Rounds, Side, Step, calibrate, inner_counts, paired_rounds
from benchmarks.problems.problem import Problem, build_problem
from estimators.directional.directions.rademacher import Rademacher
from estimators.directional.estimator import Directional
from estimators.directional.streams import Keyed
from estimators.registry import ESTIMATORS
from tests.micro.directional_floors import parts, tangents_like
from tests.micro.directional_goals import DEEP
from tests.micro.directional_naive import Naive
from tests.micro.directional_written import Written

SAMPLE_MS = 20  # shortest sample: the first calls after fifteen other sides run from cold caches, which no user's do
FEWEST_ROUNDS = 3  # of one process
IMAGES = "data=synthetic[features=784,classes=10]"
PROBLEMS = {
    "mlp": f"mlp[depth=2,width=1024,{IMAGES}]",
    "mlp, batch 512": f"mlp[depth=2,width=1024,batch=512,{IMAGES}]",
    "logistic regression": f"logistic-regression[{IMAGES}]",
    "vit": "vit",
    "cnn": "cnn",
    "cnn4": "cnn4[channels=32,width=256]",
    **{group: f"mlp[depth={depth},width={width},{IMAGES}]" for group, (width, depth) in DEEP.items()},
}


Build = Callable[[], Side]


class Work:
    """A function as a side of the rounds."""

    def __init__(self, work: Callable[[], object]) -> None:
        self.work = work

    def run(self, count: int) -> None:
        for _ in range(count):
            self.work()

    def restore(self) -> None:
        """Nothing: each leaves the model as it was."""


def derivative_alone(problem: Problem, k: int = 1) -> Callable[[], object]:
    estimator = Directional(k=k, directions=Rademacher())
    tangents = estimator.directions.draw(estimator.space.layout(problem.objective), range(k), Keyed(1))
    return partial(estimator.derivative.take, estimator.space, problem.objective, tangents)


def gradient(problem: Problem, spec: str) -> Side:
    return Gradient(problem.objective, ESTIMATORS.build(spec), torch.Generator().manual_seed(1))


def peers(k: int) -> dict[str, str]:
    """The rivals for k tangents: side -> spec. torchzero's MeZO loops over tangents; it has figures for one."""
    classes = {"torchzero forward gradient": "ForwardGradient"} | ({"torchzero mezo": "MeZO"} if k == 1 else {})
    path = Path(__file__).with_name("peers.py")
    return {side: f'"{path}:{name}"[k={k},directions=rademacher]' for side, name in classes.items()}


def one(problem: Problem) -> dict[str, Build]:
    sides: dict[str, Build] = {
        "derivative": lambda: Work(derivative_alone(problem)),
        "rank one, lazily": partial(gradient, problem, "lazy-forward-gradient[directions=low-rank[rank=1]]"),
        "mezo": partial(gradient, problem, "mezo[directions=rademacher]"),
        "mezo, stored": partial(gradient, problem, "spsa"),
    }
    for law in ("rademacher", "gaussian"):
        sides[law] = partial(gradient, problem, f"forward-gradient[directions={law}]")
        sides[f"{law}, lazily"] = partial(gradient, problem, f"lazy-forward-gradient[directions={law}]")
        sides[f"naive {law}"] = partial(Work, Naive(problem, law, 1).mean)
    return sides


def several(problem: Problem, k: int) -> dict[str, Build]:
    sides: dict[str, Build] = {"derivative": lambda: Work(derivative_alone(problem, k))}
    for law in ("rademacher", "gaussian"):
        sides[f"{law} mean"] = partial(gradient, problem, f"forward-gradient[k={k},directions={law}]")
        sides[f"naive {law} mean"] = partial(Work, Naive(problem, law, k).mean)
    sides["projection"] = partial(gradient, problem, f"multi-tangent[k={k},directions=rademacher]")
    sides["naive projection"] = partial(Work, Naive(problem, "rademacher", k).projection)
    return sides


def of_depth(problem: Problem) -> dict[str, Build]:
    def products() -> Side:
        return Work(Written(problem, tangents_like(problem, 1)))

    return {"derivative": lambda: Work(derivative_alone(problem)), "least products": products}


def tangents_of(group: str) -> tuple[str, int]:
    """The problem's name and the number of tangents: `mlp; k=16` -> `mlp`, 16; 1 where none is named."""
    name, _, k = group.partition("; k=")
    return name, int(k or 1)


def sides_of(group: str, names: Collection[str] = ()) -> tuple[Problem, dict[str, Side]]:
    """The problem and the sides of a group, or those of them that are named; nothing is made of the others."""
    name, k = tangents_of(group)
    problem = build_problem(PROBLEMS[name])
    builds: dict[str, Build] = {"base": partial(Base, problem), "backprop": partial(gradient, problem, "backprop")}
    if name in DEEP:
        builds |= of_depth(problem)
    else:
        builds |= several(problem, k) if k > 1 else one(problem)
        builds |= {side: partial(gradient, problem, spec) for side, spec in peers(k).items()}
        builds |= {f"least {part}": partial(_of_part, build) for part, build in parts(problem, k).items()}
    if not set(names) <= builds.keys():
        raise ValueError(f"sides must be among {', '.join(builds)}, got {', '.join(names)}")
    return problem, {side: build() for side, build in builds.items() if side in names or not names}


def _of_part(build: Callable[[], Callable[[], object]]) -> Side:
    return Work(build())


def memory_of(problem: Problem, sides: dict[str, Side]) -> dict[str, str]:
    """Side -> the class of memory that its estimator declares."""
    shapes = {name: tuple(value.shape) for name, value in problem.objective.parameters.items()}
    estimators = {name: side.estimator for name, side in sides.items() if isinstance(side, Gradient)}
    return {name: one.declaration(shapes, problem.objective.batch_size).memory for name, one in estimators.items()}


def without_those_that_fail(sides: dict[str, Side]) -> dict[str, str]:
    """Take away the peers that cannot differentiate a problem, and say why."""
    reasons = {}
    for name in [name for name in sides if name.startswith("torchzero")]:
        try:
            sides[name].run(1)
        except (NotImplementedError, RuntimeError) as error:
            reasons[name] = str(error).partition("\n")[0]
            del sides[name]
    return reasons


def measured(sides: dict[str, Side], seconds: float, fewest: int = FEWEST_ROUNDS, sample: float = SAMPLE_MS) -> Rounds:
    """Rounds for about this long, every side repeated to last as long as the longest up to a tenth of a second, or `sample`.

    Args:
        sides: base among them.
        seconds: for all rounds.
        fewest: rounds.
        sample: how long the calls of one side in a row last at least, in milliseconds; where one call lasts longer, it is one.
    """
    clock = clock_of(torch.device("cpu"))
    for side in sides.values():
        side.run(2)
    single = {name: calibrate(side, clock) for name, side in sides.items()}
    length = max(sample * 1e6, min(max(single.values()), 1e8))
    counts = inner_counts(single, dict.fromkeys(sides, length))

    def decide(rounds: Rounds, spent: int) -> Step:
        enough = len(rounds.samples["base"]) >= fewest and spent > seconds * 1e9
        return Step.ENOUGH if enough else Step.GO_ON

    return paired_rounds(sides, counts, clock, decide, random.Random(0))


def main(group: str, seconds: float, sample: float, names: Sequence[str]) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    problem, sides = sides_of(group, names)
    memory, left_out = memory_of(problem, sides), without_those_that_fail(sides)
    with collector_off():
        rounds = measured(sides, seconds, sample=sample)
    multiple = operations(derivative_alone(problem)) / operations(lambda: sides["base"].run(1))
    times = {name: rounds.times(name).tolist() for name in sides}
    found = {"times": times, "operations": multiple, "n": problem.objective.coordinates(), "memory": memory, "left_out": left_out}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    parser = ArgumentParser()
    parser.add_argument("group")
    parser.add_argument("seconds", type=float)
    parser.add_argument("--sample", type=float, default=SAMPLE_MS)
    parser.add_argument("names", nargs="*")
    given = parser.parse_intermixed_args()
    main(given.group, given.seconds, given.sample, given.names)
