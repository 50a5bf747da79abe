"""Chunks change neither the estimate nor what is drawn, only the memory (see `test_chunked_memory`)."""

from collections.abc import Sequence
from typing import Any

import pytest
import torch

from benchmarks.problems.problem import Problem, build_problem
from estimators.directional.chunked import ChunkedForwardGradient
from estimators.directional.derivatives.central_difference import CentralDifference
from estimators.directional.derivatives.jvp import Jvp
from estimators.directional.directions.gaussian import Gaussian
from estimators.directional.directions.orthogonal import Orthogonal
from estimators.directional.directions.rademacher import Rademacher
from estimators.directional.estimator import Directional
from estimators.directional.space import Block, Layout, Tangents
from estimators.directional.streams import Keyed
from estimators.registry import ENTRIES, ESTIMATORS
from estimators.spec import SpecError


@pytest.fixture(scope="module")
def perceptron() -> Problem:
    return build_problem("mlp[depth=1,width=256,batch=2,data=synthetic[features=300]]")


@pytest.mark.parametrize("chunk", [1, 2, 3, 5, 7, 100])
@pytest.mark.parametrize("directions", [Gaussian(), Rademacher()], ids=["gaussian", "rademacher"])
@pytest.mark.parametrize("derivative", [Jvp(), CentralDifference(step=1e-4)], ids=["jvp", "difference"])
def test_the_estimate_is_that_of_tangents_held_at_once(chunk: int, directions, derivative) -> None:
    problem = build_problem("mlp[depth=2,width=16,batch=8]", dtype="float64").objective
    chunked = ChunkedForwardGradient(7, chunk, directions=directions, derivative=derivative)
    held = Directional(7, directions=directions, derivative=derivative)
    for seed in (0, 1):
        state, generators = chunked.init(problem), [torch.Generator().manual_seed(seed) for _ in range(2)]
        for _ in range(2):
            found, state = chunked.estimate(problem, state, generator=generators[0])
            expected, there = held.estimate(problem, held.init(problem), generator=generators[1])
            torch.testing.assert_close(found.loss, expected.loss)
            torch.testing.assert_close(found.gradient, expected.gradient, rtol=1e-10, atol=1e-10)
            torch.testing.assert_close(chunked.tangents(state), held.tangents(there), rtol=0, atol=0)


def test_estimates_of_chunks_held_at_once_stay_what_they_were(perceptron: Problem) -> None:
    estimator = ChunkedForwardGradient(5, 2)
    state, generator, estimates = estimator.init(perceptron.objective), torch.Generator().manual_seed(0), []
    for _ in range(3):
        estimate, state = estimator.estimate(perceptron.objective, state, generator=generator)
        estimates.append(({name: tensor.clone() for name, tensor in estimate.items()}, estimate))
    for copies, estimate in estimates:
        torch.testing.assert_close(estimate.gradient, copies, rtol=0, atol=0)


class Counting(Keyed):
    """Notes of which tangents numbers are drawn."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.drawn: set[int] = set()

    def normal(self, layout: Layout, indices: Sequence[int]) -> Tangents:
        self.drawn.update(indices)
        return super().normal(layout, indices)


LAYOUT = (Block("x", (2,), torch.float64, torch.device("cpu")),)
LAWS = {"given": "given[vectors=((1,0),(0,1),(1,1),(1,-1))]"}


@pytest.mark.parametrize("law", ENTRIES["chunked-forward-gradient"].parameters["directions"].choices)
def test_a_chunk_of_every_law_that_is_offered_is_drawn_without_those_before_it(law: str) -> None:
    stream, spec = Counting(5), f"chunked-forward-gradient[k=4,chunk=1,directions={LAWS.get(law, law)}]"
    ESTIMATORS.build(spec).directions.draw(LAYOUT, [3], stream)
    assert stream.drawn <= ({1} if law == "antithetic" else {0, 3})  # itself or its pair, and at most the first


def test_orthogonal_tangents_of_which_each_follows_from_all_before_are_refused_with_what_is_possible() -> None:
    with pytest.raises(SpecError, match=r"must be one of gaussian, rademacher, sphere, angle, .*, got 'orthogonal'"):
        ESTIMATORS.build("chunked-forward-gradient[directions=orthogonal]")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"k": 0}, "k must be 1"),
        ({"chunk": 0}, "chunk must be 1"),
        ({"directions": Orthogonal()}, r"directions must draw a chunk by itself, .*; 'orthogonal' draws all before it"),
    ],
)
def test_arguments_that_cannot_be_are_refused(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ChunkedForwardGradient(**arguments)
