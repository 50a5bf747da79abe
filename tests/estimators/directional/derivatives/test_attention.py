"""Attention along one tangent is what backprop says, in every form of the call."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from estimators.directional.derivatives.dual import take_one
from estimators.directional.directions.gaussian import Gaussian
from estimators.directional.space import Weights
from estimators.directional.streams import Keyed
from estimators.objective import FunctionObjective

MASK = torch.ones(5, 5, dtype=torch.bool).tril(1)
CALLS: dict[str, Callable[..., Tensor]] = {
    "plain": scaled_dot_product_attention,
    "causal": lambda q, k, v: scaled_dot_product_attention(q, k, v, is_causal=True),
    "causal, longer keys": lambda q, k, v: scaled_dot_product_attention(q[..., :3, :], k, v, is_causal=True),
    "shorter keys": lambda q, k, v: scaled_dot_product_attention(q, k[..., :2, :], v[..., :2, :]),
    "narrow values": lambda q, k, v: scaled_dot_product_attention(q, k, v[..., :2]),
    "scaled": lambda q, k, v: scaled_dot_product_attention(q, k, v, scale=0.3, dropout_p=0.0),
    "without a batch": lambda q, k, v: scaled_dot_product_attention(q[0, 0], k[0, 0], v[0, 0]),
    "three dimensions": lambda q, k, v: scaled_dot_product_attention(q[0], k[0], v[0]),
    "transposed": lambda q, k, v: scaled_dot_product_attention(q.transpose(0, 1), k.transpose(0, 1), v.transpose(0, 1)),
    "masked": lambda q, k, v: scaled_dot_product_attention(q, k, v, attn_mask=MASK),
    "masked by position": lambda q, k, v: scaled_dot_product_attention(q, k, v, MASK),
    "all by position": lambda q, k, v: scaled_dot_product_attention(q, k, v, None, 0.0, False),
    "causal by position": lambda q, k, v: scaled_dot_product_attention(q, k, v, None, 0.0, True),
    "one batch of keys": lambda q, k, v: scaled_dot_product_attention(q, k[:1], v[:1]),
    "grouped": lambda q, k, v: scaled_dot_product_attention(q, k[:, :1], v[:, :1], enable_gqa=True),
    "constant keys": lambda q, k, v: scaled_dot_product_attention(q, torch.ones(k.shape, dtype=k.dtype), v),
    "by keywords": lambda q, k, v: scaled_dot_product_attention(query=q, key=k, value=v),
    "causal by keywords": lambda q, k, v: scaled_dot_product_attention(value=v, query=q, key=k, is_causal=True),
}


@pytest.mark.parametrize("call", CALLS)
def test_the_derivative_is_that_of_backprop(call: str) -> None:
    def loss(x: Tensor) -> Tensor:
        mixed = CALLS[call](*x.unbind())
        return (mixed * torch.linspace(-1, 1, mixed.numel(), dtype=mixed.dtype).view(mixed.shape)).sum()

    point = torch.randn(3, 2, 3, 5, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    problem = FunctionObjective(loss, point)
    tangents = Gaussian().draw(Weights().layout(problem), range(1), Keyed(1))
    (gradient,) = torch.autograd.grad(problem.loss(), [problem.parameters["x"]])
    with torch.no_grad():
        value, derivative = take_one(Weights(), problem, tangents)
    torch.testing.assert_close(value, problem.loss().detach())
    torch.testing.assert_close(derivative, (gradient * tangents["x"][0]).sum())
