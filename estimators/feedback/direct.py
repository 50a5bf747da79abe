"""Direct feedback alignment: the error at the output is sent to every layer by a random matrix of the layer's own."""

from dataclasses import dataclass
from functools import partial
from math import prod
from typing import Any

import torch
from torch import Tensor

from estimators.estimator import Declaration, Shapes
from estimators.feedback.drawing import drawn
from estimators.feedback.estimator import FeedbackEstimator, declared, matrices
from estimators.feedback.rerouting import Back, Route
from estimators.layers import Call
from estimators.objective import MissingCapability


@dataclass(frozen=True)
class DirectFeedbackAlignment(FeedbackEstimator):
    """δₗ = (Bₗ e) ⊙ φ' with fixed random Bₗ and the error e at the model's output, sample by sample.

    Bₗ e is the gradient of the input of every dense and convolutional layer, with all of the input's dimensions but the first
    taken together; where a dense layer's input and the output agree in all dimensions but the last, as for a sequence of tokens,
    each position has the error of its own. From there it passes what lies before: activation, normalisation, pooling, up to the
    parameters of the layer before; but no layer's weight. What goes round layers (skip connections) is differentiated as it is.
    The bias is whatever Bₗ and the product of all later layers do not have in common: the last layer is exact, and for random
    weights the expected cosine of any other is 0. No variance: given the seed, the estimate is a function of the point.

    Costs 2 forward passes for dense layers and the products with e: c m multiplications a sample for a layer of m inputs, with c
    numbers in e. Memory: the activations of all layers, and c Σ m numbers of Bₗ, kept between calls: where the batch has more
    than c samples, less than the activations, but for convolutions far more than their weights. They follow from the seed, the
    name of the weight and the shape of the matrix, and have the law of the weights of an output layer in this place (see
    `drawing`).

    Source: Nøkland 2016, arXiv 1609.01596.

    Args:
        seed: of all matrices.

    Example:
        >>> from estimators.objective import ModuleObjective
        >>> module = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))
        >>> objective = ModuleObjective(module, torch.nn.functional.mse_loss, (torch.ones(5, 3), torch.ones(5, 2)))
        >>> estimator = DirectFeedbackAlignment()
        >>> estimate, kept = estimator.estimate(objective, estimator.init(objective), generator=torch.Generator())
        >>> [tuple(matrix.shape) for matrix in kept.values()]
        [(2, 4)]
    """

    seed: int = 0

    def route(self, kept: dict[str, Tensor], generator: torch.Generator) -> Route:
        """See `FeedbackEstimator.route`.

        The pass back also raises MissingCapability where the model's output is not one tensor, or the first dimension of a
        layer's input does not count the samples.
        """
        return _FromTheOutput(kept, self.seed)

    def declaration(self, shapes: Shapes, batch: int | None) -> Declaration:
        """See `Estimator.declaration`; the multiple is that of a perceptron of these weights."""
        weights = matrices(shapes)
        if not weights:
            return declared(None)
        direct = weights[-1][0] * sum(inputs for _, inputs in weights[1:])
        return declared(2.0 + direct / sum(map(prod, weights)))


class _FromTheOutput(Route):
    """Straight from the output to each layer's input."""

    def __init__(self, kept: dict[str, Tensor], seed: int) -> None:
        self._kept, self._seed = kept, seed
        self._error: Tensor | None = None

    def watch(self, output: Any) -> Any:
        if not isinstance(output, Tensor):
            raise MissingCapability(
                "module", f"the error at the output is that of one tensor; the model gives a {type(output).__name__}"
            )
        output.register_hook(self._hear)
        return output

    def back(self, name: str, parameter: Tensor, call: Call) -> Back:
        return partial(self._sent, name, call.shape, call.batched.shape)

    def _hear(self, error: Tensor) -> None:
        self._error = error

    def _sent(self, name: str, shape: torch.Size, batched: torch.Size, gradient: Tensor) -> Tensor:
        """The error times the layer's matrix, in the shape of the layer's input; the gradient that came is not looked at."""
        if self._error is None:
            raise MissingCapability("module", "the loss depends on the model's layers other than through its output")
        error = _rows(self._error, shape, batched)  # [rows, c]
        if error is None:
            raise MissingCapability(
                "module",
                f"samples must come first; the error at the output is {tuple(self._error.shape)}, the input of layer {name!r} "
                f"{tuple(shape)}",
            )
        matrix = self._matrix(name, (error.shape[1], prod(batched) // len(error)), gradient)
        return (error.to(gradient.dtype) @ matrix).view(batched)

    def _matrix(self, name: str, shape: tuple[int, int], like: Tensor) -> Tensor:
        """[c, m]: drawn when it is first needed, since its sizes follow from activations."""
        key = f"{name} {shape[0]}x{shape[1]}"
        if key not in self._kept:
            self._kept[key] = drawn(shape, self._seed, key).to(like.device, like.dtype)
        return self._kept[key].to(like.dtype)


def _rows(error: Tensor, shape: torch.Size, batched: torch.Size) -> Tensor | None:
    """The error in rows, one for each row of a layer's input: a position where it has the same positions, or else a sample.

    Args:
        error: at the output.
        shape: of the layer's input.
        batched: the same as the layer's operation takes it, [rows, m] for dense layers.
    """
    error = error.unsqueeze(1) if error.dim() == 1 else error
    if len(batched) == 2 and error.shape[:-1] == shape[:-1]:
        return error.flatten(0, -2)
    return error.flatten(1) if len(error) == shape[0] else None
