"""A problem to train on: the same model with the same initial weights, a minibatch at every step, and samples kept back.

`Problem` is one batch, at which an estimate is measured; a `Task` goes through the training data and is asked for its validation
loss from time to time. Functions and users' problems, which have no further samples, are trained on what they are.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from benchmarks.problems.models.model import Model
from benchmarks.problems.problem import Problem, build_problem, placed, seed_for
from benchmarks.problems.registry import PROBLEMS
from estimators.objective import ModuleObjective

VALIDATED_AT_ONCE = 1000
"""Samples in one forward pass of a validation."""


class Scores(NamedTuple):
    """What a validation says.

    Attributes:
        loss: the mean over what is validated on; as it is, without smoothing.
        accuracy: share of the labels that have the highest score; None where there are no labels.
    """

    loss: float
    accuracy: float | None


@dataclass(frozen=True)
class Task:
    """What a training needs of a problem; to train changes its parameters.

    Attributes:
        problem: its objective holds the minibatch of the step.
        advance: put the next minibatch into the objective; nothing where every step sees the same.
        validate: the scores at the parameters as they are.
        data: one phrase for people: what is trained on, and what is validated on.
        chance: the validation loss of who knows how frequent each class is, and nothing of the samples; None where there are no
            classes.
    """

    problem: Problem
    advance: Callable[[], None]
    validate: Callable[[], Scores]
    data: str
    chance: float | None = None


class Minibatches:
    """Minibatches of one size, without end: in a new order whenever all have been seen; what does not fill one is left out.

    Two epochs take turns in the same memory, which takes two thirds of the time of new memory for each: so a minibatch stays as
    it is until the epoch after its own is over.
    """

    def __init__(self, inputs: Tensor, targets: Tensor, size: int, seed: int) -> None:
        """Keep the samples.

        Args:
            inputs: [samples, ...].
            targets: [samples, ...], on the same device.
            size: of a minibatch.
            seed: decides the orders.

        Raises:
            ValueError: there are fewer samples than fill one.
        """
        if size > len(inputs):
            raise ValueError(f"there are {len(inputs)} samples to train on, so batch={size} is too many")
        self._samples, self._size = (inputs, targets), size
        self._generator = torch.Generator().manual_seed(seed)
        self._batches = self._epochs()

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        return self

    def __next__(self) -> tuple[Tensor, Tensor]:
        return next(self._batches)

    def _epochs(self) -> Iterator[tuple[Tensor, Tensor]]:
        number = len(self._samples[0])
        seen = number - number % self._size
        rooms = [[part.new_empty((seen, *part.shape[1:])) for part in self._samples] for _ in range(2)]
        batches = [list(zip(*(part.split(self._size) for part in room), strict=True)) for room in rooms]  # views
        for room, views in cycle(zip(rooms, batches, strict=True)):
            order = torch.randperm(number, generator=self._generator)[:seen].to(self._samples[0].device)
            for part, shuffled in zip(self._samples, room, strict=True):
                torch.index_select(part, 0, order, out=shuffled)
            yield from views


def build_task(
    text: str, *, device: str | torch.device = "cpu", dtype: str = "float32", seed: int = 0, data_folder: Path | None = None
) -> Task:
    """Build what a spec stands for, to be trained; the same seed gives the same initial weights and minibatches.

    Args:
        text: a problem's spec.
        device: where everything goes.
        dtype: floating-point type of parameters and inputs.
        seed: decides initial weights and the order of the samples, and nothing about which are kept back.
        data_folder: where prepared data lie; None loads them in this process.

    Raises:
        SpecError, ValueError: see `benchmarks.problems.problem.build_problem`; or there are fewer samples than in a batch.
    """
    problem = build_problem(text, device=device, dtype=dtype, seed=seed, data_folder=data_folder)
    recipe = PROBLEMS.build(text) if PROBLEMS.resolve(text).name in PROBLEMS.entries else None
    if not isinstance(recipe, Model) or not isinstance(problem.objective, ModuleObjective):
        return Task(problem, lambda: None, lambda: _of_objective(problem), problem.data)
    return _with_minibatches(problem, problem.objective, recipe, seed, data_folder)


def _with_minibatches(problem: Problem, objective: ModuleObjective, recipe: Model, seed: int, folder: Path | None) -> Task:
    split = recipe.samples().split(folder)
    training, validation = (placed(recipe, part, problem.device, problem.dtype) for part in (split.training, split.validation))
    batches = Minibatches(*training, recipe.batch, seed_for(seed, "minibatches"))
    masks = torch.Generator().manual_seed(seed_for(seed, "masks"))

    def advance() -> None:
        mask = int(torch.randint(1 << 62, (), generator=masks)) if objective.draws else None
        objective.turn_to(next(batches), mask_seed=mask)

    chance = chance_loss(training[1], validation[1])
    return Task(problem, advance, lambda: _kept_back(objective.module, recipe, validation), split.phrase, chance)


def chance_loss(training: Tensor, validation: Tensor) -> float | None:
    """The cross-entropy of the frequencies of classes, as they are among the samples to train on, one more counted of each.

    Args:
        training: labels, of any shape.
        validation: labels that the loss is taken of.

    Returns:
        The mean over `validation`; None where targets are no labels.
    """
    if training.is_floating_point():
        return None
    classes = int(max(training.max(), validation.max())) + 1
    counts = torch.bincount(training.flatten(), minlength=classes).double() + 1
    return float(-(counts / counts.sum()).log()[validation.flatten()].mean())


def _of_objective(problem: Problem) -> Scores:
    with torch.no_grad():
        return Scores(float(problem.objective.loss()), None)


def _kept_back(module: nn.Module, recipe: Model, samples: tuple[Tensor, Tensor]) -> Scores:
    """The mean loss and the accuracy over all samples kept back."""
    inputs, targets = samples
    loss, right = 0.0, 0
    with torch.no_grad(), _in_use(module):
        for start in range(0, len(inputs), VALIDATED_AT_ONCE):
            expected = targets[start : start + VALIDATED_AT_ONCE]
            output = module(inputs[start : start + VALIDATED_AT_ONCE])
            loss += float(recipe.loss(output, expected)) * len(expected)
            right += 0 if expected.is_floating_point() else int((output.argmax(-1) == expected).sum())
    return Scores(loss / len(inputs), None if targets.is_floating_point() else right / targets.numel())


@contextmanager
def _in_use(module: nn.Module) -> Iterator[None]:
    """Without dropout; parts with buffers (batch normalisation) go on as in training, since no estimate moves their statistics.

    Buffers are put back at the end.
    """
    modes = [(part, part.training) for part in module.modules()]
    kept: list[tuple[Tensor, Any]] = [(buffer, buffer.clone()) for buffer in module.buffers()]
    for part, training in modes:
        part.training = training and any(True for _ in part.buffers(recurse=False))
    try:
        yield
    finally:
        for part, training in modes:
            part.training = training
        for buffer, before in kept:
            buffer.copy_(before)
