"""Ceilings as a run keeps them: what they bound, and headers that hold none."""

import pytest

from benchmarks.records.ceilings import Ceilings, ceilings_of, highest

ONE = Ceilings("cpu", "float32", 1, ((1024, 4e9), (4096, 8e9), (1 << 26, 2e9)), ((128, 1e9), (256, 16e9)))


def test_the_roof_is_the_slope_of_the_fastest_copy_up_to_the_fastest_product() -> None:
    assert ONE.copy == (4096, 8e9)
    assert ONE.largest_copy == (1 << 26, 2e9)
    assert ONE.product == (256, 16e9)
    assert [ONE.roof(intensity) for intensity in (0.5, 2.0, 100.0)] == [4e9, 16e9, 16e9]


def test_json_gives_back_an_equal_one() -> None:
    assert Ceilings.from_json(ONE.to_json()) == ONE
    assert ceilings_of({"ceilings": ONE.to_json()}) == ONE


@pytest.mark.parametrize(
    "damage",
    [
        {"copies": []},
        {"products": []},
        {"copies": [[1024, 0.0]]},
        {"copies": [[1024, None]]},
        {"products": [[128, float("inf")]]},
        {"products": [7]},
        {"threads": None},
    ],
)
def test_a_damaged_entry_is_none(damage) -> None:
    assert ceilings_of({"ceilings": {**ONE.to_json(), **damage}}) is None


@pytest.mark.parametrize("header", [{}, {"ceilings": None}, {"ceilings": [1]}, {"ceilings": {"device": "cpu"}}])
def test_a_header_without_ceilings_has_none(header) -> None:
    assert ceilings_of(header) is None


def test_of_several_readings_the_fastest_at_each_size_counts() -> None:
    other = Ceilings("cpu", "float32", 1, ((1024, 5e9), (1 << 28, 1e9)), ((256, 15e9),))
    both = highest([ONE, other])
    assert both is not None
    assert both.copies == ((1024, 5e9), (4096, 8e9), (1 << 26, 2e9), (1 << 28, 1e9))
    assert both.products == ((128, 1e9), (256, 16e9))
    assert highest([ONE]) == ONE
    assert highest([]) is None
