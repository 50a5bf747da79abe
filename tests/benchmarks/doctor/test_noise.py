"""The noise floor: its figures from the spread, and its detection limit by simulation."""

import math

import numpy as np
import pytest
from scipy import stats

from benchmarks.comparison import Verdict, paired, verdict
from benchmarks.doctor.equal_code import equal_code
from benchmarks.doctor.noise import PROCESSES, THRESHOLD, NoiseFloor, Place, noise_floor_of
from reports.compare import THRESHOLD as COMPARED

PLACE = Place("bench", "a processor", "cpu", 1, "2.13.0 abc")
TAKEN = "2026-11-21T10:00:00+00:00"


def floor(spread: float = 0.014, degrees: int = 20, pairs: int = 6, cells: int = 4) -> NoiseFloor:
    return NoiseFloor(PLACE, TAKEN, spread, spread, degrees, pairs, cells)


def test_the_threshold_is_that_of_comparisons() -> None:
    assert THRESHOLD == COMPARED


@pytest.mark.parametrize("processes", PROCESSES)
def test_the_half_width_is_students(processes: int) -> None:
    expected = stats.t.ppf(0.975, processes - 1) * 0.014 / math.sqrt(processes)
    assert math.log1p(floor().half_width(processes)) == pytest.approx(expected, rel=1e-6)


def test_where_processes_differ_by_one_percent_the_limit_is_the_threshold() -> None:
    """Two processes whose logs have a standard deviation of 1 % each; seen exactly, and with four cells of six pairs."""
    for degrees in (20, 10_000):
        assert floor(math.sqrt(2) * 0.01, degrees).detection_limit(6) == pytest.approx(THRESHOLD)


@pytest.mark.parametrize("spreads", [(0.04, 0.04, 0.04, 0.04), (0.01, 0.02, 0.04, 0.06)], ids=["alike", "mixed"])
def test_a_change_of_the_limit_is_found_in_80_of_100_cases_and_of_twice_that_in_95(spreads: tuple[float, ...]) -> None:
    """300 machines, each with cells of these spreads of log(B/A), a floor and a limit of its own; then every cell is changed.

    The share found has a standard error of 1.2 % at L and 0.7 % at 2L, were all 1200 at the bound.
    """
    generator, found = np.random.default_rng(5), {1: 0, 2: 0}
    for _ in range(300):
        noise = [generator.normal(0, spread, 6) for spread in spreads]
        measured = equal_code(PLACE, TAKEN, {f"cell {i}": (np.ones(6), np.exp(one)) for i, one in enumerate(noise)}).floor
        limit, theta = measured.detection_limit(6), math.log1p(max(THRESHOLD, measured.half_width(6)))
        for times in found:
            for spread in spreads:
                changed = generator.normal(math.log1p(times * limit), spread, 6)
                difference = paired(np.ones(6), np.exp(changed))
                found[times] += verdict(difference, difference.p, math.log1p(THRESHOLD), theta) is Verdict.MORE
    assert found[1] / 1200 > 0.80
    assert found[2] / 1200 > 0.95


def test_few_pairs_leave_a_wider_limit() -> None:
    assert floor(0.05, degrees=4).detection_limit(6) > floor(0.05, degrees=20).detection_limit(6) > 0.05


def test_json_gives_back_the_same_and_figures_stand_beside_it() -> None:
    assert NoiseFloor.from_json(floor().to_json()) == floor()
    assert {name: set(of) for name, of in floor().figures().items()} == {
        "half_width": {"6", "20"},
        "detection_limit": {"6", "20"},
    }


@pytest.mark.parametrize(
    "damage",
    [
        {"spread": math.nan},
        {"spread": -1},
        {"spread": 1e9},
        {"pairs": 0},
        {"taken": "yesterday"},
        {"place": None},
        {"spread": "0"},
    ],
)
def test_a_header_with_a_damaged_noise_floor_has_none(damage: dict[str, object]) -> None:
    assert noise_floor_of({"noise_floor": floor().to_json()}) == floor()
    assert noise_floor_of({"noise_floor": {**floor().to_json(), **damage}}) is None
    assert noise_floor_of({}) is None
    assert noise_floor_of({"noise_floor": [1]}) is None


def test_places_differ_by_everything_they_name() -> None:
    provenance = {"machine": "bench", "cpu": {"name": "a processor"}, "torch": {"version": "2.13.0", "git": "abc"}}
    assert Place.of(provenance, "cpu", 1) == PLACE
    others = [
        Place.of({**provenance, "machine": "other"}, "cpu", 1),
        Place.of(provenance, "GPU-1", 1),
        Place.of(provenance, "cpu", 2),
    ]
    assert len({PLACE.key, *(other.key for other in others)}) == 4
    assert Place.of({}, "cpu", 1).machine == ""
