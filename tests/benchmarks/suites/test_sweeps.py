"""The three sweeps vary what they are named after over the range that is promised, and `full` holds every suite and estimator."""

import pytest

from benchmarks.expectation import coordinates
from benchmarks.plan import plan
from benchmarks.problems.registry import PROBLEMS
from benchmarks.request import Request
from benchmarks.suites import SUITES
from estimators.registry import ENTRIES, ESTIMATORS
from estimators.spec import Spec

SWEEPS = ("dimensions", "depth", "tangents")


def values(suite: str, problem: str, parameter: str, **others: int) -> list[object]:
    """What a parameter takes on the problems of one name, as far as the others are as given."""
    specs = [PROBLEMS.resolve(text) for text in SUITES[suite].problems]
    return [s.get(parameter) for s in specs if s.name == problem and others.items() <= dict(s.parameters).items()]


def test_dimensions_are_the_powers_of_two_up_to_2_to_14_and_widths_64_to_4096() -> None:
    assert values("dimensions", "sphere", "n") == [2**power for power in range(15)]
    assert values("dimensions", "rosenbrock", "n") == [2**power for power in range(1, 15)]
    assert values("dimensions", "mlp", "width", depth=2) == [64, 128, 256, 512, 1024, 2048, 4096]


def test_depths_are_1_to_100_at_width_256_and_to_50_at_width_1024() -> None:
    assert values("depth", "mlp", "depth", width=256) == [1, 2, 5, 10, 20, 50, 100]
    assert values("depth", "mlp", "depth", width=1024) == [1, 2, 5, 10, 20, 50]


def test_tangents_double_from_1_to_64() -> None:
    for name in ("forward-gradient", "multi-tangent", "spsa"):
        specs = [ESTIMATORS.resolve(text) for text in SUITES["tangents"].estimators]
        assert {spec.get("k") for spec in specs if spec.name == name} == {1, 2, 4, 8, 16, 32, 64}


@pytest.mark.parametrize("suite", SWEEPS)
def test_every_problem_of_a_sweep_has_backprop_and_something_to_compare(suite: str) -> None:
    pairs = SUITES[suite].pairs()
    for problem in SUITES[suite].problems:
        met = {estimator for estimator, name in pairs if name == problem}
        assert "backprop" in met
        assert len(met) > 3


@pytest.mark.parametrize("suite", SWEEPS)
def test_cost_memory_and_quality_are_measured_of_every_pair(suite: str) -> None:
    cells = [planned.cell for planned in plan(Request(suite)).cells]
    of = {kind: {(c.estimator, c.problem) for c in cells if c.kind == kind} for kind in ("cost", "memory", "quality")}
    assert of["cost"] == of["memory"] == of["quality"]
    assert len(of["cost"]) == len(SUITES[suite].pairs())


@pytest.mark.parametrize("suite", SWEEPS)
def test_no_pair_of_a_sweep_holds_more_than_two_gib_of_tangents(suite: str) -> None:
    for estimator, problem in SUITES[suite].pairs():
        k = ESTIMATORS.resolve(estimator).get("k", 1)
        assert isinstance(k, int)
        assert 4 * k * coordinates(PROBLEMS.resolve(problem)) <= 2**31, (estimator, problem)


def test_full_holds_every_other_suite() -> None:
    whole = set(SUITES["full"].pairs())
    for name in ("quick", *SWEEPS):
        assert set(SUITES[name].pairs()) <= whole


def test_full_holds_every_registered_estimator_and_those_with_a_tangent_a_coordinate_where_there_are_few() -> None:
    pairs = [(ESTIMATORS.resolve(e).name, p) for e, p in SUITES["full"].pairs()]
    assert {name for name, _ in pairs} == set(ENTRIES)
    assert max(coordinates(PROBLEMS.resolve(problem)) for name, problem in pairs if name == "forward-mode") <= 1024


def test_the_sweeps_are_expected_to_take_less_than_twelve_minutes_together() -> None:
    assert sum(plan(Request(suite)).seconds(workers=2) for suite in SWEEPS) < 12 * 60


def test_sizes_are_known_of_every_problem_of_a_suite() -> None:
    unknown = coordinates(Spec("a/file.py:build"))
    assert all(coordinates(PROBLEMS.resolve(text)) != unknown for text in SUITES["full"].problems)
