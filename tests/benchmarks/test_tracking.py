"""The asv classes: literal axes, one explicit version, skips for what a commit does not have."""

import itertools
import re
from configparser import ConfigParser
from pathlib import Path

import pytest
from asv_runner.benchmarks.mark import SkipNotImplemented

from benchmarks import track_cost, track_memory
from benchmarks.problems.registry import PROBLEMS
from benchmarks.records import PROTOCOL_VERSION
from benchmarks.tracking import ESTIMATORS, MODELS, TANGENTS, Grid, measured, spec_of
from estimators import registry

CHECKOUT = Path(__file__).resolve().parents[2]
TRACKERS = (track_cost.RuntimeMultiple, track_cost.ForwardCalls, track_cost.FlopMultiple, track_memory.PeakBytes)


def test_every_estimator_and_model_of_the_axes_is_registered() -> None:
    for estimator, k in itertools.product(ESTIMATORS, TANGENTS):
        assert registry.ESTIMATORS.canonical(spec_of(estimator, k))
    for model in MODELS.values():
        assert PROBLEMS.canonical(model)


def test_a_combination_that_makes_no_sense_is_a_skip() -> None:
    with pytest.raises(SkipNotImplemented, match="backprop has no tangents"):
        Grid().setup("backprop", "mlp", 4)
    Grid().setup("backprop", "mlp", 1)
    Grid().setup("spsa", "mlp", 4)


def test_an_estimator_that_the_commit_lacks_is_a_skip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(registry.ENTRIES, "spsa")
    with pytest.raises(SkipNotImplemented, match="unknown estimator 'spsa'"):
        Grid().setup("spsa", "mlp", 1)


@pytest.mark.parametrize("tracker", TRACKERS)
def test_versions_are_the_protocol_and_units_are_said(tracker: type[Grid]) -> None:
    assert tracker.version == str(PROTOCOL_VERSION)
    assert getattr(tracker, "unit", "")


def test_counts_and_bytes_are_what_they_must_be() -> None:
    cell = ("spsa", "logistic-regression", 4)
    assert measured("forward_calls", *cell) in (2, 8)  # both sides at once for all tangents, or one after the other
    assert measured("peak_bytes", *cell) == measured("peak_bytes", *cell) > 0


def test_a_cell_that_fails_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(registry.ENTRIES, "spsa")
    with pytest.raises(RuntimeError, match=r"failed: .*unknown estimator 'spsa'"):
        measured("forward_calls", "spsa", "mlp", 1)


def test_the_quick_pass_has_at_most_30_combinations() -> None:
    configuration = ConfigParser(interpolation=None)
    configuration.read(CHECKOUT / "tox.ini")
    found = re.search(r'--bench "(.+?)"', configuration["testenv:asv-quick"]["commands"])
    assert found is not None
    grid = itertools.product(*Grid.params)
    chosen = [point for point in grid if re.search(found[1], f"({', '.join(map(repr, point))})")]
    assert 0 < len(chosen) * len(TRACKERS) <= 30
