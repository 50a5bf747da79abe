"""Losses of many perturbed copies of a model in one batched pass, the noise of a layer made while an operation needs it.

The members of a population share parameters and batch. What no noise has touched yet, such as a first layer's product with the
data, is computed once for all of them. A layer whose noise is a product of thin factors multiplies all members' inputs by its own
weight in one product and adds (x B) Aᵀ member by member, so that no perturbed weight exists; convolutions and embeddings do
likewise. Any other operation gets the perturbed tensors of all members, for the one call. Where an operation cannot be batched
(`torch.vmap` has no rule for it, control flow depends on values), each member has a pass of its own; the first call with an
objective finds out.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor
from torch.func import vmap
from torch.nn import functional

from estimators.directional import beside
from estimators.directional.derivatives.treatments import KERNELS, MASKS, Treated, Treatment
from estimators.directional.derivatives.vectorised import agree, out_of_memory, rules_required
from estimators.directional.factored import FactoredPlaceholder
from estimators.directional.placeholder import Placeholder
from estimators.directional.regenerated import Regenerated
from estimators.directional.space import Weights
from estimators.estimator import Factors
from estimators.layers import arguments, opened
from estimators.objective import Objective

_REASONS: WeakKeyDictionary[Objective, str] = WeakKeyDictionary()
"""Objective -> why its members do not go through one pass; empty where they do."""

_LONGEST = 200

_MULTI_HEAD_ATTENTION = opened(functional.multi_head_attention_forward)


def losses(objective: Objective, tangents: Regenerated, distances: Sequence[float]) -> Tensor:
    """The losses at x + distance v for every tangent v and every distance.

    Args:
        objective: the loss.
        tangents: k of them, of a law that leaves no block zero.
        distances: where along each; as many members have one tangent.

    Returns:
        [k, len(distances)], without a tape; call it under `no_grad`.
    """
    reason = _REASONS.get(objective)
    if reason is None:
        return _first(objective, tangents, distances)
    return _one_by_one(objective, tangents, distances) if reason else _in_one_pass(objective, tangents, distances)


def reason_against(objective: Objective) -> str:
    """Why the members of this objective did not go through one pass; empty where they did, or where it was not tried."""
    return _REASONS.get(objective, "")


def _first(objective: Objective, tangents: Regenerated, distances: Sequence[float]) -> Tensor:
    """Try one pass, and remember whether it leads to the end."""
    try:
        with rules_required():
            found = _in_one_pass(objective, tangents, distances)
    except (RuntimeError, UserWarning) as error:
        if out_of_memory(error):
            raise
        reason = str(error).partition("\n")[0][:_LONGEST] or type(error).__name__
    else:
        if not objective.draws or agree(found[0, 0], beside.losses(objective, tangents, 0, distances[:1])[0]):
            _REASONS[objective] = ""
            return found
        reason = "the objective draws other random numbers in a batched pass"
    found = _one_by_one(objective, tangents, distances)
    _REASONS[objective] = reason
    return found


def _one_by_one(objective: Objective, tangents: Regenerated, distances: Sequence[float]) -> Tensor:
    return torch.stack([torch.stack(beside.losses(objective, tangents, index, distances)) for index in range(tangents.k)])


def _in_one_pass(objective: Objective, tangents: Regenerated, distances: Sequence[float]) -> Tensor:
    """Every operation sees one member, whose parameters exist while an operation uses them, and serves all of them."""
    point, count = Weights().point(objective), tangents.k * len(distances)

    def loss(_: Tensor) -> Tensor:
        level = torch._C._functorch.current_level()
        moved = {
            name: _placeholder(value, tangents, position, distances, level)
            for position, (name, value) in enumerate(point.items())
        }
        with Treated(_treatments(level, count)):
            return objective.loss(moved)

    return vmap(loss, randomness="same")(torch.arange(count)).view(tangents.k, -1)


def _placeholder(value: Tensor, tangents: Regenerated, position: int, distances: Sequence[float], level: int) -> Placeholder:
    def make() -> Tensor:
        return _as_one(_moved(value, tangents, position, distances), level)

    if not tangents.factored(position):
        return Placeholder(value, make)
    return FactoredPlaceholder.of(value, make, partial(_factors, tangents, position, distances, level))


def _moved(value: Tensor, tangents: Regenerated, position: int, distances: Sequence[float]) -> Tensor:
    """X + distance v of one block, for all members: [members, *shape]."""
    rows = value.new_empty((tangents.k, len(distances), *value.shape))
    for index, members in enumerate(rows):
        v = tangents.block(position, index)
        for member, distance in zip(members, distances, strict=True):
            torch.add(value, v, alpha=distance, out=member)
    return rows.flatten(0, 1)


def _factors(tangents: Regenerated, position: int, distances: Sequence[float], level: int) -> Factors:
    """Distance v of one block, unformed, for all members."""
    with torch._C._DisableFuncTorch():  # numbers are drawn for all members, outside of what sees one
        lefts, rights = zip(*(tangents.factors(position, index) for index in range(tangents.k)), strict=True)
        left = torch.stack([torch.stack(lefts) * distance for distance in distances], dim=1).flatten(0, 1)
        right = torch.stack(rights).repeat_interleave(len(distances), dim=0)
        return Factors(_as_one(left, level), _as_one(right, level))


def _as_one(rows: Tensor, level: int) -> Tensor:
    """The rows of all members as the tensor of one member."""
    return torch._C._functorch._add_batch_dim(rows, 0, level)


def _treatments(level: int, members: int) -> dict[Callable[..., Any], Treatment]:
    """What a pass of so many members needs, its transform being at this level."""

    def looked_into(func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        with Treated(treatments):
            return _MULTI_HEAD_ATTENTION(*args, **kwargs)

    convolution = partial(_convolution, level)
    treatments: dict[Callable[..., Any], Treatment] = {
        **KERNELS,
        **MASKS,
        **dict.fromkeys((functional.conv1d, functional.conv2d, functional.conv3d), convolution),
        functional.linear: partial(_linear, level),
        functional.embedding: partial(_embedding, level),
        functional.scaled_dot_product_attention: partial(_attention, level, members),
        functional.multi_head_attention_forward: looked_into,
        functional.batch_norm: _batch_norm,
    }
    return treatments


def _linear(level: int, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """X Wᵀ in one product for all members, and (x B) Aᵀ of each."""
    given = arguments(args, kwargs)
    x, weight, bias = given["input"], given["weight"], given.get("bias")
    if not isinstance(weight, FactoredPlaceholder) or _transformed_again(level):
        return func(*args, **kwargs)
    together, (left, right) = func(x, weight.value), weight.factors()
    moved = (x.reshape(-1, x.shape[-1]) @ right @ left.mT).view(together.shape).add_(together)
    return moved if bias is None else moved.add_(bias)


def _convolution(level: int, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """The convolution with W in one for all members, and that with B, then with A as a kernel of size 1, of each."""
    given = arguments(args, kwargs)
    weight, groups = given["weight"], given.get("groups", 1)
    if not isinstance(weight, FactoredPlaceholder) or groups != 1 or _transformed_again(level):
        return func(*args, **kwargs)
    left, right = weight.factors()
    kernels = right.mT.reshape(right.shape[-1], *weight.value.shape[1:])
    mixing = left.reshape(*left.shape, *[1] * (weight.value.dim() - 2))
    thin = func(**{**given, "weight": kernels, "bias": None})
    return func(thin, mixing).add_(func(**{**given, "weight": weight.value}))


def _embedding(level: int, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Rows of W, the same for all members where the indices are, and rows of A times Bᵀ of each."""
    names = ("input", "weight", "padding_idx", "max_norm")  # what is behind them, and padding, matters on the way back alone
    given = {**dict(zip(names, args, strict=False)), **kwargs}
    indices, weight = given["input"], given["weight"]
    if not isinstance(weight, FactoredPlaceholder) or given.get("max_norm") is not None or _transformed_again(level):
        return func(*args, **kwargs)
    left, right = weight.factors()
    return (func(indices, left) @ right.mT).add_(func(indices, weight.value))


