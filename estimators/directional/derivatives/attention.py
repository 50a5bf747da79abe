"""Attention and its tangent in fewer passes over the weights than torch's forward mode makes.

The math kernel guards against rows without any key, scales both factors, and leaves the products of the tangents to be formed and
added one by one. Without a mask no row is empty: with S = s q kᵀ, P = softmax S and dS = s (dq kᵀ + q dkᵀ) the tangent of P v is
(P ∘ (dS - Σ P ∘ dS)) v + P dv, where products are added to what is there. Calls of another form are left to the math kernel.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from estimators.directional.derivatives.duals import make_dual, unpack_dual
from estimators.directional.derivatives.treatments import KERNELS, Treatment, differentiates_by_itself

_NAMES = ("query", "key", "value", "attn_mask", "dropout_p", "is_causal")  # in the order of the call
_USUAL = ("is_causal", "scale")


def _attention(func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Query, key and value with tangents, of equal batches, and nothing but `is_causal` and `scale` beside them."""
    options = {**dict(zip(_NAMES, args, strict=False)), **kwargs}
    factors = [options.pop(name, None) for name in _NAMES[:3]]
    usual = not _unusual(options) and all(type(x) is Tensor and x.dim() >= 3 for x in factors)
    if differentiates_by_itself() or not usual:
        return KERNELS[func](func, args, kwargs)
    duals = [(primal, tangent) for primal, tangent in map(unpack_dual, factors) if tangent is not None]
    batch = factors[0].shape[:-2]
    if any(x.shape[:-2] != batch for x in factors) or len(duals) < len(factors):
        return KERNELS[func](func, args, kwargs)
    (q, dq), (k, dk), (v, dv) = ((_flat(primal), _flat(tangent)) for primal, tangent in duals)
    scale = options.get("scale")
    value, tangent = _with_tangent(q, dq, k, dk, v, dv, q.shape[-1] ** -0.5 if scale is None else scale, options.get("is_causal"))
    return make_dual(value.view(*batch, *value.shape[1:]), tangent.view(*batch, *value.shape[1:]))


def _with_tangent(
    q: Tensor, dq: Tensor, k: Tensor, dk: Tensor, v: Tensor, dv: Tensor, scale: float, causal: bool | None
) -> tuple[Tensor, Tensor]:
    """The formula; q is [batch, L, E], k [batch, S, E] and v [batch, S, V]."""
    nothing = q.new_empty(())
    scores = torch.baddbmm(nothing, q, k.mT, beta=0, alpha=scale)
    if causal:
        later = torch.ones(scores.shape[1:], dtype=torch.bool, device=q.device).triu(1)
        scores.masked_fill_(later, -torch.inf)
    weights = scores.softmax(-1)
    moved = torch.baddbmm(nothing, dq, k.mT, beta=0, alpha=scale).baddbmm_(q, dk.mT, alpha=scale).mul_(weights)
    moved.addcmul_(weights, moved.sum(-1, keepdim=True), value=-1)
    return torch.bmm(weights, v), torch.bmm(moved, v).baddbmm_(weights, dv)


def _unusual(options: Mapping[str, Any]) -> bool:
    """Whether there is a mask, dropout, or anything else beside `is_causal` and `scale` that is not at its default."""
    return any(isinstance(value, Tensor) or value for name, value in options.items() if name not in _USUAL)


def _flat(x: Tensor) -> Tensor:
    """One dimension for the batch."""
    return x.reshape(-1, *x.shape[-2:])


ATTENTION: dict[Callable[..., Any], Treatment] = {functional.scaled_dot_product_attention: _attention}
"""For dual tensors; several tangents take the math kernel."""
