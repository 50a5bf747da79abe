"""Tangents drawn block by block, in any order and again, are those that are drawn all at once."""

from dataclasses import replace

import pytest
import torch

from estimators.directional.directions import Directions
from estimators.directional.directions.gaussian import Gaussian
from estimators.directional.directions.low_rank import LowRank
from estimators.directional.directions.rademacher import Rademacher
from estimators.directional.directions.sparse import Sparse
from estimators.directional.directions.sphere import Sphere
from estimators.directional.regenerated import OneTangent, Regenerated, RegeneratedCombination, check_blockwise
from estimators.directional.space import Block, Layout
from estimators.directional.streams import open_stream
from estimators.naming import load
from estimators.registry import ENTRIES, PARTS

LAWS = [Gaussian(), Rademacher(), Sparse(0.5), LowRank(2)]


def layout(dtype: torch.dtype = torch.float32) -> Layout:
    shapes = ((3, 4), (), (5,), (2, 3, 2), (7, 9))
    return tuple(Block(f"p{i}", shape, dtype, torch.device("cpu")) for i, shape in enumerate(shapes))


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16], ids=str)
@pytest.mark.parametrize("directions", LAWS, ids=str)
def test_every_block_of_every_tangent_is_the_one_of_the_whole(directions: Directions, dtype: torch.dtype) -> None:
    blocks, k = layout(dtype), 3
    whole = directions.draw(blocks, range(k), open_stream("keyed", generator(), k))
    tangents = Regenerated.of(blocks, directions, k).opened(generator())
    for position in (4, 0, 3, 1, 2, 4):
        for index in (2, 0, 1):
            block = tangents.block(position, index)
            assert block.is_contiguous()
            assert torch.equal(block, whole[f"p{position}"][index])
        assert torch.equal(tangents.blocks(position), whole[f"p{position}"])
    assert all(map(torch.equal, tangents.all().values(), whole.values()))


def with_small_blocks(dtype: torch.dtype = torch.float32) -> Layout:
    """Two large blocks, and small ones of which four fit together, but not five."""
    shapes = ((64, 80), (16,), (), (64, 64), (40,), (2, 9), (80,), (81,), (3,))
    return tuple(Block(f"p{i}", shape, dtype, torch.device("cpu")) for i, shape in enumerate(shapes))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16], ids=str)
@pytest.mark.parametrize("directions", LAWS, ids=str)
def test_blocks_that_are_drawn_together_are_those_drawn_alone_in_any_order_and_again(
    directions: Directions, dtype: torch.dtype
) -> None:
    tangents = Regenerated.of(with_small_blocks(dtype), directions, 3).opened(generator())
    for index in (2, 0):
        tangent = OneTangent(tangents, index)
        for position in (*range(9), 8, 1, 4, 4, 0, 7, 6):
            block = tangent.block(position)
            assert block.is_contiguous()
            assert torch.equal(block, tangents.block(position, index))
            block.zero_()  # it is the caller's own


@pytest.mark.parametrize("directions", [Gaussian(), Rademacher(), Sparse(0.5)], ids=str)
def test_long_blocks_among_those_drawn_together_are_their_own(directions: Directions) -> None:
    """Random bits of long blocks come from generators, those of short ones are hashed: not in the order of the layout."""
    shapes = ((2100, 2000), (40_000,), (10,))
    blocks = tuple(Block(f"p{i}", shape, torch.float32, torch.device("cpu")) for i, shape in enumerate(shapes))
    tangents = Regenerated.of(blocks, directions, 2).opened(generator())
    assert tangents.groups == dict.fromkeys((1, 2), (1, 2))
    tangent = OneTangent(tangents, 1)
    for position in (2, 1, 2):
        assert torch.equal(tangent.block(position), tangents.block(position, 1))


def test_small_blocks_are_drawn_together_up_to_a_64th_of_the_largest() -> None:
    groups = Regenerated.of(with_small_blocks(), Gaussian(), 1).groups
    assert groups == dict.fromkeys((1, 2, 4, 5), (1, 2, 4, 5))
    assert not Regenerated.of(with_small_blocks(), LowRank(1), 1).groups
    mixed = tuple(replace(block, dtype=torch.float64 if i == 4 else block.dtype) for i, block in enumerate(with_small_blocks()))
    assert Regenerated.of(mixed, Rademacher(), 1).groups == dict.fromkeys((1, 2), (1, 2))


def test_the_combination_is_formed_anew_at_every_reading_and_is_the_same() -> None:
    blocks, coefficients = layout(torch.float64), torch.tensor([2.0, -0.5])
    tangents = Regenerated.of(blocks, Gaussian(), 2).opened(generator())
    estimate = RegeneratedCombination(torch.zeros(()), tangents, coefficients)
    first, again = estimate.gradient, estimate.gradient
    whole = tangents.all()
    for name, tensor in first.items():
        assert torch.equal(tensor, again[name])
        assert tensor.data_ptr() != again[name].data_ptr()
        torch.testing.assert_close(tensor, 2 * whole[name][0] - whole[name][1] / 2)


def test_tangents_of_no_estimate_are_refused() -> None:
    with pytest.raises(ValueError, match="pass the state that estimate returned"):
        Regenerated.of(layout(), Gaussian(), 1).block(0, 0)


def test_a_law_over_all_blocks_together_is_refused() -> None:
    with pytest.raises(ValueError, match=r"directions must draw each block by itself.*'sphere' does not"):
        check_blockwise(Sphere())


@pytest.mark.parametrize("name", ["mezo", "lazy-forward-gradient"])
def test_the_registry_offers_the_laws_that_draw_block_by_block_and_no_others(name: str) -> None:
    blockwise = {law for law, entry in PARTS["directions"].items() if load(entry.target).blockwise}
    assert set(ENTRIES[name].parameters["directions"].choices) == blockwise
