"""Guided evolution strategies: the covariance follows from past estimates; its limits are plain ES and the gradient itself."""

import pytest
import torch

from estimators import theory
from estimators.directional.derivatives.central_difference import CentralDifference
from estimators.directional.derivatives.simulated import Simulated
from estimators.directional.directions.covariance import Spread
from estimators.directional.directions.gaussian import Gaussian
from estimators.directional.estimator import Directional
from estimators.directional.guided import Guided
from estimators.directional.guides.past import Past
from estimators.objective import FunctionObjective

N = 6
SLOPE = torch.linspace(-1, 2, N, dtype=torch.float64)


def linear() -> FunctionObjective:
    return FunctionObjective(lambda x: (SLOPE * x).sum(), torch.ones(N, dtype=torch.float64))


def test_alpha_one_is_the_plain_estimate_bit_by_bit_call_after_call_and_keeps_nothing() -> None:
    problem, guided, plain = (
        linear(),
        Guided(Past(1.0), 2, derivative=CentralDifference()),
        Directional(2, derivative=CentralDifference()),
    )
    generators = [torch.Generator().manual_seed(3) for _ in range(2)]
    states = [guided.init(problem), plain.init(problem)]
    for _ in range(3):
        found, states[0] = guided.estimate(problem, states[0], generator=generators[0])
        expected, states[1] = plain.estimate(problem, states[1], generator=generators[1])
        assert torch.equal(found.gradient["x"], expected.gradient["x"])
    assert states[0].memory == ()
    assert guided.declaration({"x": (N,)}, None) == plain.declaration({"x": (N,)}, None)


def test_the_first_estimate_is_plain_and_each_later_one_spreads_over_the_last_estimates() -> None:
    problem, generator = linear(), torch.Generator().manual_seed(3)
    estimator = Guided(Past(0.5, size=2), k=3, derivative=Simulated())
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
    declared = Guided(Past()).declaration({"x": (N,)}, None)
    assert (declared.unbiased, declared.relative_error, declared.expected, declared.memory) == (False, None, {}, "tangents")


@pytest.mark.parametrize(("arguments", "words"), [({"alpha": 1.5}, "alpha must be from 0 to 1"), ({"size": 0}, "size must be 1")])
def test_values_out_of_bounds_are_refused(arguments: dict[str, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Past(**arguments)
