"""What the estimators with an approximate backward pass share: the tape, the pass along it, and what they declare."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.utils.checkpoint import CheckpointError

from estimators.approximate.layers import Layers, Replacement
from estimators.directional.derivatives.treatments import Treated, Treatment
from estimators.estimator import Declaration, Estimate, Estimator, Shapes
from estimators.exact import Backprop, backward
from estimators.objective import MissingCapability, Objective

ROWS = Declaration(
    unbiased=True,
    forward_calls=1,
    memory="activations",
    needs=frozenset({"module"}),
    records_tape=True,
    linear=False,
    permutation_invariant=False,
)
"""What holds of gradients from rows drawn at random: which these are depends on where in the batch they stand."""


class Approximate(Estimator):
    """A forward pass whose tape is lighter than backprop's, or whose way back along it is shorter."""

    @abstractmethod
    def forward(self, objective: Objective, generator: torch.Generator) -> Tensor:
        """The loss, with the tape that `estimate` follows back: what it holds is what the method saves for its backward pass.

        Runs with gradients enabled.

        Raises:
            MissingCapability: the objective holds nothing that the method works on; or the model differentiates what it computes.
        """

    def estimate(self, objective: Objective, state: None, *, generator: torch.Generator) -> tuple[Estimate, None]:
        """See `Estimator.estimate`.

        Raises:
            MissingCapability: see `forward`; or the model checkpoints layers, which on the way back are torch's own.
        """
        try:
            with torch.enable_grad():
                return backward(objective, self.forward(objective, generator)), None
        except CheckpointError as error:
            raise MissingCapability(
                "module", "the model checkpoints layers, which then save other tensors than before"
            ) from error


def recorded(
    objective: Objective, replacement: Replacement, treatments: Mapping[Callable[..., Any], Treatment] | None = None
) -> Tensor:
    """The loss, with its layers replaced.

    Args:
        objective: whose loss.
        replacement: what runs in place of each layer.
        treatments: further functions of torch -> what runs in their place.

    Raises:
        MissingCapability: it has no such layer, or differentiates through one.
    """
    layers = Layers(replacement, treatments or {})
    with Treated(layers.treatments):
        loss = objective.loss()
    layers.returning = True
    if not layers.met:
        raise MissingCapability("module", "no dense layer or convolution with a trainable weight was called")
    return loss


def share_of(keep: float, whole: int) -> int:
    """How many of `whole` are kept: that share, rounded down, and one at least; all of them for 1 alone."""
    return min(whole, max(1, int(keep * whole + 1e-9)))  # 0.29 * 100 is a little less than 29


def check_share(keep: float) -> None:
    """Refuse what is no share.

    Raises:
        ValueError: it is not above 0 and at most 1.
    """
    if not 0 < keep <= 1:
        raise ValueError(f"keep must be above 0 and at most 1, got {keep}")


def dense_layers(shapes: Shapes) -> list[tuple[int, int]]:
    """(outputs, inputs) of a perceptron's layers, in order; none where weights of more dimensions say that it is none."""
    matrices = [(shape[0], shape[1]) for shape in shapes.values() if len(shape) == 2]
    return matrices if all(len(shape) <= 2 for shape in shapes.values()) else []


def first_share(layers: list[tuple[int, int]]) -> float:
    """What of a forward pass falls on the first layer, whose input has no gradient."""
    return layers[0][0] * layers[0][1] / sum(m * n for m, n in layers)


def declared(keep: float, shapes: Shapes, batch: int | None, multiple: float | None) -> Declaration:
    """What a method declares that keeps a share at random: with all of it, it is backprop, but for how it gets there.

    Args:
        keep: the share.
        shapes: of the parameters.
        batch: number of samples.
        multiple: forward passes, or None.
    """
    if keep == 1:
        return replace(Backprop().declaration(shapes, batch), forward_multiple=multiple, needs=ROWS.needs)
    return replace(ROWS, forward_multiple=multiple)
