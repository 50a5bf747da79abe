"""Whatever a model does with its weights, nothing of their gradients lies outside the spans that are found."""

import pytest
import torch

from estimators.directional.layer_inputs import spans
from estimators.exact import Backprop
from tests.awkward_models import WORKING, objective

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize("kind", WORKING)
def test_gradients_of_awkward_models_lie_in_the_spans(kind: str) -> None:
    problem = objective(kind)
    gradient = Backprop().estimate(problem, None, generator=torch.Generator())[0].gradient
    for name, Q in spans(problem).items():
        rows = gradient[name].to(Q.dtype)
        torch.testing.assert_close(rows @ Q @ Q.T, rows, rtol=1e-6, atol=1e-7 + 1e-6 * float(rows.norm()))
        assert Q.shape[1] < Q.shape[0]


def test_awkward_models_among_them_have_spans() -> None:
    assert sum(bool(spans(objective(kind))) for kind in WORKING) >= 5
