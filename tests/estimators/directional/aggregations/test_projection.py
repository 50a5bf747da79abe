"""The projection is the nearest point of the span, found from one Gram matrix that is right to 1e-6."""

import math

import pytest
import torch

from estimators.directional.aggregations.projection import Projection, gram_matrix, solve


def tangents(k: int, *sizes: int, signs: bool = False) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(k)
    rows = {f"p{i}": torch.randn((k, size), generator=generator) for i, size in enumerate(sizes)}
    return {name: row.sign() for name, row in rows.items()} if signs else rows


def flat(rows: dict[str, torch.Tensor]) -> torch.Tensor:
    return torch.cat(list(rows.values()), dim=1).double()


@pytest.mark.parametrize(
    ("k", "sizes"),
    [(3, (5, 7)), (16, (100_000, 10, 3)), (200, (128, 90)), (8, (40_000,)), (2, (500_000,)), (64, (30_000, 16_384, 1))],
)
def test_the_gram_matrix_is_right_to_one_in_a_million(k: int, sizes: tuple[int, ...]) -> None:
    rows = tangents(k, *sizes)
    exact = flat(rows) @ flat(rows).T
    assert (gram_matrix(rows) - exact).abs().max() < 1e-6 * exact.abs().max()


@pytest.mark.slow
@pytest.mark.parametrize("k", [2, 4, 8, 16, 32, 64])
def test_the_gram_matrix_of_millions_of_coordinates_is_right_to_one_in_a_million(k: int) -> None:
    rows = tangents(k, 784 * 1024, 1024, 1024 * 1024, 1024, 10 * 1024, 10)  # 1,863,690 coordinates
    exact = torch.zeros(k, k, dtype=torch.float64)
    for block in rows.values():
        for chunk in block.split(100_000, dim=1):
            exact += chunk.double() @ chunk.double().T
    assert (gram_matrix(rows) - exact).abs().max() < 1e-6 * exact.abs().max()


@pytest.mark.parametrize("signs", [False, True], ids=["gaussian", "signs"])
@pytest.mark.parametrize(("k", "n"), [(1, 1), (1, 9), (4, 9), (9, 9), (30, 9), (64, 512)])
def test_the_projection_is_the_nearest_point_of_the_span(k: int, n: int, signs: bool) -> None:
    rows = tangents(k, n, signs=signs)
    V, g = flat(rows), torch.linspace(-1, 2, n, dtype=torch.float64)
    c = Projection().coefficients(rows, V @ g)
    nearest = V.T @ torch.linalg.lstsq(V.T, g.unsqueeze(1), driver="gelsd").solution.squeeze(1)
    torch.testing.assert_close(V.T @ c, nearest, rtol=0, atol=1e-6)


def test_nearly_parallel_tangents_lose_no_more_digits_than_rounding_takes() -> None:
    n, k, degrees = 2000, 16, 0.1
    first, others = tangents(1, n)["p0"], tangents(k, n)["p0"]
    rows = {"p0": torch.cat([first, first + math.radians(degrees) * others])}
    V, g = flat(rows), torch.linspace(-1, 2, n, dtype=torch.float64)
    c = Projection().coefficients(rows, V @ g)
    nearest = V.T @ torch.linalg.lstsq(V.T, g.unsqueeze(1), driver="gelsd").solution.squeeze(1)
    torch.testing.assert_close(V.T @ c, nearest, rtol=0, atol=1e-6)


def test_repeated_and_zero_tangents_change_nothing() -> None:
    rows = tangents(3, 20)["p0"]
    more = torch.cat([rows, rows[:2], torch.zeros(2, 20), 3 * rows[:1]])
    g = torch.linspace(-1, 1, 20)
    plain, repeated = (v.T @ Projection().coefficients({"p": v}, v @ g) for v in (rows, more))
    torch.testing.assert_close(plain, repeated, rtol=0, atol=1e-5)


def test_no_tangent_at_all_but_zeros_gives_zero() -> None:
    assert solve(torch.zeros(2, 2, dtype=torch.float64), torch.ones(2, dtype=torch.float64)).tolist() == [0, 0]
