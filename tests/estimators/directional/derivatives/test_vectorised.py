"""Why tangents do not go through one pass is told of the space that was asked about."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from estimators.directional.activations import Activations
from estimators.directional.derivatives.vectorised import reason_against, take_several
from estimators.directional.directions.gaussian import Gaussian
from estimators.directional.space import Weights
from estimators.directional.streams import Keyed
from estimators.objective import ModuleObjective


class Squares(nn.Bilinear):
    """Has no rule for one pass along many tangents of its weight; along those of its output it needs none."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x, x)


def test_the_reason_is_that_of_the_space_and_not_of_the_last_one() -> None:
    problem = ModuleObjective(Squares(3, 3, 2), functional.mse_loss, (torch.ones(4, 3), torch.zeros(4, 2)))
    for space in (Weights(), Activations()):
        assert reason_against(space, problem) == ""
        take_several(space, problem, Gaussian().draw(space.layout(problem), range(2), Keyed(1)))
    assert reason_against(Weights(), problem)
    assert reason_against(Activations(), problem) == ""
