"""Folders of profiles: one of a CPU and one of a GPU, written from records at hand."""

from pathlib import Path

import pytest

from benchmarks.records import Cell
from benchmarks.records.profile import (
    AGGREGATION,
    DRAWING,
    DUAL,
    OTHER,
    PRIMAL,
    TANGENTS,
    TIMELINE,
    TRACE,
    Called,
    Profile,
    Share,
    Step,
    write,
    write_steps,
)
from reports.profiling.page import write_profile

CEILINGS = {
    "device": "cpu",
    "dtype": "float32",
    "threads": 1,
    "copies": [[1 << 20, 40e9], [1 << 26, 10e9]],
    "products": [[128, 50e9], [1024, 80e9]],
}
UUID = "GPU-aaaa1111-0000-0000-0000-000000000000"
TENSOR = {"peak_bytes": 9000, "kept_bytes": 0}
COST = {
    "multiple": (12.0, 11.5, 12.5),
    "time": (2e6, 1.9e6, 2.1e6),
    "base_time": 1.6e5,
    "flops": 4_000_000,
    "base_flops": 400_000,
    "operator_bytes": 500_000,
    "base_operator_bytes": 60_000,
    "forward_calls": 1,
}

ON_CPU = Profile(
    gradients=10,
    wall_ns=2_500_000,
    phases=(
        Share(DRAWING, 400_000.0, 50_000.0, 12.0, flops=0.0, moved_bytes=100_000.0),
        Share(PRIMAL, 200_000.0, 40_000.0, 20.0, flops=1_000_000.0, moved_bytes=100_000.0),
        Share(TANGENTS, 1_300_000.0, 300_000.0, 80.0, flops=3_000_000.0, moved_bytes=250_000.0),
        Share(AGGREGATION, 100_000.0, 10_000.0, 4.0, flops=0.0, moved_bytes=50_000.0),
        Share(OTHER, 0.0, 100_000.0, 1.0, flops=0.0, moved_bytes=0.0),
    ),
    operators=tuple(Called(f"aten::op{place}", DUAL, 1 + place, 100_000 - 5000 * place) for place in range(15)),
    evaluation_ns=240_000,
    evaluations=1,
    peak_bytes=8192,
    at_peak={DRAWING: 2048, DUAL: 7168},
    missing={"timeline": "NVML reads NVIDIA GPUs, and this was measured on the CPU"},
)
STEPS = [Step(10_000, 2048, 2048, DRAWING), Step(20_000, -1024, 1024, DRAWING), Step(30_000, 7168, 8192, DUAL)]


def on_cpu_in(make_run, record_of) -> Path:
    """A folder with the profile of a forward gradient on the CPU, and its page."""
    estimator, problem = "forward-gradient[k=4]", "mlp[data=synthetic]"
    records = [record_of(Cell(estimator, problem, "cost"), marks=["unchecked"], **COST)]
    records.append(record_of(Cell(estimator, problem, "memory"), marks=["unchecked"], **TENSOR))
    made = make_run(records, name="profiled", ceilings=CEILINGS)
    (made / TRACE).write_bytes(b"")
    write_steps(made, STEPS)
    write(made, ON_CPU)
    return write_profile(made).parent


@pytest.fixture
def folder(make_run, record_of) -> Path:
    """A profile on the CPU that a test may change."""
    return on_cpu_in(make_run, record_of)


@pytest.fixture(scope="session")
def kept(make_lasting_run, record_of) -> Path:
    """One for all tests."""
    return on_cpu_in(make_lasting_run, record_of)


def on_gpu_in(make_run, record_of) -> Path:
    """The same on a GPU, with what NVML said."""
    cell = Cell("forward-gradient[k=4]", "mlp[data=synthetic]", "cost", device=UUID)
    made = make_run([record_of(cell, **COST)], name="on-gpu", ceilings={**CEILINGS, "device": UUID})
    phases = (
        Share(DRAWING, 40_000.0, 50_000.0, 12.0, 300_000.0, 6.0, 0.0, 100_000.0),
        Share(PRIMAL, 60_000.0, 40_000.0, 20.0, 900_000.0, 9.0, 4_000_000.0, 400_000.0),
    )
    kernels = (Called("void gemm<float, 128>(float*)", PRIMAL, 9, 900_000), Called("normal_kernel", DRAWING, 6, 300_000))
    profile = Profile(4, 190_000, phases, kernels=kernels, span_ns=1_600_000.0, device_ns=1_200_000.0, loaded_ns=(100, 300))
    lines = [
        "ns,power_mw,sm_mhz,used_bytes",
        "0,70000,1980,1000",
        "100,,1980,2000",
        "200,500000,1900,2000",
        "300,510000,1890,2000",
    ]
    (made / TIMELINE).write_text("\n".join(lines) + "\n")
    write(made, profile)
    return write_profile(made).parent


@pytest.fixture(scope="session")
def on_gpu(make_lasting_run, record_of) -> Path:
    """A profile of a GPU for all tests, with its page."""
    return on_gpu_in(make_lasting_run, record_of)
