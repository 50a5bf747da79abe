"""Guided evolution strategies: the covariance follows from past estimates; its limits are plain ES and the gradient itself."""

from dataclasses import replace

import pytest
import torch

from estimators import theory
from estimators.directional.derivatives.central_difference import CentralDifference
from estimators.directional.derivatives.simulated import Simulated
from estimators.directional.directions.covariance import Spread
from estimators.directional.directions.gaussian import Gaussian
from estimators.directional.estimator import Directional
from estimators.directional.guided import Guided
from estimators.directional.guides.momentum import Momentum
from estimators.directional.guides.past import Past
from estimators.directional.guides.subspace import Subspace
from estimators.objective import FunctionObjective

pytestmark = pytest.mark.usefixtures("one_thread")

N = 6
SLOPE = torch.linspace(-1, 2, N, dtype=torch.float64)


def linear() -> FunctionObjective:
    return FunctionObjective(lambda x: (SLOPE * x).sum(), torch.ones(N, dtype=torch.float64))


def test_alpha_one_is_the_plain_estimate_bit_by_bit_call_after_call() -> None:
    problem, guided, plain = (
        linear(),
        Guided(Subspace(1.0), 2, derivative=CentralDifference()),
        Directional(2, derivative=CentralDifference()),
    )
    generators = [torch.Generator().manual_seed(3) for _ in range(2)]
    states = [guided.init(problem), plain.init(problem)]
    for _ in range(3):
        found, states[0] = guided.estimate(problem, states[0], generator=generators[0])
        expected, states[1] = plain.estimate(problem, states[1], generator=generators[1])
        assert torch.equal(found.gradient["x"], expected.gradient["x"])
    declared = [estimator.declaration({"x": (N,)}, None) for estimator in (guided, plain)]
    assert replace(declared[0], memory=declared[1].memory) == declared[1]


def test_the_first_estimate_is_plain_and_each_later_one_spreads_over_the_last_estimates() -> None:
    problem, generator = linear(), torch.Generator().manual_seed(3)
    estimator = Guided(Subspace(0.5, Past(2)), k=3, derivative=Simulated())
    state, past = estimator.init(problem), []
    for _ in range(4):
        estimate, state = estimator.estimate(problem, state, generator=generator)
        assert isinstance(state.directions, Spread if past else Gaussian)
        if past:
            assert all(torch.equal(a["x"], b) for a, b in zip(state.directions.vectors, past[-2:], strict=True))
        V = estimator.tangents(state)["x"]
        torch.testing.assert_close(estimate.gradient["x"], (V @ SLOPE) @ V / 3)
        past.append(estimate.gradient["x"].clone())


def test_the_gradient_as_subspace_and_nothing_else_gives_estimates_along_the_gradient() -> None:
    estimator = Directional(k=1, directions=Spread(({"x": 1e-4 * SLOPE},), 0.0, Gaussian()))
    for seed in range(5):
        problem = linear()
        found, _ = estimator.estimate(problem, estimator.init(problem), generator=torch.Generator().manual_seed(seed))
        cosine = torch.nn.functional.cosine_similarity(found.gradient["x"], SLOPE, dim=0)
        assert cosine == pytest.approx(1)


@pytest.mark.parametrize("step", [1e-3, 0.5])
def test_estimates_have_the_published_mean_and_the_derived_error_whatever_the_step(step: float) -> None:
    draws, alpha = 1500, 0.4
    vectors = ({"x": SLOPE + torch.ones(N)}, {"x": torch.arange(N, dtype=torch.float64) ** 2})
    estimator = Directional(k=2, directions=Spread(vectors, alpha, Gaussian()), derivative=CentralDifference(step))
    problem, generator = linear(), torch.Generator().manual_seed(1)
    state, rows = estimator.init(problem), []
    for _ in range(draws):
        estimate, state = estimator.estimate(problem, state, generator=generator)
        rows.append(estimate.gradient["x"].clone())
    E, U = torch.stack(rows), torch.linalg.qr(torch.stack([one["x"] for one in vectors]).T).Q
    mean = N * (alpha / N * SLOPE + (1 - alpha) / 2 * U @ (U.T @ SLOPE))
    assert ((E.mean(0) - mean).abs() <= 4.5 * E.std(0) / draws**0.5).all()
    share = float((U.T @ SLOPE).square().sum() / SLOPE.square().sum())
    squares = E.square().sum(1) / SLOPE.square().sum()
    assert abs(squares.mean() - theory.spread(N, 2, alpha, 2, share).squared_norm) <= 4.5 * squares.std() / draws**0.5


def test_guided_estimates_are_declared_biased_and_without_closed_form() -> None:
    declared = Guided(Subspace()).declaration({"x": (N,)}, None)
    assert (declared.unbiased, declared.relative_error, declared.expected, declared.memory) == (False, None, {}, "guided")
    assert Guided(Subspace(1.0)).declaration({"x": (N,)}, None).relative_error == N + 1


@pytest.mark.parametrize("surrogate", [Past(2), Momentum(0.0)], ids=str)
def test_a_gradient_that_stays_is_seen_better_with_a_surrogate_of_it_than_without(surrogate) -> None:
    n, seen = 200, []
    slope = torch.randn(n, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    problem = FunctionObjective(lambda x: (slope * x).sum(), torch.ones(n, dtype=torch.float64))
    for alpha in (0.5, 1.0):
        estimator, generator = Guided(Subspace(alpha, surrogate), k=20), torch.Generator().manual_seed(1)
        state, cosines = estimator.init(problem), []
        for _ in range(40):
            estimate, state = estimator.estimate(problem, state, generator=generator)
            cosines.append(float(torch.nn.functional.cosine_similarity(estimate.gradient["x"], slope, dim=0)))
        seen.append(sum(cosines[10:]) / 30)
    assert seen[0] > 1.2 * seen[1]


def test_alpha_must_be_a_share() -> None:
    with pytest.raises(ValueError, match="alpha must be from 0 to 1"):
        Subspace(1.5)
