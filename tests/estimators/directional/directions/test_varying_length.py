"""Tangents are distinct basis vectors in random order, of lengths uniform on an interval."""

import pytest
import torch

from estimators.directional.directions.varying_length import VaryingLength
from estimators.directional.space import Block
from estimators.directional.streams import Keyed

LAYOUT = (Block("a", (2, 2), torch.float32, torch.device("cpu")), Block("b", (1,), torch.float64, torch.device("cpu")))
N = 5


def drawn(k: int, longest: float = 4.0, seed: int = 1) -> torch.Tensor:
    tangents = VaryingLength(longest).draw(LAYOUT, range(k), Keyed(seed))
    return torch.cat([rows.flatten(1).double() for rows in tangents.values()], dim=1)


def test_within_n_tangents_no_basis_vector_comes_twice_and_then_a_new_order_begins() -> None:
    V = drawn(3 * N)
    assert ((V != 0).sum(1) == 1).all()
    orders = [V[start : start + N].argmax(1).tolist() for start in (0, N, 2 * N)]
    assert all(sorted(order) == list(range(N)) for order in orders)
    assert len({tuple(order) for order in orders}) > 1


def test_lengths_are_uniform_from_one_to_the_longest() -> None:
    lengths = drawn(20_000).sum(1)
    assert 1 <= lengths.min() < 1.01
    assert 3.99 < lengths.max() <= 4
    for power, moment, variance in ((1, 2.5, 9 / 12), (2, 7.0, 1023 / 15 - 49)):
        assert abs((lengths**power).mean() - moment) < 5 * variance**0.5 / len(lengths) ** 0.5
    assert (drawn(50, longest=1.0).sum(1) == 1).all()


def test_every_vector_is_first_equally_often_and_lengths_do_not_depend_on_which_it_is() -> None:
    draws = torch.stack([drawn(1, seed=seed)[0] for seed in range(3000)])
    shares = (draws != 0).double().mean(0)
    assert (shares - 1 / N).abs().max() < 5 * (0.2 * 0.8 / 3000) ** 0.5
    means = draws.sum(0) / (draws != 0).sum(0)
    assert (means - 2.5).abs().max() < 5 * (0.75 / 500) ** 0.5  # each of them came about 600 times


@pytest.mark.parametrize("longest", [0.5, float("inf"), float("nan")])
def test_the_longest_must_be_one_or_more(longest: float) -> None:
    with pytest.raises(ValueError, match="longest must be 1 or more"):
        VaryingLength(longest)
