"""Deep relative trust is the product of one more than each layer's relative change, and 1 where a gradient is another."""

import math

import pytest

from estimators.theory.trust import deep_relative_trust, reached, trusted_size


@pytest.mark.parametrize("sizes", [[], [0.3], [0.1, 0.2, 0.7], [1e-12] * 40, [0.01] * 51])
def test_it_is_the_product_written_out(sizes: list[float]) -> None:
    product = math.prod(1 + size for size in sizes) - 1
    assert deep_relative_trust(sizes) == pytest.approx(product, rel=1e-9, abs=1e-13)


def test_small_sizes_do_not_drown_in_rounding() -> None:
    assert deep_relative_trust([1e-18] * 10) == pytest.approx(1e-17, rel=1e-9)


@pytest.mark.parametrize("layers", [1, 2, 11, 51])
def test_at_the_trusted_size_it_is_one(layers: int) -> None:
    assert deep_relative_trust([trusted_size(layers)] * layers) == pytest.approx(1.0)


def test_of_a_power_law_the_place_where_it_is_one_is_found_between_two_sizes() -> None:
    sizes = [0.01, 0.1, 1.0]
    assert reached(sizes, [30 * size**2 for size in sizes]) == pytest.approx(30**-0.5)


@pytest.mark.parametrize(
    "changes", [[2.0, 3.0, 4.0], [0.1, 0.2, 0.9], [0.1, math.nan, 2.0], [0.1, math.inf, 2.0], [math.nan, 2.0, 3.0], [], [5.0]]
)
def test_where_it_is_not_between_two_sizes_there_is_none(changes: list[float]) -> None:
    assert reached([0.01, 0.1, 1.0][: len(changes)], changes) is None
