"""Tangents in the span of what dense layers are given."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from estimators.directional.directions import Directions
from estimators.directional.directions.within import Rows, Within
from estimators.directional.guides import Guide, added
from estimators.directional.space import Layout, Weights
from estimators.estimator import Declaration, Shapes
from estimators.objective import Objective


@dataclass(frozen=True)
class Inputs(Guide):
    """Tangents R Qᵀ on the weight of every dense layer, Q an orthonormal basis of the rows it is given: dW = Σ r_b x_bᵀ.

    The gradient of such a weight is a sum of δ_b x_bᵀ, so nothing of it is left out: the mean is unbiased, with the error of
    m coordinates instead of n, of which a layer of p outputs given B < q rows has p B instead of p q; (m + 1)/k for Gaussian
    tangents. A layer given as many rows as it has inputs, a weight that anything but `torch.nn.functional.linear` uses (attention
    by its fused function, an embedding tied to it), and all other parameters have tangents of the plain law. One more forward
    pass, and the products R Qᵀ: for B < q as much as a forward pass a tangent. The bases are as large as the inputs.
    Source: Singhal et al. 2023, arXiv 2312.04709; AGZO, arXiv 2601.17261, by finite differences and in a part of the span.
    """

    def lead(self, objective: Objective, layout: Layout, memory: None, drawn: Directions) -> tuple[Directions, None]:
        """See `Guide.lead`."""
        point = Weights().point(objective)
        seen = _Seen({id(value): name for name, value in point.items() if value.dim() == 2})
        with torch.no_grad(), seen:
            objective.loss(point)
        return Within({name: Rows(basis) for name, basis in seen.bases.items()}, drawn), None

    def declared(self, plain: Declaration, shapes: Shapes, batch: int | None, k: int) -> Declaration:
        """See `Guide.declared`; bases follow the order of the samples, and half a batch has others."""
        weights = [shape for shape in shapes.values() if len(shape) == 2]
        narrow = sum(rows * columns for rows, columns in weights if batch is not None and batch < columns)
        products = k * narrow / max(1, sum(rows * columns for rows, columns in weights))
        return replace(
            super().declared(plain, shapes, batch, k),
            unbiased=plain.unbiased,
            forward_multiple=added(plain.forward_multiple, 1 + products),
            forward_calls=None if plain.forward_calls is None else plain.forward_calls + 1,
            memory="activations" if k == 1 else "tangents",
            linear=False,
            permutation_invariant=False,
            independent_tensors=True,
        )


class _Seen(TorchFunctionMode):
    """Looks at every call of torch's functions for the weights of dense layers, and keeps a basis of what each is given.

    Attributes:
        bases: name -> Q, [columns, r], r < columns, where all uses of the weight are known and span less than everything.
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
