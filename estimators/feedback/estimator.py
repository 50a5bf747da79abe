"""What feedback methods share: one pass forwards, one back along a route; and feedback shaped like the weights it stands for."""

from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from math import prod

import torch
from torch import Tensor

from estimators.estimator import Declaration, Estimate, Estimator, Shapes
from estimators.exact import backward
from estimators.feedback.rerouting import Back, Rerouted, Route
from estimators.layers import Call
from estimators.objective import MissingCapability, ModuleObjective, Objective

Feedback = Mapping[str, Tensor]
"""The state of a feedback method: what it keeps from call to call, by the name of the parameter it stands for."""


class FeedbackEstimator(Estimator):
    """An estimator that differs from backprop by the way that its error takes past dense and convolutional layers."""

    @abstractmethod
    def route(self, kept: dict[str, Tensor], generator: torch.Generator) -> Route:
        """The way of one estimate's error.

        Args:
            kept: the feedback so far. What is drawn or learned on the way is put in; tensors in it are not written to.
            generator: as for `estimate`.
        """

    def init(self, objective: Objective) -> Feedback:
        """Nothing yet: feedback is drawn when a layer that needs it is first met; see `Estimator.init`."""
        return {}

    def estimate(self, objective: Objective, state: Feedback, *, generator: torch.Generator) -> tuple[Estimate, Feedback]:
        """See `Estimator.estimate`.

        Raises:
            MissingCapability: the objective is not the loss of a module; or the error would pass a parameter where there is no
                feedback: in recurrent layers, transposed convolutions, products other than layers, or a computed weight; or the
                model differentiates or transforms its layers itself. Computed weights are refused in layers only: in other
                products backprop takes the error through them.
        """
        inner = getattr(objective, "objective", objective)
        if not isinstance(inner, ModuleObjective):
            raise MissingCapability("module", "feedback stands in for the weights of a model's layers; this is a plain function")
        kept = dict(state)
        route = self.route(kept, generator)
        with torch.enable_grad(), inner.kept_buffers(), Rerouted(inner.module, route) as rerouted:
            loss = inner.run(lambda inputs: route.watch(inner.module(inputs)))
            rerouted.returning = True
            return backward(inner, loss), kept


class WeightShaped(FeedbackEstimator):
    """An estimator whose error takes backprop's way, with feedback in the place of weights: B δ where backprop has Wᵀ δ.

    Feedback is kept in the shape of the weight: for a dense layer it is Bᵀ, [outputs, inputs].
    """

    @abstractmethod
    def feedback(self, name: str, parameter: Tensor, kept: dict[str, Tensor], generator: torch.Generator) -> Tensor:
        """What stands in for a parameter on the way back; asked for once an estimate, when the error arrives.

        Args:
            name: of the parameter.
            parameter: itself, without a tape.
            kept: see `route`.
            generator: see `route`.
        """

    def route(self, kept: dict[str, Tensor], generator: torch.Generator) -> Route:
        """See `FeedbackEstimator.route`."""
        return _Transposes(partial(self.feedback, kept=kept, generator=generator))

    def declaration(self, shapes: Shapes, batch: int | None) -> Declaration:
        """That of backprop, but neither exact nor unbiased; see `Estimator.declaration`."""
        weights = matrices(shapes)
        first, total = (prod(weights[0]), sum(map(prod, weights))) if weights else (0, 1)
        return declared(3.0 - first / total if weights else None)


class _Transposes(Route):
    """Backprop's way, with other weights: each is formed when the error arrives and dropped after its last use."""

    def __init__(self, feedback: Callable[[str, Tensor], Tensor]) -> None:
        self._feedback, self._formed = feedback, dict[str, Tensor]()
        self._uses: Counter[str] = Counter()

    def back(self, name: str, parameter: Tensor, call: Call) -> Back:
        self._uses[name] += 1
        return partial(self._transposed, name, parameter, call.weight, call.transposed)

    def _transposed(
        self, name: str, parameter: Tensor, weight: Tensor, transposed: Callable[[Tensor, Tensor], Tensor], gradient: Tensor
    ) -> Tensor:
        if name not in self._formed:
            self._formed[name] = self._feedback(name, parameter.detach())
        self._uses[name] -= 1
        feedback = self._formed[name] if self._uses[name] else self._formed.pop(name)
        return transposed(gradient, _part(feedback, parameter, weight).to(gradient.dtype))


def _part(feedback: Tensor, parameter: Tensor, weight: Tensor) -> Tensor:
    """The part of the feedback that stands for this view of its parameter (torch's attention has one weight for three layers)."""
    if weight is parameter:
        return feedback
    return feedback.as_strided(weight.shape, weight.stride(), weight.storage_offset() - parameter.storage_offset())


def matrices(shapes: Shapes) -> list[tuple[int, ...]]:
    """The weights [outputs, inputs] of a perceptron's dense layers, in order; none where weights have more than two dimensions.

    What a convolution takes does not follow from its weights.
    """
    return [shape for shape in shapes.values() if len(shape) == 2] if all(len(shape) <= 2 for shape in shapes.values()) else []


def declared(multiple: float | None) -> Declaration:
    """What a feedback method promises that keeps feedback and takes so many forward passes' operations for dense layers."""
    return Declaration(
        stochastic=False,
        forward_multiple=multiple,
        forward_calls=1,
        memory="history",
        needs=frozenset({"module"}),
        records_tape=True,
    )
