"""Directional estimators beside the base pass, backprop, naive code and torchzero, in interleaved rounds of one process.

Run by `test_directional_figures`: `directional_rounds.py GROUP SECONDS` writes times as JSON. Naive is what one writes at
first: draw a tangent (`randn_like`, or `randint * 2 - 1`), `torch.func.jvp`, scale and add, tangent by tangent; its projection
stacks the tangents and solves with their Gram matrix. All else is made by the estimators of the registry.
"""

import json
import random
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from torch import Tensor
from torch.func import functional_call, jvp
from torch.nn.attention import SDPBackend, sdpa_kernel

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
from tests.micro.directional_floors import parts

SAMPLE_NS = 2_000_000  # shortest sample
FEWEST_ROUNDS = 7
IMAGES = "data=synthetic[features=784,classes=10]"
PROBLEMS = {
    "mlp": f"mlp[depth=2,width=1024,{IMAGES}]",
    "mlp, batch 512": f"mlp[depth=2,width=1024,batch=512,{IMAGES}]",
    "logistic regression": f"logistic-regression[{IMAGES}]",
    "vit": "vit",
    "cnn": "cnn",
    "cnn4": "cnn4[channels=32,width=256]",
    **{f"width {w}, depth {d}": f"mlp[depth={d},width={w},{IMAGES}]" for w in (256, 1024) for d in (10, 20, 50, 100)},
}


class Work:
    """A function as a side of the rounds."""

    def __init__(self, work: Callable[[], object]) -> None:
        self.work = work

    def run(self, count: int) -> None:
        for _ in range(count):
            self.work()

    def restore(self) -> None:
        """Nothing: each leaves the model as it was."""


def draw(point: dict[str, Tensor], law: str) -> dict[str, Tensor]:
    if law == "gaussian":
        return {name: torch.randn_like(value) for name, value in point.items()}
    return {name: (torch.randint(0, 2, value.shape) * 2 - 1).to(value.dtype) for name, value in point.items()}


class Naive:
    """Forward gradients as one would write them at first."""

    def __init__(self, problem: Problem, law: str, k: int) -> None:
        self.objective, self.law, self.k = problem.objective, law, k
        self.point = {name: value.detach() for name, value in problem.objective.parameters.items()}

    def loss(self, point: dict[str, Tensor]) -> Tensor:
        objective = self.objective
        with sdpa_kernel(SDPBackend.MATH):  # the fused kernels have no forward mode
            return objective.loss_function(functional_call(objective.module, point, (objective.inputs,)), objective.targets)

    def mean(self) -> dict[str, Tensor]:
        estimate: dict[str, Tensor] = {}
        for _ in range(self.k):
            tangent = draw(self.point, self.law)
            _, derivative = jvp(self.loss, (self.point,), (tangent,))
            scaled = {name: derivative / self.k * tangent[name] for name in tangent}
            estimate = {name: estimate[name] + value for name, value in scaled.items()} if estimate else scaled
        return estimate

    def projection(self) -> Tensor:
        rows, derivatives = [], []
        for _ in range(self.k):
            tangent = draw(self.point, self.law)
            derivatives.append(jvp(self.loss, (self.point,), (tangent,))[1])
            rows.append(torch.cat([value.flatten() for value in tangent.values()]))
        matrix = torch.stack(rows)
        return matrix.T @ torch.linalg.solve(matrix @ matrix.T, torch.stack(derivatives))


def derivative_alone(problem: Problem, k: int = 1) -> Callable[[], object]:
    estimator = Directional(k=k, directions=Rademacher())
    tangents = estimator.directions.draw(estimator.space.layout(problem.objective), range(k), Keyed(1))
    return partial(estimator.derivative.take, estimator.space, problem.objective, tangents)


def gradient(problem: Problem, spec: str) -> Side:
    return Gradient(problem.objective, ESTIMATORS.build(spec), torch.Generator().manual_seed(1))


def peer(name: str, *arguments: str) -> str:
    return f'"{Path(__file__).with_name("peers.py")}:{name}"[{",".join(arguments)}]'


def one(problem: Problem) -> dict[str, Side]:
    sides: dict[str, Side] = {
        "derivative": Work(derivative_alone(problem)),
        "rank one, lazily": gradient(problem, "lazy-forward-gradient[directions=low-rank[rank=1]]"),
        "mezo": gradient(problem, "mezo[directions=rademacher]"),
        "mezo, stored": gradient(problem, "spsa"),
        "torchzero forward gradient": gradient(problem, peer("ForwardGradient", "directions=rademacher")),
        "torchzero mezo": gradient(problem, peer("MeZO", "directions=rademacher")),
    }
    for law in ("rademacher", "gaussian"):
        sides[law] = gradient(problem, f"forward-gradient[directions={law}]")
        sides[f"{law}, lazily"] = gradient(problem, f"lazy-forward-gradient[directions={law}]")
        sides[f"naive {law}"] = Work(Naive(problem, law, 1).mean)
    return sides


def several(problem: Problem, k: int) -> dict[str, Side]:
    sides: dict[str, Side] = {"derivative": Work(derivative_alone(problem, k))}
    for law in ("rademacher", "gaussian"):
        sides[f"{law} mean"] = gradient(problem, f"forward-gradient[k={k},directions={law}]")
        sides[f"naive {law} mean"] = Work(Naive(problem, law, k).mean)
    sides["torchzero forward gradient"] = gradient(problem, peer("ForwardGradient", f"k={k}", "directions=rademacher"))
    sides["projection"] = gradient(problem, f"multi-tangent[k={k},directions=rademacher]")
    sides["naive projection"] = Work(Naive(problem, "rademacher", k).projection)
    return sides


def sides_of(group: str) -> tuple[Problem, dict[str, Side]]:
    """The problem and the sides of a group: `mlp`, or `mlp; k=16` for several tangents."""
    name, _, k = group.partition("; k=")
    problem = build_problem(PROBLEMS[name])
    base = {"base": Base(problem), "backprop": gradient(problem, "backprop")}
    if name.startswith("width"):
        return problem, base | {"derivative": Work(derivative_alone(problem))}
    named = several(problem, int(k)) if k else one(problem)
    least = {f"least {part}": Work(work) for part, work in parts(problem, int(k or 1)).items()}
    return problem, base | named | least


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


def measured(sides: dict[str, Side], seconds: float) -> Rounds:
    """Rounds for about this long, every side repeated to last about as long as the longest, up to a tenth of a second."""
    clock = clock_of(torch.device("cpu"))
    for side in sides.values():
        side.run(2)
    single = {name: calibrate(side, clock) for name, side in sides.items()}
    length = max(SAMPLE_NS, min(max(single.values()), 1e8))
    counts = inner_counts(single, dict.fromkeys(sides, length))

    def decide(rounds: Rounds, spent: int) -> Step:
        enough = len(rounds.samples["base"]) >= FEWEST_ROUNDS and spent > seconds * 1e9
        return Step.ENOUGH if enough else Step.GO_ON

    return paired_rounds(sides, counts, clock, decide, random.Random(0))


def main(group: str, seconds: float) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    problem, sides = sides_of(group)
    left_out = without_those_that_fail(sides)
    base = operations(lambda: sides["base"].run(1))
    floor = operations(derivative_alone(problem)) / base
    with collector_off():
        rounds = measured(sides, seconds)
    times = {name: rounds.times(name).tolist() for name in sides}
    sys.stdout.write(json.dumps({"times": times, "floor": floor, "n": problem.objective.coordinates(), "left_out": left_out}))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
