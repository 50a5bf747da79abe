"""Matrices have the rank asked for, tensors of more dimensions count as matrices of first against rest, vectors are Gaussian."""

import pytest
import torch

from estimators.directional.directions.low_rank import LowRank
from estimators.directional.space import Block
from estimators.directional.streams import Keyed

SHAPES = {"matrix": (5, 4), "kernel": (3, 2, 2, 2), "vector": (6,), "scalar": ()}
CPU = torch.device("cpu")
LAYOUT = tuple(Block(name, shape, torch.float32, CPU) for name, shape in SHAPES.items())


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_the_rank_is_as_asked_on_matrices(rank: int) -> None:
    drawn = LowRank(rank).draw(LAYOUT, range(4), Keyed(1))
    assert {name: rows.shape[1:] for name, rows in drawn.items()} == SHAPES
    for rows in (drawn["matrix"], drawn["kernel"].flatten(2)):
        assert torch.linalg.matrix_rank(rows, rtol=1e-5).tolist() == [rank] * 4


def test_vectors_and_scalars_are_normal() -> None:
    drawn = LowRank(1).draw(LAYOUT, range(20_000), Keyed(1))
    for name in ("vector", "scalar"):
        numbers = drawn[name].double().flatten()
        for power, moment, deviation in ((1, 0, 1.0), (2, 1, 2**0.5), (4, 3, 96**0.5)):
            assert abs((numbers**power).mean() - moment) < 5 * deviation / len(numbers) ** 0.5


@pytest.mark.parametrize("rank", [1, 2, 7])
def test_the_estimate_is_as_long_on_average_as_the_closed_form_says(rank: int) -> None:
    draws, g = 30_000, torch.linspace(-1, 2, 20, dtype=torch.float64)
    V = LowRank(rank).draw(LAYOUT[:1], range(draws), Keyed(1))["matrix"].flatten(1).double()
    squares = (V @ g).square() * V.square().sum(1) / g.square().sum()
    assert abs(squares.mean() - (20 + 2 + 2 * (5 + 4 + 1) / rank)) <= 5 * squares.std() / draws**0.5


def test_low_precision_is_rounded_from_the_product_in_float32() -> None:
    low = LowRank(2).draw((Block("x", (5, 4), torch.bfloat16, CPU),), range(3), Keyed(1))["x"]
    full = LowRank(2).draw((Block("x", (5, 4), torch.float32, CPU),), range(3), Keyed(1))["x"]
    assert torch.equal(low, full.bfloat16())


def test_the_rank_must_be_positive() -> None:
    with pytest.raises(ValueError, match="rank must be 1 or more"):
        LowRank(0)