def _attention(level: int, members: int, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Of query, key and value alone, members count as samples, so that the fused kernel runs that a single member has."""
    usual = len(args) == 3 and all(type(x) is Tensor for x in args) and not kwargs.get("dropout_p")
    if not usual or kwargs.get("attn_mask") is not None or _transformed_again(level):
        return KERNELS[func](func, args, kwargs)
    apart = [torch._C._functorch._remove_batch_dim(x, level, members, 0) for x in args]  # [members, ..., length, features]
    together: Tensor = func(*(x.flatten(0, max(0, x.dim() - 4)) for x in apart), **kwargs)
    return _as_one(together.view(*apart[0].shape[:-1], together.shape[-1]), level)


def _batch_norm(func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Without running statistics where they would be written only: one copy of them cannot follow all members."""
    names = ("input", "running_mean", "running_var", "weight", "bias", "training", "momentum", "eps")
    given = {**dict(zip(names, args, strict=False)), **kwargs}
    unread = {"running_mean": None, "running_var": None} if given.get("training") else {}
    return func(**{**given, **unread})


def _transformed_again(level: int) -> bool:
    """Whether the model is about to differentiate or transform what it computes by itself.

    A layer must then be one operation of torch on its own arguments: what is put together from parts has another derivative.
    """
    return torch.is_grad_enabled() or torch._C._functorch.current_level() != level
