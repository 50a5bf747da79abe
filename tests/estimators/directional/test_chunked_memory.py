"""The memory of chunks: so many tangents and a sum, whatever the number of tangents is, by the bytes that the ruler counts."""

import pytest

from benchmarks.harness.allocations import profiled
from benchmarks.harness.base import Base
from benchmarks.harness.gradient import Gradient, generator_for
from benchmarks.harness.memory import CALLS
from benchmarks.problems.problem import Problem, build_problem
from estimators.registry import ENTRIES, ESTIMATORS

MORE = {"angle": 1.0, "varying-length": 4.0}
"""Vectors that drawing takes beyond c + 1.5, c = 4: the first tangent; 8 to order n places, before there are tangents."""

LAWS = set(ENTRIES["chunked-forward-gradient"].parameters["directions"].choices) - {"given"}  # whose numbers are typed

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def small() -> Problem:
    return build_problem("mlp[depth=1,width=256,batch=2,data=synthetic[features=300]]")


@pytest.fixture(scope="module")
def perceptron() -> Problem:
    return build_problem("mlp[depth=2,width=1024,batch=64,data=synthetic[features=784,classes=10]]")


def peak(problem: Problem, k: int, chunk: int, law: str) -> tuple[float, float]:
    """The most that `init` and two estimates hold (`peak_bytes` of a record), and a forward pass alone, in n-vectors."""
    estimator = ESTIMATORS.build(f"chunked-forward-gradient[k={k},chunk={chunk},directions={law}]")

    def gradients() -> Gradient:
        gradient = Gradient(problem.objective, estimator, generator_for(0, "memory", problem.device))
        gradient.run(CALLS)
        return gradient

    gradients()
    vector = 4 * problem.objective.coordinates()
    return profiled(gradients).peak / vector, profiled(lambda: Base(problem).run(1)).peak / vector


@pytest.mark.parametrize("law", ["gaussian", "rademacher"])
@pytest.mark.parametrize(("k", "chunk"), [(1, 1), (6, 2), (7, 3), (24, 4)])
def test_memory_is_that_of_one_chunk_and_the_sum(small: Problem, k: int, chunk: int, law: str) -> None:
    above, base = peak(small, k, chunk, law)
    assert above <= chunk + 1.5 + (1 + chunk) * base


@pytest.mark.parametrize("law", ["gaussian", "rademacher"])
def test_one_tangent_at_a_time_takes_two_vectors_and_what_a_pass_holds(perceptron: Problem, law: str) -> None:
    """The tangent, the sum, and with everything else 2.3: activations that move, of 64 samples, are a seventh of a vector."""
    assert 2 <= peak(perceptron, 6, 1, law)[0] <= 2.3


@pytest.mark.parametrize("law", ["gaussian", "rademacher"])
def test_eight_tangents_at_a_time_take_nine_vectors_and_a_half_and_what_nine_passes_hold(perceptron: Problem, law: str) -> None:
    above, base = peak(perceptron, 16, 8, law)
    assert 9 <= above <= 9.5 + 9 * base


@pytest.mark.parametrize("law", sorted(LAWS))
def test_every_law_that_is_offered_takes_no_more_than_is_said_of_it(perceptron: Problem, law: str) -> None:
    above, base = peak(perceptron, 8, 4, law)
    assert 5 <= above <= 4 + 1.5 + MORE.get(law, 0) + 5 * base
