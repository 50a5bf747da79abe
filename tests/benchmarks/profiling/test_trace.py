"""Traces are read from the Chrome format as torch writes it, on a CPU and with a GPU; unknown kinds of events are passed over."""

import gzip
import json

import pytest

from benchmarks.profiling.trace import MARK, Change, Span, Work, read_trace, trace_of

START = 88511388202.765  # microseconds, as traces count them


def host(name, start, duration, category="cpu_op", **args):
    return {"ph": "X", "cat": category, "name": name, "pid": 7, "tid": 7, "ts": START + start, "dur": duration, "args": args}


def test_kernels_know_when_they_were_launched():
    events = [
        {"ph": "M", "name": "process_name", "ts": START, "pid": 7, "tid": 0, "args": {"name": "python"}},
        host("aten::mm", 1.0, 5.0),
        host("cudaLaunchKernel", 2.0, 0.5, "cuda_runtime", cbid=211, correlation=5),
        host("gemm", 20.0, 4.25, "kernel", device=0, stream=7, correlation=5),
        host("Memcpy DtoD", 30.0, 1.0, "gpu_memcpy", device=0, stream=7, correlation=6),
        host("gradgauge::drawing", 19.0, 6.0, "gpu_user_annotation"),
        {"ph": "s", "id": 5, "pid": 7, "tid": 7, "ts": START + 2, "cat": "ac2g", "name": "ac2g"},
    ]
    found = trace_of(events)
    begin = round(1000 * START)
    assert found.host == (Span(begin + 1000, begin + 6000, "aten::mm"),)
    assert found.device == (
        Work(begin + 20000, begin + 24250, "gemm", begin + 2000),
        Work(begin + 30000, begin + 31000, "Memcpy DtoD", None),
    )


def test_events_come_by_their_start_and_the_outer_one_first():
    found = trace_of([host("aten::mm", 1.0, 2.0), host("aten::linear", 1.0, 5.0), host("aten::t", 0.5, 0.25)])
    assert [span.name for span in found.host] == ["aten::t", "aten::linear", "aten::mm"]


def test_allocations_tell_their_device():
    args = {"Total Allocated": 8, "Bytes": 8, "Device Id": -1, "Device Type": 0, "Addr": 1234}
    on_cpu = {"ph": "i", "cat": "cpu_instant_event", "name": "[memory]", "ts": START + 1, "args": args}
    on_gpu = {**on_cpu, "ts": START, "args": {**args, "Device Type": 1, "Bytes": -512}}
    begin = round(1000 * START)
    assert trace_of([on_cpu, on_gpu]).memory == (Change(begin, -512, 1234, False), Change(begin + 1000, 8, 1234, True))


@pytest.mark.parametrize(
    ("name", "is_operator"),
    [
        ("aten::mm", True),
        ("mylib::fused", True),
        (MARK + "drawing", False),
        ("autograd::engine::evaluate_function: AddmmBackward0", False),
        ("torch::autograd::AccumulateGrad", False),
        ("AddmmBackward0", False),
    ],
)
def test_ranges_and_the_engine_are_no_operators(name, is_operator):
    assert Span(0, 1, name).is_operator is is_operator


def test_a_file_is_read_packed_or_not_and_refused_where_it_is_no_trace(tmp_path):
    text = json.dumps({"traceEvents": [host("aten::mm", 0.0, 1.0)]}).encode()
    (tmp_path / "t.json").write_bytes(text)
    (tmp_path / "t.json.gz").write_bytes(gzip.compress(text))
    assert read_trace(tmp_path / "t.json") == read_trace(tmp_path / "t.json.gz")
    (tmp_path / "t.json").write_text("[]")
    with pytest.raises(ValueError, match="is no trace"):
        read_trace(tmp_path / "t.json")
