"""Tangents spread over a subspace have n times the covariance of guided evolution strategies, over all tensors together."""

import pytest
import torch

from estimators.directional.directions.covariance import Spread
from estimators.directional.directions.gaussian import Gaussian
from estimators.directional.directions.rademacher import Rademacher
from estimators.directional.space import Block
from estimators.directional.streams import Keyed

DRAWS, N = 6000, 9
LAYOUT = (
    Block("a", (2, 3), torch.float64, torch.device("cpu")),
    Block("s", (), torch.float64, torch.device("cpu")),
    Block("b", (2,), torch.float64, torch.device("cpu")),
)


def flat(tangents: dict[str, torch.Tensor]) -> torch.Tensor:
    return torch.cat([tangents[b.name].reshape(len(tangents["a"]), -1) for b in LAYOUT], dim=1)


def vector(seed: int, factor: float = 1.0) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {b.name: factor * torch.randn(b.shape, generator=generator, dtype=torch.float64) for b in LAYOUT}


def as_row(one: dict[str, torch.Tensor]) -> torch.Tensor:
    return torch.cat([one[b.name].flatten() for b in LAYOUT])


@pytest.mark.parametrize("drawn", [Gaussian(), Rademacher()], ids=lambda d: d.law)
@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
def test_the_covariance_is_n_times_the_published_one_whatever_the_lengths_of_the_vectors(alpha: float, drawn) -> None:
    given = (vector(1), vector(2, 1e-6), vector(3, 1e6))
    V = flat(Spread(given, alpha, drawn).draw(LAYOUT, range(DRAWS), Keyed(1)))
    U = torch.linalg.qr(torch.stack([as_row(one) / as_row(one).norm() for one in given]).T).Q
    published = alpha / N * torch.eye(N, dtype=torch.float64) + (1 - alpha) / 3 * U @ U.T
    largest = float(N * published.diagonal().max())
    assert (V.T @ V / DRAWS - N * published).abs().max() < 5 * 2**0.5 * largest / DRAWS**0.5


def test_alpha_zero_lies_in_the_span_and_alpha_one_is_the_other_law() -> None:
    given = (vector(1), vector(2))
    V, W = flat(Spread(given, 0.0, Gaussian()).draw(LAYOUT, range(9), Keyed(1))), torch.stack([as_row(one) for one in given])
    torch.testing.assert_close(V @ torch.linalg.pinv(W) @ W, V)
    assert torch.linalg.matrix_rank(V) == 2
    plain = flat(Gaussian().draw(LAYOUT, range(9), Keyed(1)))
    torch.testing.assert_close(flat(Spread(given, 1.0, Gaussian()).draw(LAYOUT, range(9), Keyed(1))), plain)


@pytest.mark.parametrize(
    "others", [(vector(1, -3.0),), (vector(1, 0.0),), (vector(1, 0.0), vector(1))], ids=["line", "zero", "both"]
)
def test_dependent_and_zero_vectors_span_what_is_left_of_them(others) -> None:
    V = flat(Spread((vector(1), *others), 0.0, Gaussian()).draw(LAYOUT, range(2000), Keyed(1)))
    axis = as_row(vector(1)) / as_row(vector(1)).norm()
    torch.testing.assert_close((V @ axis)[:, None] * axis, V)
    assert V.square().sum(1).mean() == pytest.approx(N, abs=5 * N * 2**0.5 / 2000**0.5)


def test_without_any_direction_the_tangents_are_those_of_the_other_law() -> None:
    plain = flat(Gaussian().draw(LAYOUT, range(4), Keyed(1)))
    assert torch.equal(flat(Spread((vector(1, 0.0),), 0.2, Gaussian()).draw(LAYOUT, range(4), Keyed(1))), plain)


def test_a_tangent_does_not_depend_on_its_company() -> None:
    law = Spread((vector(1), vector(2)), 0.5, Gaussian())
    together = flat(law.draw(LAYOUT, range(6), Keyed(1)))
    torch.testing.assert_close(flat(law.draw(LAYOUT, [5, 2], Keyed(1))), together[[5, 2]])


def test_rounding_of_the_vectors_does_not_turn_the_tangents() -> None:
    alike = [vector(1), vector(2), vector(3)]
    rounded = [{name: tensor * (1 + 1e-14 * (-1) ** i) for i, (name, tensor) in enumerate(one.items())} for one in alike]
    one, other = (flat(Spread(given, 0.0, Gaussian()).draw(LAYOUT, range(5), Keyed(1))) for given in (alike, rounded))
    torch.testing.assert_close(one, other)
