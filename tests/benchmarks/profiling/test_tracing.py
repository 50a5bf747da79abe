"""A real profile on the CPU: what it writes is a trace of the gradients it made, and its allocations are the allocator's own."""

import pytest

from benchmarks.harness.allocations import profiled
from benchmarks.harness.gradient import Gradient, generator_for
from benchmarks.problems.problem import build_problem
from benchmarks.profiling.attribution import Counts, profile_of
from benchmarks.profiling.trace import read_trace
from benchmarks.profiling.tracing import LEAST, MOST, read_profile
from benchmarks.records.profile import AGGREGATION, BACKWARD, DRAWING, DUAL, PRIMAL, TANGENTS
from estimators.registry import ESTIMATORS

PROBLEM = "mlp[data=synthetic,width=32]"


def profile(spec, tmp_path):
    path = tmp_path / "trace.json.gz"
    told = read_profile(spec, PROBLEM, device="cpu", dtype="float32", seed=0, data_folder=None, trace=str(path))
    counts = Counts({phase: (flops, moved) for phase, (flops, moved) in told["counts"].items()}, tuple(told["evaluation"]))
    assert told["not_counted"] == ""
    assert told["loaded_ns"] is None
    return profile_of(read_trace(path), counts, on_device=False)


@pytest.mark.parametrize(
    ("spec", "phases"),
    [
        ("forward-gradient[k=4]", {DRAWING, PRIMAL, TANGENTS, AGGREGATION}),
        ("backprop", {PRIMAL, BACKWARD, AGGREGATION}),
        ("mezo", {DRAWING, PRIMAL, AGGREGATION}),
    ],
)
def test_a_profile_on_the_cpu(spec, phases, tmp_path):
    found, steps = profile(spec, tmp_path)
    assert LEAST <= found.gradients <= MOST
    assert {share.phase for share in found.phases} >= phases
    assert sum(share.operators_ns + share.between_ns for share in found.phases) == pytest.approx(found.wall_ns, rel=1e-9)
    assert all(share.operators_ns > 0 for share in found.phases if share.phase in phases - {AGGREGATION})
    assert found.missing == {}
    built = build_problem(PROBLEM)
    gradient = Gradient(built.objective, ESTIMATORS.build(spec), generator_for(0, "x", built.device))
    gradient.run(3)
    alone = profiled(lambda: gradient.run(1))
    assert (found.peak_bytes, steps[-1].held) == (alone.peak, alone.kept)
    assert sum(found.at_peak.values()) == found.peak_bytes
    assert set(found.at_peak) <= {*phases, DUAL, "other"}


def test_what_cannot_be_counted_is_missing_with_the_reason(monkeypatch):
    from benchmarks.profiling import tracing

    def refuse(gradient):
        raise NotImplementedError("no dispatch mode here\nat all")

    monkeypatch.setattr(tracing, "count_by_phase", refuse)
    built = build_problem(PROBLEM)
    told = tracing._counted(Gradient(built.objective, ESTIMATORS.build("backprop"), generator_for(0, "x", built.device)))
    assert told == {"counts": {}, "evaluation": [0, 0], "not_counted": "NotImplementedError: no dispatch mode here"}
