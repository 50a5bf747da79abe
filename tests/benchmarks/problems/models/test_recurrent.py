"""Recurrent classifiers have the parameters of their cells, read rows in order, and classify after the last."""

from collections.abc import Callable

import pytest
import torch

from estimators.objective import ModuleObjective

Objectives = Callable[..., ModuleObjective]


@pytest.mark.parametrize(("cell", "gates"), [("rnn", 1), ("gru", 3), ("lstm", 4)])
def test_number_of_parameters_follows_from_the_gates(objective_of: Objectives, cell: str, gates: int) -> None:
    first, second = gates * (5 * 8 + 5 * 5 + 10), gates * (5 * 5 + 5 * 5 + 10)
    assert objective_of(f"recurrent[cell={cell},width=5,depth=2]").coordinates() == first + second + 5 * 10 + 10


def test_a_plain_cell_equals_its_recursion_over_the_rows(objective_of: Objectives) -> None:
    data = "synthetic-images[channels=2,height=3,width=4]"
    objective = objective_of(f"recurrent[cell=rnn,width=5,batch=6,data={data}]", dtype="float64")
    inward, recurrent, *biases, head, offset = objective.parameters.values()
    assert objective.inputs.shape == (6, 3, 8)
    state = torch.zeros(6, 5, dtype=torch.float64)
    for row in range(3):
        state = torch.tanh(objective.inputs[:, row] @ inward.T + state @ recurrent.T + sum(biases))
    assert torch.allclose(objective.module(objective.inputs), state @ head.T + offset, rtol=1e-12)


def test_a_step_is_one_row_of_the_image_with_all_its_channels(objective_of: Objectives) -> None:
    data = "synthetic-images[channels=2,height=3,width=4]"
    images = objective_of(f"vit[patch=1,batch=6,data={data}]").inputs
    steps = objective_of(f"recurrent[batch=6,data={data}]").inputs
    assert torch.equal(steps[:, 1], torch.cat([images[:, 0, 1], images[:, 1, 1]], dim=1))
