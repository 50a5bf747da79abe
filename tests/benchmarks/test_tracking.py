"""The asv classes: literal axes, one explicit version, units, skips for what a commit does not have."""

import inspect
import itertools
import re
from configparser import ConfigParser
from pathlib import Path

import pytest
from asv_runner.benchmarks.mark import SkipNotImplemented

from benchmarks import track_sweeps
from benchmarks.problems.registry import PROBLEMS
from benchmarks.records import PROTOCOL_VERSION
from benchmarks.track_sweeps import Depth, Tangents, Width
from benchmarks.tracking import measured, require, with_tangents
from estimators import registry
from estimators.registry import ESTIMATORS

CHECKOUT = Path(__file__).resolve().parents[2]
AXES = (Width, Depth, Tangents)
TRACKERS = tuple(name for name in dir(Width) if name.startswith("track_"))


def points(axis):
    """The grid of one class."""
    return list(itertools.product(*axis.params))


def test_asv_finds_the_three_axes_and_no_other_class():
    found = [thing for name, thing in vars(track_sweeps).items() if not name.startswith("_") and inspect.isclass(thing)]
    assert {thing for thing in found if not inspect.isabstract(thing) and hasattr(thing, TRACKERS[0])} == set(AXES)


@pytest.mark.parametrize("axis", AXES)
def test_every_point_names_what_there_is(axis):
    for point in points(axis):
        estimator, problem = axis().specs(*point)
        assert ESTIMATORS.canonical(estimator)
        assert "synthetic" in PROBLEMS.canonical(problem)
        axis().setup(*point)


@pytest.mark.parametrize(("axis", "name"), [(Width, "width"), (Depth, "depth"), (Tangents, "k")])
def test_the_last_parameter_is_what_is_varied(axis, name):
    assert axis.param_names == ("estimator", name)
    for estimator, value in points(axis):
        specs = [ESTIMATORS.resolve(axis().specs(estimator, value)[0]), PROBLEMS.resolve(axis().specs(estimator, value)[1])]
        assert value in [spec.get(name) for spec in specs]


def test_the_number_of_tangents_replaces_the_specs_own():
    assert with_tangents("forward-gradient[directions=rademacher,k=2]", 8) == "forward-gradient[directions=rademacher,k=8]"


def test_an_estimator_that_the_commit_lacks_is_a_skip(monkeypatch):
    monkeypatch.delitem(registry.ENTRIES, "spsa")
    with pytest.raises(SkipNotImplemented, match="unknown estimator 'spsa'"):
        Width().setup("spsa", 64)
    with pytest.raises(SkipNotImplemented, match="no parameter 'kk'"):
        require("forward-gradient[kk=3]")


@pytest.mark.parametrize("axis", AXES)
def test_versions_are_the_protocol_and_every_tracker_has_a_unit(axis):
    assert axis.version == str(PROTOCOL_VERSION)
    assert len(TRACKERS) == 6
    assert all(getattr(axis(), name).unit for name in TRACKERS)


def test_counts_bytes_and_quality_repeat_exactly():
    tangents, point = Tangents(), ("spsa", 4)
    assert tangents.track_forward_calls(*point) in (2, 8)  # both sides at once for all tangents, or one after the other
    for name in ("track_peak_bytes", "track_cosine_distance", "track_relative_error"):
        assert getattr(tangents, name)(*point) == getattr(tangents, name)(*point) > 0


def test_a_cell_that_fails_says_why(monkeypatch):
    monkeypatch.delitem(registry.ENTRIES, "spsa")
    with pytest.raises(RuntimeError, match=r"failed: .*unknown estimator 'spsa'"):
        measured("forward_calls", "spsa", "mlp[data=synthetic]")


def test_the_quick_pass_has_at_most_30_combinations():
    configuration = ConfigParser(interpolation=None)
    configuration.read(CHECKOUT / "tox.ini")
    found = re.search(r'--bench "(.+?)"', configuration["testenv:asv-quick"]["commands"])
    assert found is not None
    names = [f"({', '.join(map(repr, point))})" for axis in AXES for point in points(axis)]
    chosen = [name for name in names if re.search(found[1], name)]
    assert 0 < len(chosen) * len(TRACKERS) <= 30
