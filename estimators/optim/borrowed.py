"""Any optimizer of torch as a rule that takes estimates: what it reads from `.grad` is put there for it and taken away again."""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor
from torch.optim import Optimizer

from estimators.objective import Objective
from estimators.optim.direction import Direction, dense
from estimators.optim.rule import Rule


class Borrowed(Rule):
    """An optimizer that moves every tensor by itself, as all of torch.optim but LBFGS do, with `step` as `Rule` has it.

    `param_groups`, `state` and `state_dict` are the optimizer's own. Of an estimate whose tensors do not exist yet one is formed
    at a time, and the optimizer steps once for each; what it remembers is another matter (Adam: two vectors of length n).
    Whatever is in `.grad` besides is put back.

    Args:
        optimizer: on named parameters; none that needs a closure, as LBFGS does, which evaluates gradients at points of its own.

    Example:
        >>> import torch
        >>> point = torch.ones(1, dtype=torch.float64, requires_grad=True)
        >>> rule = Borrowed(torch.optim.Adam([("x", point)], lr=0.5))
        >>> from estimators.estimator import DenseEstimate
        >>> rule.step(DenseEstimate(torch.tensor(3.0), {"x": torch.tensor([8.0], dtype=torch.float64)}))
        tensor(3.)
        >>> print(f"{point.item():.3f}", point.grad)
        0.500 None
    """

    def __init__(self, optimizer: Optimizer) -> None:
        if _wants_a_closure(optimizer):
            raise ValueError(f"{type(optimizer).__name__} takes gradients at points of its own, so that one estimate is no step")
        super().__init__(optimizer.param_groups, optimizer.defaults)
        self.optimizer = optimizer
        self._share()

    def move(self, direction: Direction, objective: Objective | None) -> None:
        """See `Rule.move`."""
        shares = list(direction) if direction.held else direction
        with _without_gradients([parameter for group in self.param_groups for parameter in group["params"]]):
            for share in shares:
                share.parameter.grad = dense(share.part, share.parameter)
                if not direction.held:
                    self.optimizer.step()
                    share.parameter.grad = None
                del share  # a lazy estimate forms the next tensor when this one is gone
            if direction.held:
                self.optimizer.step()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """As torch has it."""
        self.optimizer.load_state_dict(state_dict)
        self._share()

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "optimizer": self.optimizer}

    def _share(self) -> None:
        """Have parameters and memory in common with the optimizer, so that schedulers and `state_dict` reach both."""
        self.param_groups, self.state = self.optimizer.param_groups, self.optimizer.state


def _wants_a_closure(optimizer: Optimizer) -> bool:
    """Whether its `step` has an argument that must be given."""
    taken = inspect.signature(optimizer.step).parameters.values()
    return any(each.default is each.empty and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD) for each in taken)


@contextmanager
def _without_gradients(parameters: list[Tensor]) -> Iterator[None]:
    """Put what is in `.grad` aside and back at the end, also after an exception."""
    kept = [(parameter, parameter.grad) for parameter in parameters]
    for parameter in parameters:
        parameter.grad = None
    try:
        yield
    finally:
        for parameter, gradient in kept:
            parameter.grad = gradient
