"""Entries are zero or one of two numbers, each kept by itself; the estimate's second moment is the closed form."""

import pytest
import torch

from estimators.directional.directions.rademacher import Rademacher
from estimators.directional.directions.sparse import Sparse
from estimators.directional.space import Block, matrix
from estimators.directional.streams import Keyed

LAYOUT = (
    Block("a", (2, 3), torch.float32, torch.device("cpu")),
    Block("s", (), torch.float32, torch.device("cpu")),
    Block("b", (2, 3), torch.float32, torch.device("cpu")),
)


def drawn(density: float, k: int) -> torch.Tensor:
    tangents = Sparse(density).draw(LAYOUT, range(k), Keyed(1))
    return torch.cat([matrix(rows).double() for rows in tangents.values()], dim=1)


def test_entries_are_zero_or_the_signed_inverse_root_of_the_density() -> None:
    V = drawn(0.25, 2000)
    assert set(V.unique().tolist()) == {-2.0, 0.0, 2.0}


@pytest.mark.parametrize("density", [0.02, 0.5])
def test_each_entry_is_kept_by_itself_with_the_density_as_probability(density: float) -> None:
    kept = (drawn(density, 8000) != 0).double()
    assert (kept.mean(0) - density).abs().max() < 5 * (density * (1 - density) / len(kept)) ** 0.5
    together = kept.T @ kept / len(kept) - density**2
    together.fill_diagonal_(0)
    assert together.abs().max() < 5 * density / len(kept) ** 0.5


def test_signs_do_not_depend_on_the_mask() -> None:
    signs = Rademacher().draw(LAYOUT, range(50), Keyed(1))
    masked = Sparse(0.5).draw(LAYOUT, range(50), Keyed(1))
    assert all(torch.equal(rows.sign(), signs[name] * (rows != 0)) for name, rows in masked.items())


def test_full_density_is_rademachers_law() -> None:
    kept, signs = (directions.draw(LAYOUT, range(9), Keyed(1)) for directions in (Sparse(1), Rademacher()))
    assert all(torch.equal(rows, signs[name]) for name, rows in kept.items())


@pytest.mark.parametrize("density", [0.1, 0.5, 1.0])
def test_the_estimate_is_as_long_on_average_as_the_closed_form_says(density: float) -> None:
    V = drawn(density, 8000)
    g = torch.linspace(-1, 2, 13, dtype=torch.float64)
    squares = (V @ g).square() * V.square().sum(1) / g.square().sum()
    assert abs(squares.mean() - (13 - 1 + 1 / density)) <= 5 * squares.std() / len(V) ** 0.5


@pytest.mark.parametrize("density", [0.0, -0.5, 1.5, float("nan")])
def test_the_density_must_be_a_share(density: float) -> None:
    with pytest.raises(ValueError, match="density must be above 0 and at most 1"):
        Sparse(density)
