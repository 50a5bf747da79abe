"""Time to target: ratios by hand, seed by seed, with what was never reached counted and not left out."""

import math

import numpy as np
import pytest

from reports.targets import Ratio, lowest, ratio, reached_at


def _curve(*losses: float, pace: float = 1.0) -> dict[str, np.ndarray]:
    steps = np.arange(len(losses), dtype=float)
    return {"step": steps, "seconds": pace * steps, "forwards": 3 * steps, "loss": np.array(losses)}


def test_the_target_is_reached_at_the_first_validation_that_is_as_low() -> None:
    assert reached_at(_curve(3.0, 2.0, 1.0, 0.5), 1.0, "seconds") == 2.0
    assert reached_at(_curve(3.0, 2.0, math.nan), 1.0, "seconds") is None


def test_the_lowest_loss_ignores_what_is_no_number() -> None:
    assert lowest(_curve(3.0, math.inf, 2.0, math.nan)) == 2.0
    assert lowest(_curve(math.nan)) is None


def test_the_ratio_is_that_of_the_times_of_each_seed() -> None:
    references = {0: _curve(3.0, 1.0, 2.0), 1: _curve(3.0, 2.0, 1.0)}
    curves = {0: _curve(3.0, 2.0, 1.0, pace=2.0), 1: _curve(3.0, 1.0, 0.5, pace=2.0)}
    found = ratio(curves, references, "seconds")  # 4/1 and 2/2
    assert (found.reached, found.of) == (2, 2)
    assert found.value == pytest.approx(2.0)
    half = 12.706204736 * np.std(np.log([4.0, 1.0]), ddof=1) / math.sqrt(2)
    assert (found.low, found.high) == (pytest.approx(2 / math.exp(half)), pytest.approx(2 * math.exp(half)))


def test_what_was_never_reached_has_a_bound_and_no_ratio() -> None:
    references = {0: _curve(3.0, 1.0), 1: _curve(3.0, 1.0)}
    curves = {0: _curve(3.0, 1.0), 1: _curve(3.0, 2.0, 2.0, 2.0, 2.0)}
    assert ratio(curves, references, "seconds") == Ratio(1, 2, beyond=4.0)


def test_backprop_itself_is_at_one() -> None:
    references = {0: _curve(3.0, 1.0, 2.0)}
    assert ratio(references, references, "forwards") == Ratio(1, 1, 1.0, None, None)


def test_where_backprop_never_improves_there_is_nothing_to_reach() -> None:
    assert ratio({0: _curve(3.0, 1.0)}, {0: _curve(1.0, 2.0)}, "step") == Ratio(0, 0)
