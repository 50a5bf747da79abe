"""A tangent is Gaussian on one tensor, each as likely as the others, and zero elsewhere."""

import torch

from estimators.directional.directions.block import OneBlock
from estimators.directional.space import Block, matrix
from estimators.directional.streams import Keyed

SHAPES = {"a": (2, 3), "b": (2,), "c": ()}
LAYOUT = tuple(Block(name, shape, torch.float32, torch.device("cpu")) for name, shape in SHAPES.items())
DRAWS = 12_000


def test_a_tangent_lives_on_one_tensor_and_each_is_as_likely() -> None:
    V = OneBlock().draw(LAYOUT, range(DRAWS), Keyed(1))
    used = torch.stack([(rows.view(DRAWS, -1) != 0).any(1) for rows in V.values()]).double()
    assert (used.sum(0) == 1).all()
    assert (used.mean(1) - 1 / 3).abs().max() < 5 * (2 / 9 / DRAWS) ** 0.5


def test_numbers_on_a_tensor_are_normal_with_the_number_of_tensors_as_variance() -> None:
    V = OneBlock().draw(LAYOUT, range(DRAWS), Keyed(1))
    numbers = V["a"][(V["a"] != 0).flatten(1).any(1)].flatten().double() / 3**0.5
    for power, moment, deviation in ((1, 0, 1.0), (2, 1, 2**0.5), (4, 3, 96**0.5)):
        assert abs((numbers**power).mean() - moment) < 5 * deviation / len(numbers) ** 0.5


def test_the_estimate_is_as_long_on_average_as_the_formula_says() -> None:
    V = torch.cat([matrix(rows).double() for rows in OneBlock().draw(LAYOUT, range(DRAWS), Keyed(1)).values()], dim=1)
    g = torch.linspace(-1, 2, 9, dtype=torch.float64)
    parts = g.split([6, 2, 1])
    expected = 3 * sum((len(part) + 2) * part.square().sum() for part in parts)
    squares = (V @ g).square() * V.square().sum(1)
    assert abs(squares.mean() - expected) <= 5 * squares.std() / DRAWS**0.5
