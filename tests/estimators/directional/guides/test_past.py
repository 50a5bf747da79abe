"""The last estimates lead: each call is the projection onto them and what is drawn, and the oldest is forgotten."""

import pytest
import torch

from estimators.directional.aggregations.projection import Projection
from estimators.directional.guided import Guided
from estimators.directional.guides.past import Past
from estimators.objective import FunctionObjective

pytestmark = pytest.mark.usefixtures("one_thread")

N = 12
SLOPE = torch.linspace(-1, 2, N, dtype=torch.float64)


def linear() -> FunctionObjective:
    return FunctionObjective(lambda x: (SLOPE * x).sum(), torch.ones(N, dtype=torch.float64))


def test_every_call_projects_onto_the_last_estimates_and_fresh_tangents() -> None:
    problem, generator = linear(), torch.Generator().manual_seed(3)
    estimator = Guided(Past(2), k=3, aggregation=Projection())
    state, past = estimator.init(problem), []
    for call in range(4):
        estimate, state = estimator.estimate(problem, state, generator=generator)
        V = estimator.tangents(state)["x"]
        for row, before in zip(V, past[-2:], strict=False):
            torch.testing.assert_close(row, N**0.5 * before / before.norm())
        torch.testing.assert_close(estimate.gradient["x"], torch.linalg.pinv(V, rtol=1e-9) @ (V @ SLOPE))
        assert len(state.memory) == min(call + 1, 2)
        past.append(estimate.gradient["x"].clone())


def test_what_is_done_to_an_estimate_does_not_reach_the_memory() -> None:
    problem, estimator = linear(), Guided(Past(2), k=3)
    estimate, state = estimator.estimate(problem, estimator.init(problem), generator=torch.Generator().manual_seed(3))
    kept = state.memory[0]["x"].clone()
    estimate.gradient["x"].zero_()
    assert torch.equal(state.memory[0]["x"], kept)


def test_estimates_that_are_kept_are_declared() -> None:
    assert Guided(Past(2), k=3).declaration({"x": (N,)}, None).memory == "guided"


def test_the_past_alone_would_see_nothing_new_and_is_refused() -> None:
    with pytest.raises(ValueError, match=r"k must be 5 or more with guide=Past\(size=4\), got 4"):
        Guided(Past(4), k=4)


def test_at_least_one_estimate_is_remembered() -> None:
    with pytest.raises(ValueError, match="size must be 1 or more"):
        Past(0)
