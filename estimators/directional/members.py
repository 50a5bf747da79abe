"""How a model's operations run in a batched pass in which every operation sees one member of a population and serves all of them.

The members share parameters and batch. What no noise has touched yet, such as a first layer's product with the data, is computed
once for all of them. A dense layer whose noise is a product of thin factors multiplies all members' inputs by its own weight in
one product and adds (x B) Aᵀ member by member, so that no perturbed weight exists; convolutions and embeddings do likewise.
Any other operation gets the perturbed tensors of all members, for the one call.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.func import jvp
from torch.nn import functional

from estimators.directional.derivatives.treatments import KERNELS, MASKS, Treatment
from estimators.directional.factored import FactoredPlaceholder
from estimators.estimator import Factors
from estimators.layers import arguments


def as_one(rows: Tensor, level: int) -> Tensor:
    """The rows of all members as the tensor of one member, for the transform at this level."""
    return torch._C._functorch._add_batch_dim(rows, 0, level)


def treatments(level: int, members: int) -> dict[Callable[..., Any], Treatment]:
    """What a pass of all members needs.

    Args:
        level: of the transform that batches them.
        members: how many there are.
    """
    convolution = partial(_convolution, level)
    return {
        **KERNELS,
        **MASKS,
        **dict.fromkeys((functional.conv1d, functional.conv2d, functional.conv3d), convolution),
        functional.linear: partial(_linear, level),
        functional.embedding: partial(_embedding, level),
        functional.scaled_dot_product_attention: partial(_attention, level, members),
        functional.batch_norm: _batch_norm,
        **dict.fromkeys((torch.lstm, torch.gru, torch.rnn_tanh, torch.rnn_relu), _recurrent),
    }


def _linear(level: int, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """X Wᵀ in one product for all members, and (x B) Aᵀ of each."""
    given = arguments(args, kwargs)
    x, weight, bias = given["input"], given["weight"], given.get("bias")
    if not isinstance(weight, FactoredPlaceholder) or _transformed_again(level):
        return func(*args, **kwargs)
    together = func(x, weight.value)
    moved = _through(weight.factors(), x.reshape(-1, x.shape[-1])).view(together.shape).add_(together)
    return moved if bias is None else moved.add_(bias)


def _through(factors: Factors, x: Tensor) -> Tensor:
    """(x B) Aᵀ, after which the factors are given up."""
    return x @ factors.right @ factors.left.mT


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
    return as_one(together.view(*apart[0].shape[:-1], together.shape[-1]), level)


def _recurrent(func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """As elementary operations, which is what forward mode, here of nothing, makes of it: batching has no rule for the whole."""
    run, nothing = KERNELS.get(func), torch.zeros(())

    def outputs(_: Tensor) -> Any:
        return run(func, args, kwargs) if run else func(*args, **kwargs)

    return jvp(outputs, (nothing,), (nothing,))[0]


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
