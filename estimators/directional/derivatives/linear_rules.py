"""How a linear layer pushes tangents forward: dy = x dWᵀ + dx Wᵀ + db, where products are added to what is there.

An input or a weight that does not move (data, a frozen layer) is not multiplied by. The value and a single tangent of an input
that lie in one memory are multiplied by the weights together: those are read, and packed, once. Few outputs, and what they move
by, are computed as W xᵀ, which libraries for matrix products do in two thirds of the time of x Wᵀ.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from estimators.directional.derivatives.pushed import Pushed, needs, parts

_NARROW = 64  # outputs


def linear(inputs: Tensor | Pushed, weight: Tensor | Pushed, bias: Tensor | Pushed | None = None) -> Pushed:
    """The rule of `torch.nn.functional.linear`."""
    (x, dx, both), (w, dw, _), (b, db, _) = parts(inputs), parts(weight), parts(bias)
    dims, factor, narrow = x.dim(), dx if dw is None else dw, w.shape[0] <= _NARROW
    needs(dims > 1 and w.dim() == 2 and (b is None or b.dim() == 1), "one sample, one output, or a bias for each sample")
    if dims > 2:
        rows = x.flatten(0, -2)
        y = linear(rows if dx is None else Pushed(rows, dx.flatten(-dims, -2)), weight, bias)
        return Pushed(*(part.unflatten(-2, x.shape[:-1]) for part in y[:2]))
    if factor is not None and not narrow and factor.dim() == 2:
        y = by_weight(x, dx, both, w, b, db)
        if dw is not None:
            add_product(y.tangents, x, dw)
        return y
    if factor is None:
        value = functional.linear(x, w, b)
        return Pushed(value, db.unsqueeze(-2).expand(*db.shape[:-1], *value.shape))
    if not narrow:
        return Pushed(functional.linear(x, w, b), _several(x, dx, w, dw, db))
    value = _transposed(x, w, b).contiguous()  # laid out as ever: masks are drawn in the order of memory
    if factor.dim() == 3:
        return Pushed(value, _several_narrow(x, dx, w, dw, db))
    if dw is None:
        return Pushed(value, _transposed(dx, w, db))
    moved = _transposed(x, dw, db)
    return Pushed(value, moved if dx is None else _add_transposed(moved, dx, w))


def by_weight(
    x: Tensor, dx: Tensor | None, both: Tensor | None, weight: Tensor, bias: Tensor | None, db: Tensor | None
) -> Pushed:
    """X Wᵀ + b and, in one memory with it, dx Wᵀ + db, of a matrix x that moves along a single tangent or not at all.

    `both` is x and dx where they lie in one memory.
    """
    needs(bias is None or bias.dtype == weight.dtype, "a bias of another dtype")
    shape = x.shape[0], weight.shape[0]
    b = weight.new_zeros(()) if bias is None else bias
    together = torch.cat((b.expand(shape), (weight.new_zeros(()) if db is None else db).expand(shape)))
    value, tangent = together.chunk(2)
    if both is not None:
        add_product(together, both, weight)
    else:
        add_product(value, x, weight)
        if dx is not None:
            add_product(tangent, dx, weight)
    return Pushed(value, tangent, together)


def add_product(into: Tensor, x: Tensor, weight: Tensor) -> None:
    """Add x Wᵀ, in place."""
    torch.addmm(into, x, weight.t(), out=into)


def _transposed(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """[B, m], in memory [m, B]."""
    return (torch.mm(weight, x.t()) if bias is None else torch.addmm(bias.unsqueeze(1), weight, x.t())).t()


def _add_transposed(product: Tensor, x: Tensor, weight: Tensor) -> Tensor:
    memory = product.t()
    torch.addmm(memory, weight, x.t(), out=memory)
    return product


def _several(x: Tensor, dx: Any, weight: Tensor, dw: Any, db: Tensor | None) -> Tensor:
    """[k, B, m] from x [B, n], dx [k, B, n], weight [m, n], dw [k, m, n] and db [k, m]; of dx and dw one may be None."""
    if dw is None:
        moved = functional.linear(dx, weight)
        return moved if db is None else moved.add_(db.unsqueeze(1))
    rows = x.expand(len(dw), *x.shape)
    moved = torch.bmm(rows, dw.mT) if db is None else torch.baddbmm(db.unsqueeze(1), rows, dw.mT)
    if dx is not None:
        add_product(moved.flatten(0, 1), dx.reshape(-1, dx.shape[2]), weight)
    return moved


def _several_narrow(x: Tensor, dx: Any, weight: Tensor, dw: Any, db: Tensor | None) -> Tensor:
    """The same; many W and one x are one product."""
    if dw is None:
        return _several(x, dx, weight, dw, db)
    k, m = dw.shape[:2]
    moved = torch.mm(dw.flatten(0, 1), x.t()).view(k, m, -1)
    if dx is not None:
        moved += torch.mm(weight, dx.reshape(-1, dx.shape[2]).t()).view(m, k, -1).transpose(0, 1)
    if db is not None:
        moved += db.unsqueeze(2)
    return moved.mT
