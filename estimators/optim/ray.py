"""The half-line from the present point against one direction, walked in place."""

import torch

from estimators.objective import Objective
from estimators.optim.direction import Direction, add


class Ray:
    """θ(t) = θ₀ - t d; the parameters stand at t = 0 when it begins.

    Of a direction that exists as a whole there may as well be a copy of θ₀: every θ(t) is then computed from it, so that going
    back is exact, to the bit. A lazy direction is formed anew, tensor by tensor, for every move, which goes on from where the
    parameters stand; no vector of length n exists then, and going back leaves behind the rounding of where they have been.

    Args:
        direction: d.
        objective: whose parameters move.
        tape: whether losses are evaluated with a tape, which nobody reads.

    Attributes:
        t: where the parameters stand.
        forwards: evaluations of the loss so far.
    """

    def __init__(self, direction: Direction, objective: Objective, *, tape: bool = False) -> None:
        self.t, self.forwards = 0.0, 0
        self._direction, self._objective, self._tape = direction, objective, tape
        self._start = [share.parameter.clone() for share in direction] if direction.held else None

    def to(self, t: float) -> None:
        """Move the parameters to θ(t)."""
        if self._start is not None:
            for share, start in zip(self._direction, self._start, strict=True):
                share.parameter.copy_(start)
                if t:  # what is infinite stays so times zero
                    add(share.parameter, share.part, -t)
        else:
            for share in self._direction:
                add(share.parameter, share.part, self.t - t)
                del share  # a lazy estimate forms the next tensor when this one is gone
        self.t = t

    def known_loss(self) -> float:
        """The loss where the direction was taken, which whoever took it mostly knows; evaluated only where nobody does."""
        loss = self._direction.loss
        if loss is None:
            return self.loss()
        return loss.item() if isinstance(loss, torch.Tensor) else loss

    def loss(self) -> float:
        """The loss where the parameters stand, by a forward pass."""
        self.forwards += 1
        with torch.set_grad_enabled(self._tape):
            return self._objective.loss().item()
