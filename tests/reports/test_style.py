"""The shared style: ticks are round and few, markers have an outline."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import looks, style


@given(st.floats(1e-9, 1e9), st.floats(3.9, 1e12), st.booleans())
def test_ticks_are_few_in_order_and_within_the_axis(low: float, span: float, binary: bool) -> None:
    ticks = style.round_ticks(low, low * span, binary=binary)
    assert 1 <= len(ticks) <= style.TICKS
    assert all(low * (1 - 1e-9) <= tick <= low * span * (1 + 1e-9) for tick in ticks)
    assert all(first < second for first, second in pairwise(ticks))


def test_binary_ticks_are_powers_of_two() -> None:
    ticks = style.round_ticks(300, 3e7, binary=True)
    assert all(math.log2(tick).is_integer() for tick in ticks)


@pytest.mark.parametrize("marker", looks.MARKERS)
def test_every_marker_has_an_outline_of_its_own_within_its_square(marker: str) -> None:
    outlines = {other: style.outline(other) for other in looks.MARKERS}
    assert list(outlines.values()).count(outlines[marker]) == 1
    numbers = [float(number) for number in outlines[marker].strip("Mz").replace("L", " ").split()]
    assert all(0 <= number <= 14 for number in numbers)


def test_a_small_difference_never_fills_the_axis() -> None:
    with style.themed():
        _, axes = style.axes_of(200, left=10, top=10)
        style.log_axis(axes, "x", [1.0, 1.01], "x", str)
    low, high = axes.get_xlim()
    assert high / low >= 4
