"""Gradients of earlier points used again: stale by a fixed number of calls, or kept for as long as the loss falls.

Both remember; what they remember is the state that `estimate` returns. At a point that does not move they equal backprop.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from estimators.estimator import Declaration, DenseEstimate, Estimate, Estimator, Shapes
from estimators.exact import Backprop, backward
from estimators.objective import Objective

Gradient = Mapping[str, Tensor]


@dataclass(frozen=True)
class StaleGradient(Estimator):
    """The gradient at the point of τ calls ago, g(θ_{t-τ}): what a worker of asynchronous descent contributes.

    The first τ calls give the gradient of the very first one, g(θ_0), as if all workers had begun there. Every call takes the
    gradient at its own point, for later. Biased by as much as the gradient has changed meanwhile: ‖g(θ_{t-τ}) - g(θ_t)‖ is at
    most the Lipschitz constant of g times the way gone in τ steps. The loss is that of the present point.

    Cost: 3 forward passes a call, as backprop. Memory: the activations, and τ gradients that are kept between calls. The estimate
    is made of tensors that the state may hold: they are to be read and not written.

    Source: asynchronous descent with a fixed delay, as in Agarwal and Duchi 2011, arXiv 1104.5525.

    Args:
        tau: τ, 0 or more; 0 is backprop.

    Example:
        >>> from estimators.objective import FunctionObjective
        >>> estimator, point = StaleGradient(tau=1), torch.ones(1)
        >>> objective, state = FunctionObjective(lambda x: (x**2).sum(), point), ()
        >>> for _ in range(3):
        ...     estimate, state = estimator.estimate(objective, state, generator=torch.Generator())
        ...     print(estimate.gradient["x"].item())
        ...     _ = point.mul_(0.5)
        2.0
        2.0
        1.0
    """

    tau: int = 1

    def __post_init__(self) -> None:
        """Check the bound."""
        if self.tau < 0:
            raise ValueError(f"tau must be 0 or more, got {self.tau}")

    def init(self, objective: Objective) -> tuple[Gradient, ...]:
        """No gradient yet."""
        return ()

    def estimate(
        self, objective: Objective, state: tuple[Gradient, ...], *, generator: torch.Generator
    ) -> tuple[Estimate, tuple[Gradient, ...]]:
        """See `Estimator.estimate`; draws nothing."""
        with torch.enable_grad():
            now = backward(objective, objective.loss())
        known = (*state, now.tensors)
        return DenseEstimate(now.loss, known[0]), known[len(known) > self.tau :]

    def declaration(self, shapes: Shapes, batch: int | None) -> Declaration:
        """See `Estimator.declaration`."""
        return Backprop().declaration(shapes, batch) if self.tau == 0 else _declared(shapes, batch)


@dataclass(frozen=True)
class KeptGradient(Estimator):
    """The gradient of an earlier point for as long as steps along it lower the loss, then that of the present point.

    Each call evaluates the loss. Where it is lower than at the call before, the gradient used then is used again, `steps` times
    in a row at most; where it is not, or is no number, a new one is taken. Biased: the bias grows with the way gone since.

    Cost for dense layers: 3 forward passes for a new gradient, as backprop, and 1 for one that is kept: (3 + s)/(1 + s) a call
    where each serves s more; the 3 is declared. Memory: the activations, at every call, for the tape is recorded before it is
    known whether it is needed; and one gradient that is kept between calls. The estimate is made of tensors that the state holds:
    they are to be read and not written.

    A step that raised the loss is not undone: that is for whoever takes the steps. It makes sense on one batch only.

    Source: V. Warmerdam, More Descent, Less Gradient, koaning.io 2020 (KeepStepping).

    Args:
        steps: how many further calls one gradient serves at most, 0 (backprop) or more; None for no limit.

    Example:
        >>> from estimators.objective import FunctionObjective
        >>> estimator, point = KeptGradient(), torch.ones(1)
        >>> objective, state = FunctionObjective(lambda x: (x**2).sum(), point), None
        >>> for _ in range(4):
        ...     estimate, state = estimator.estimate(objective, state, generator=torch.Generator())
        ...     print(f"{estimate.gradient['x'].item():.1f}")
        ...     _ = point.sub_(0.4 * estimate.gradient["x"])  # to 0.2, -0.6 (higher), -0.12
        2.0
        2.0
        -1.2
        -1.2
    """

    steps: int | None = 20

    def __post_init__(self) -> None:
        """Check the bound."""
        if self.steps is not None and self.steps < 0:
            raise ValueError(f"steps must be 0 or more, or none, got {self.steps}")

    def estimate(self, objective: Objective, state: "Memory | None", *, generator: torch.Generator) -> tuple[Estimate, "Memory"]:
        """See `Estimator.estimate`; draws nothing."""
        with torch.enable_grad():
            loss = objective.loss()
            value = loss.detach()
            if state is not None and value < state.loss and (self.steps is None or state.served < self.steps):
                state = Memory(state.gradient, value, state.served + 1)
            else:
                state = Memory(backward(objective, loss).tensors, value)
        return DenseEstimate(value, state.gradient), state

    def declaration(self, shapes: Shapes, batch: int | None) -> Declaration:
        """See `Estimator.declaration`."""
        if self.steps == 0:
            return Backprop().declaration(shapes, batch)
        return _declared(shapes, batch)


@dataclass(frozen=True)
class Memory:
    """What is known from the call before.

    Attributes:
        gradient: in use.
        loss: there; 0-dimensional.
        served: calls that the gradient was used for after its own.
    """

    gradient: Gradient
    loss: Tensor
    served: int = 0


def _declared(shapes: Shapes, batch: int | None) -> Declaration:
    """Backprop's cost and the gradients kept, and nothing of the error: it depends on the way that parameters have gone.

    An estimate that is a gradient kept from an earlier call does not follow another loss.
    """
    passes = Backprop().declaration(shapes, batch).forward_multiple
    return Declaration(
        stochastic=False,
        forward_multiple=passes,
        forward_calls=1,
        memory="history",
        records_tape=True,
        homogeneous=False,
        linear=False,
        remembers=True,
    )
