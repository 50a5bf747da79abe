"""The asv classes: literal axes, one explicit version, units, skips for what a commit does not have."""

import inspect
import itertools
import json
import math
import re
from configparser import ConfigParser
from functools import partial
from pathlib import Path

import pytest
from asv_runner.benchmarks.mark import SkipNotImplemented

from benchmarks import track_device, track_sweeps
from benchmarks.harness import gpu
from benchmarks.harness.gpu import DeviceError
from benchmarks.harness.probe import GpuProbe
from benchmarks.problems.registry import PROBLEMS
from benchmarks.records import METRICS, PROTOCOL_VERSION
from benchmarks.track_device import Device
from benchmarks.track_sweeps import Depth, Tangents, Width
from benchmarks.tracking import DEVICE, available, machine_name, measured, placed, require, require_gpu, with_tangents
from estimators import registry
from estimators.registry import ESTIMATORS
from tests.benchmarks.harness.fake_nvml import FakeGpu, FakeNvml

CHECKOUT = Path(__file__).resolve().parents[2]
AXES = (Width, Depth, Tangents)
TRACKERS = tuple(name for name in dir(Width) if name.startswith("track_"))
ON_GPU = tuple(name for name in dir(Device) if name.startswith("track_"))


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


def test_asv_finds_the_class_of_devices_alone_in_its_module() -> None:
    found = {thing for name, thing in vars(track_device).items() if inspect.isclass(thing) and not name.startswith("_")}
    assert found == {Device}
    assert len(ON_GPU) == 4
    assert all(getattr(Device(), name).unit for name in ON_GPU)
    assert Device.version == str(PROTOCOL_VERSION)
    assert all(ESTIMATORS.canonical(estimator) for [estimators] in [Device.params] for estimator in estimators)


def test_what_only_a_gpu_has_is_skipped_on_the_cpu_which_asv_notes_as_nan(monkeypatch):
    monkeypatch.delenv(DEVICE, raising=False)
    with pytest.raises(SkipNotImplemented, match="where GRADGAUGE_DEVICE names one"):
        Device().setup("backprop")
    monkeypatch.setenv(DEVICE, "cuda")
    require_gpu()


@pytest.mark.parametrize("tracker", ON_GPU)
def test_device_trackers_read_metrics_that_there_are(tracker, monkeypatch):
    asked = []
    for name in ("measured", "available"):
        monkeypatch.setattr(track_device, name, lambda metric, estimator, problem: asked.append((metric, problem)) or 1.0)
    assert getattr(Device(), tracker)("backprop") == 1.0
    [(metric, problem)] = asked
    assert metric in METRICS
    assert "synthetic" in PROBLEMS.canonical(problem)


def test_a_number_that_the_device_does_not_tell_is_nan_and_a_failure_is_none():
    assert math.isnan(available("nvml_process_bytes", "backprop", "beale"))  # on the CPU no driver counts anything
    with pytest.raises(RuntimeError, match="unknown estimator 'nobody'"):
        available("nvml_process_bytes", "nobody", "beale")


def test_the_gpu_that_is_named_is_the_only_one_seen_and_is_held_meanwhile(monkeypatch, tmp_path):
    seen = FakeGpu(uuid="GPU-bbbb", name="NVIDIA H200 NVL")
    monkeypatch.setattr("benchmarks.harness.probe.GpuProbe", partial(GpuProbe, FakeNvml(FakeGpu(uuid="GPU-aaaa"), seen)))
    monkeypatch.setattr(gpu, "_LOCKS", tmp_path)
    environment = {DEVICE: "name:nvl"}
    with placed(environment) as device:
        assert device == "GPU-bbbb"
        assert environment["CUDA_VISIBLE_DEVICES"] == "GPU-bbbb"
        with pytest.raises(DeviceError, match="in use"), placed({DEVICE: "name:nvl"}):
            pass
    assert machine_name("my host", {DEVICE: "cuda:1"}) == "my-host-NVIDIA-H200-NVL"
    with pytest.raises(DeviceError, match="names no GPU"):
        machine_name("my host", {DEVICE: "name:A100"})


def test_the_cpu_needs_no_driver():
    assert machine_name("bench", {}) == machine_name("bench", {DEVICE: "cpu"}) == "bench"
    environment = {DEVICE: "cpu"}
    with placed(environment) as device:
        assert device == "cpu"
    assert environment == {DEVICE: "cpu"}


def test_the_configuration_names_the_device_without_a_build_of_its_own():
    text = (CHECKOUT / "asv.conf.json").read_text(encoding="utf-8")
    configuration = json.loads(re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE))
    assert configuration["matrix"]["env_nobuild"][DEVICE] == ["cpu"]
    assert "nvidia-ml-py" in configuration["matrix"]["req"]
