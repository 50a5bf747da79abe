"""A task trains on one part of the data and validates on another, sees each sample once an epoch, and leaves the model alone."""

import math

import pytest
import torch

from benchmarks.problems.data.real import Digits
from benchmarks.problems.problem import build_problem
from benchmarks.problems.task import Minibatches, build_task, chance_loss


def _rows(*parts: torch.Tensor) -> list[tuple[float, ...]]:
    return sorted(tuple(row) for part in parts for row in part.flatten(1).tolist())


def test_digits_are_trained_on_or_validated_on_and_never_both() -> None:
    split = Digits().split(None)
    sizes = len(split.training[0]), len(split.validation[0])
    assert sizes == (1438, 359)
    whole, _ = Digits().batch(1797, seed=0, folder=None)
    assert _rows(split.training[0], split.validation[0]) == _rows(whole)


def test_random_samples_are_divided_too() -> None:
    task = build_task("linear-regression[features=2]")
    assert "2,048 samples to train on and 512 others to validate on" in task.data


def test_every_sample_is_seen_once_an_epoch_in_a_new_order() -> None:
    batches = Minibatches(torch.arange(10), torch.arange(10) * 2, 3, seed=0)
    first, second = ([next(batches) for _ in range(3)] for _ in range(2))
    for epoch in (first, second):
        seen = torch.cat([inputs for inputs, _ in epoch])
        assert len(set(seen.tolist())) == 9
        assert all(torch.equal(targets, inputs * 2) for inputs, targets in epoch)
    assert [inputs.tolist() for inputs, _ in first] != [inputs.tolist() for inputs, _ in second]


def test_more_samples_than_there_are_fill_no_minibatch() -> None:
    with pytest.raises(ValueError, match="batch=2000 is too many"):
        build_task("logistic-regression[batch=2000]")


def test_a_task_begins_at_the_weights_of_the_problem_and_the_seed_decides_them() -> None:
    spec = "mlp[depth=1,width=4,batch=8]"
    problem, task, other = build_problem(spec, seed=1), build_task(spec, seed=1), build_task(spec, seed=2)
    for name, parameter in problem.objective.parameters.items():
        assert torch.equal(parameter, task.problem.objective.parameters[name])
        assert not torch.equal(parameter, other.problem.objective.parameters[name])
    assert task.validate() != other.validate()


def test_the_objective_is_the_loss_on_the_minibatch_of_the_step() -> None:
    task = build_task("mlp[depth=1,width=4,batch=8]")
    losses = []
    for _ in range(3):
        task.advance()
        objective = task.problem.objective
        inputs, targets = objective.inputs, objective.targets  # type: ignore[attr-defined]
        assert len(inputs) == 8
        expected = torch.nn.functional.cross_entropy(objective.module(inputs), targets)  # type: ignore[attr-defined]
        assert objective.loss().item() == pytest.approx(expected.item())
        losses.append(objective.loss().item())
    assert len(set(losses)) == 3


def test_dropout_has_another_mask_at_every_step_and_none_in_a_validation() -> None:
    task = build_task("vit[depth=1,dim=8,dropout=0.5,heads=2,mlp=8,batch=1438]")
    losses = []
    for _ in range(2):
        task.advance()
        task.problem.objective.turn_to(_few())  # type: ignore[attr-defined]  # the same samples: the mask alone differs
        losses.append(task.problem.objective.loss().item())
    assert losses[0] != losses[1]
    assert task.validate() == task.validate()


def test_a_validation_leaves_modes_and_buffers_alone() -> None:
    task = build_task("resnet18[width=4,batch=4]")
    module = task.problem.objective.module  # type: ignore[attr-defined]
    before = {name: buffer.clone() for name, buffer in module.named_buffers()}
    modes = [part.training for part in module.modules()]
    task.validate()
    assert [part.training for part in module.modules()] == modes
    assert all(torch.equal(buffer, before[name]) for name, buffer in module.named_buffers())


def test_a_function_is_its_own_validation() -> None:
    task = build_task("sphere[n=3]")
    task.advance()
    assert task.validate() == (3.0, None)


def _few() -> tuple[torch.Tensor, torch.Tensor]:
    inputs, targets = Digits().split(None).training
    return inputs[:64], targets[:64]


def test_chance_is_the_loss_of_who_knows_the_frequencies_of_classes_alone() -> None:
    training, validation = torch.tensor([0, 0, 0, 1]), torch.tensor([0, 1, 2])
    shares = (4 / 7, 2 / 7, 1 / 7)  # one more counted of each, so that a class not seen has a loss
    assert chance_loss(training, validation) == pytest.approx(-sum(map(math.log, shares)) / 3)
    assert build_task("logistic-regression").chance == pytest.approx(math.log(10), rel=0.01)


def test_where_there_are_no_classes_there_is_no_chance() -> None:
    assert build_task("linear-regression[features=2]").chance is None
    assert build_task("sphere[n=2]").chance is None
