"""Equal code: its spread is pooled, it is hardly ever called different, and a side that is favoured is noticed."""

import math

import numpy as np
import pytest

from benchmarks.comparison import Verdict
from benchmarks.doctor.equal_code import equal_code, noise_finding
from benchmarks.doctor.finding import Level
from benchmarks.doctor.noise import Place

PLACE = Place("bench", "a processor", "cpu", 1, "2.13.0 abc")
TAKEN = "2026-11-21T10:00:00+00:00"


def test_the_spread_is_pooled_over_cells() -> None:
    base = np.ones(6)
    found = equal_code(PLACE, TAKEN, {"quiet": (base, base), "loud": (base, np.exp([0.03, -0.03] * 3))}).floor
    assert found.spread == pytest.approx(math.sqrt(0.03**2 * 6 / 5 / 2))
    assert (found.degrees, found.pairs, found.cells) == (10, 6, 2)


def test_what_moves_both_of_a_pair_counts_for_runs_apart_alone() -> None:
    drift = np.exp([0.06, -0.06] * 3)
    floor = equal_code(PLACE, TAKEN, {"drifting": (drift, drift)}).floor
    assert floor.spread == pytest.approx(0, abs=1e-12)
    assert floor.apart == pytest.approx(math.sqrt(2 * 0.06**2 * 6 / 5))
    assert floor.half_width(6) < 1e-9 < floor.half_width(6, in_turns=False)
    assert floor.detection_limit(6) < floor.detection_limit(6, in_turns=False)


def test_the_spread_apart_is_no_less_than_that_in_turns() -> None:
    swinging = np.exp([0.03, -0.03] * 3)
    floor = equal_code(PLACE, TAKEN, {"against each other": (swinging, 1 / swinging)}).floor
    assert floor.apart == floor.spread


def test_equal_code_is_hardly_ever_called_different(multiples) -> None:
    """One in twenty families at most by false discovery control, and hardly any beyond the threshold."""
    generator = np.random.default_rng(1)
    results = [equal_code(PLACE, TAKEN, multiples(generator, 0.02)) for _ in range(300)]
    called = sum(any(one in (Verdict.MORE, Verdict.LESS) for one in result.verdicts.values()) for result in results)
    assert called <= 15


def test_a_side_that_is_favoured_is_bad(multiples) -> None:
    generator = np.random.default_rng(2)
    sides = {cell: (a, 1.1 * b) for cell, (a, b) in multiples(generator, 0.01).items()}
    finding = noise_finding(equal_code(PLACE, TAKEN, sides))
    assert finding.level is Level.BAD
    assert "equal code was called different in cell 0" in finding.said


@pytest.mark.parametrize(("spread", "level"), [(0.01, Level.FINE), (0.05, Level.CAUTION), (0.5, Level.BAD)])
def test_the_level_follows_from_the_noise(multiples, spread: float, level: Level) -> None:
    finding = noise_finding(equal_code(PLACE, TAKEN, multiples(np.random.default_rng(3), spread)))
    assert finding.level is level
    assert finding.facts["pairs"] == 6
