"""Rows kept and rows matched to them make the weight's gradient as one product; the rest is torch's."""

import pytest
import torch
from torch import Tensor

from estimators.approximate.backward import recorded
from estimators.approximate.rows import Kept, reduced
from estimators.exact import backward
from tests.estimators.approximate.problems import convolutional, exact, perceptron


@pytest.mark.parametrize("problem", [perceptron, convolutional])
def test_matrices_that_undo_each_other_give_backprop(problem) -> None:
    objective = problem()
    R = torch.randn(6, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    Q = torch.linalg.inv(R).T  # Q Rᵀ = I

    def combined(matrix: Tensor, rows: Tensor) -> Tensor:
        return (matrix.T @ rows.flatten(1)).view_as(rows)

    loss = recorded(objective, reduced(lambda x: Kept(combined(R, x), lambda delta: combined(Q, delta))))
    found = torch.cat([tensor.flatten() for _, tensor in backward(objective, loss).items()])
    torch.testing.assert_close(found, exact(objective))
