"""What dense layers are given, as far as the gradients of their weights depend on it: the span of the rows of their inputs.

Layers are met as calls of `torch.nn.functional.linear`, wherever in a model these occur.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from estimators.directional.space import Weights
from estimators.objective import Objective


def spans(objective: Objective) -> dict[str, Tensor]:
    """The spans that the rows of dense layers' gradients lie in, from one forward pass.

    Args:
        objective: evaluated at its own parameters.

    Returns:
        Name of a weight -> orthonormal basis Q, [columns, r], of the rows that all layers with this weight are given together; of
        weights that nothing but dense layers uses, given fewer rows than they have columns.
    """
    point = Weights().point(objective)
    seen = _Seen({id(value): name for name, value in point.items() if value.dim() == 2})
    with torch.no_grad(), seen:
        objective.loss(point)
    return seen.bases


class _Seen(TorchFunctionMode):
    """Looks at every call of torch's functions for weights.

    Attributes:
        bases: as `spans` returns them.
    """

    def __init__(self, names: Mapping[int, str]) -> None:
        """Keep what to look for.

        Args:
            names: identity of a weight -> its name.
        """
        super().__init__()
        self.bases: dict[str, Tensor] = {}
        self._names, self._whole = names, set[str]()

    def __torch_function__(
        self, func: Callable[..., Any], types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Call the function as it is."""
        result = func(*args, **(kwargs or {}))
        used = [*args, *(kwargs or {}).values()]
        if func is functional.linear:
            named = {**dict(zip(("input", "weight", "bias"), args, strict=False)), **(kwargs or {})}
            name = self._names.get(id(named["weight"]))
            if name is not None:
                self._given(name, named["input"])
            used = [named["input"]]
        if not isinstance(result, _DESCRIPTIONS):
            self._give_up(used)
        return result

    def _given(self, name: str, inputs: Tensor) -> None:
        """Take the rows that a layer is given into its basis."""
        rows = inputs.detach().reshape(-1, inputs.shape[-1])
        rows = rows.to(torch.promote_types(rows.dtype, torch.float32))
        if name in self.bases:
            rows = torch.cat([self.bases.pop(name).mT, rows])
        if len(rows) >= rows.shape[1]:
            self._whole.add(name)
        if name not in self._whole:
            self.bases[name] = torch.linalg.qr(rows.mT).Q

    def _give_up(self, arguments: Sequence[Any]) -> None:
        """Of weights that something else uses, nothing is known."""
        for argument in arguments:
            if isinstance(argument, (list, tuple)):
                self._give_up(argument)
            elif id(argument) in self._names:
                self._whole.add(self._names[id(argument)])
                self.bases.pop(self._names[id(argument)], None)


_DESCRIPTIONS = (bool, int, float, str, torch.Size, torch.dtype, torch.device, torch.layout)
"""What a call returns that asks about a tensor and uses none of its numbers in a way that is differentiated."""
