"""Quality studies beside drawing alone and beside naive loops, in interleaved rounds of one process; writes them as JSON.

It is run by `test_quality_figures` in a process set up as workers are. A side is the time of DRAWS draws of K tangents in
n = 16384 dimensions on one thread: `randn` draws the numbers and does nothing with them; a loop draws signs by `randint` and
forms estimate and metrics draw by draw, as one would write it at first; `floor` is drawing and the three products of a projection
alone, without solving or a metric; `measure` is the whole measurement as in a run.
"""

import json
import random
import sys
import time
from collections.abc import Callable

import torch

from benchmarks.harness.quality import measure
from benchmarks.harness.settings import Settings
from benchmarks.problems.problem import build_problem
from estimators.directional.space import Block
from estimators.directional.streams import Keyed
from estimators.registry import ESTIMATORS

DRAWS, K, N, ROUNDS = 1000, 16, 16384, 5
SPECS = {"mean": "forward-gradient", "projection": "multi-tangent"}


def randn() -> None:
    generator = torch.Generator().manual_seed(0)
    for _ in range(DRAWS):
        torch.randn((K, N), generator=generator)


def randn_into_one_buffer() -> None:
    generator, rows = torch.Generator().manual_seed(0), torch.empty(K, N)
    for _ in range(DRAWS):
        torch.randn((K, N), generator=generator, out=rows)


def loop(aggregation: str) -> None:
    generator, gradient = torch.Generator().manual_seed(0), 2 * torch.ones(N)
    exact, mean, metrics = gradient.double(), torch.zeros(N, dtype=torch.float64), []
    for _ in range(DRAWS):
        tangents = (torch.randint(0, 2, (K, N), generator=generator) * 2 - 1).float()
        derivatives = tangents @ gradient
        if aggregation == "projection":
            estimate = tangents.T @ torch.linalg.solve(tangents @ tangents.T, derivatives)
        else:
            estimate = tangents.T @ derivatives / K
        wide = estimate.double()
        mean += wide / DRAWS
        cosine = torch.nn.functional.cosine_similarity(wide, exact, dim=0)
        metrics.append([cosine, wide.norm() / exact.norm(), ((wide - exact).norm() / exact.norm()) ** 2])
    torch.tensor(metrics).mean(0)


def floor(law: str) -> None:
    layout, gradient = (Block("x", (N,), torch.float32, torch.device("cpu")),), 2 * torch.ones(N)
    for draw in range(DRAWS):
        stream = Keyed(draw)
        tangents = (stream.normal if law == "gaussian" else stream.signs)(layout, range(K))["x"]
        derivatives, _ = tangents @ gradient, tangents @ tangents.T
        _ = derivatives @ tangents


def ours(spec: str) -> None:
    measure(problem, ESTIMATORS.build(spec), Settings(draws=DRAWS, budget_s=3600))


problem = build_problem(f"sphere[n={N}]")


def sides() -> dict[str, Callable[[], None]]:
    found: dict[str, Callable[[], None]] = {"randn": randn, "randn, buffer": randn_into_one_buffer}
    for law in ("gaussian", "rademacher"):
        found[f"projection, {law}, floor"] = lambda law=law: floor(law)
    for aggregation, name in SPECS.items():
        found[f"{aggregation}, loop"] = lambda aggregation=aggregation: loop(aggregation)
        for law in ("gaussian", "rademacher"):
            spec = f"{name}[directions={law},k={K}]"
            found[f"{aggregation}, {law}"] = lambda spec=spec: ours(spec)
    return found


def main() -> None:
    torch.set_num_threads(1)
    works, order = sides(), random.Random(0)
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name in order.sample(list(works), len(works)):
            start = time.perf_counter()
            works[name]()
            seconds[name].append(time.perf_counter() - start)
    sys.stdout.write(json.dumps(seconds))


if __name__ == "__main__":
    main()
