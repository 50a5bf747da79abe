"""The shared style: ticks are round and few, and no axis exaggerates."""

import math
import re
from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from reports import style


@given(st.floats(1e-9, 1e9), st.floats(3.9, 1e12), st.booleans())
def test_ticks_are_few_in_order_and_within_the_axis(low: float, span: float, binary: bool) -> None:
    ticks = style.round_ticks(low, low * span, binary=binary)
    assert 1 <= len(ticks) <= style.TICKS
    assert all(low * (1 - 1e-9) <= tick <= low * span * (1 + 1e-9) for tick in ticks)
    assert all(first < second for first, second in pairwise(ticks))


def test_binary_ticks_are_powers_of_two() -> None:
    ticks = style.round_ticks(300, 3e7, binary=True)
    assert all(math.log2(tick).is_integer() for tick in ticks)


def test_a_small_difference_never_fills_the_axis() -> None:
    with style.themed():
        _, axes = style.axes_of(200, left=10, top=10)
        style.log_axis(axes, "x", [1.0, 1.01], "x", str)
    low, high = axes.get_xlim()
    assert high / low >= 4


def test_places_have_a_tick_each_where_they_fit_and_keep_their_range_where_not() -> None:
    assert ticks_at([1, 2, 4, 8, 16, 32, 64]) == [1, 2, 4, 8, 16, 32, 64]
    assert ticks_at([1, 2, 5, 10, 20, 50, 100]) == [1, 2, 5, 10, 20, 50, 100]
    many = ticks_at([2**power for power in range(15)])
    assert many == [4**power for power in range(8)]
    assert ticks_at([100, 101, 102, 200]) == [100, 200]


def ticks_at(places: list[float]) -> list[float]:
    with style.themed():
        _, axes = style.axes_of(200, left=10, top=10)
        style.doubling_axis(axes, places, "k")
    low, high = axes.get_xlim()
    assert low < min(places) <= max(places) < high
    return [float(tick) for tick in axes.get_xticks()]


def test_seaborn_is_used_in_this_module_alone() -> None:
    root = Path(style.__file__).parent
    users = [path.name for path in root.rglob("*.py") if re.search(r"^\s*(import|from) seaborn", path.read_text(), re.MULTILINE)]
    assert users == ["style.py"]
