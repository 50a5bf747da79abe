"""Attention equals its formula, head by head; a causal one never looks ahead."""

import math

import pytest
import torch
from torch import Tensor

from benchmarks.problems.models.attention import Block, SelfAttention, check_heads

BATCH, LENGTH, DIM, HEADS = 2, 5, 6, 3


def by_formula(layer: SelfAttention, x: Tensor, *, causal: bool) -> Tensor:
    q, k, v = (x @ w.T + b for w, b in zip(layer.joint.weight.chunk(3), layer.joint.bias.chunk(3), strict=True))
    size = DIM // HEADS
    mixed = torch.zeros_like(x)
    for sample in range(BATCH):
        for head in range(HEADS):
            part = slice(head * size, (head + 1) * size)
            for place in range(LENGTH):
                seen = place + 1 if causal else LENGTH
                scores = torch.stack([q[sample, place, part] @ k[sample, other, part] for other in range(seen)])
                weights = torch.softmax(scores / math.sqrt(size), 0)
                mixed[sample, place, part] = weights @ v[sample, :seen, part]
    return mixed @ layer.output.weight.T + layer.output.bias


def drawn(seed: int) -> Tensor:
    return torch.randn(BATCH, LENGTH, DIM, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("causal", [False, True])
def test_attention_equals_its_formula(causal: bool) -> None:
    layer = SelfAttention(DIM, HEADS, 0.0, causal=causal).double()
    assert torch.allclose(layer(drawn(0)), by_formula(layer, drawn(0), causal=causal), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("causal", [False, True])
def test_only_a_causal_block_is_blind_to_later_tokens(causal: bool) -> None:
    block = Block(DIM, HEADS, 4, 0.0, causal=causal).double()
    x, other = drawn(0), drawn(0)
    other[:, 3:] = drawn(1)[:, 3:]
    assert torch.allclose(block(x)[:, :3], block(other)[:, :3], rtol=1e-12) == causal


def test_dropout_acts_in_train_mode_alone() -> None:
    block = Block(DIM, HEADS, 4, 0.5, causal=False).double()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        assert not torch.equal(block(drawn(0)), block(drawn(0)))
        assert torch.equal(block.eval()(drawn(0)), block(drawn(0)))


def test_heads_that_do_not_divide_the_features_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="dim=6 must be a multiple of heads=4"):
        check_heads(6, 4)
