"""The report names the kernels of estimate and base, and what was done otherwise than declared, once for all kinds of row."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from benchmarks.records import Cell, Record
from reports import frames, html
from reports.kernels import ELEMENTARY, kernels_table
from reports.text import NOTHING

KERNELS = {"base": ["mkldnn_rnn_layer"], "estimator": []}
REMARK = "each tangent has a pass of its own: no rule"


def test_kernels_and_remarks_stand_in_one_line_for_all_kinds(
    make_run: Callable[..., Path], record_of: Callable[..., Record]
) -> None:
    facts = {"kernels": KERNELS, "remarks": [REMARK]}
    records = [replace(record_of(Cell("backprop", "lstm", kind)), facts=facts) for kind in ("cost", "memory")]
    results = frames.read([make_run(records)])
    (group,) = kernels_table(results).groups
    assert group == ("lstm", (("backprop", ELEMENTARY, "mkldnn_rnn_layer", REMARK),))
    page = html.page(results)
    assert "mkldnn_rnn_layer" in page
    assert REMARK in page


def test_a_remark_alone_is_shown(make_run: Callable[..., Path], record_of: Callable[..., Record]) -> None:
    record = replace(record_of(Cell("backprop", "lstm", "cost")), facts={"remarks": [REMARK]})
    (group,) = kernels_table(frames.read([make_run([record])])).groups
    assert group[1] == (("backprop", NOTHING, NOTHING, REMARK),)


def test_runs_without_fused_kernels_show_no_such_table(full: Path) -> None:
    results = frames.read([full])
    assert kernels_table(results).groups == ()
    assert "Fused kernels" not in html.page(results)


def test_what_was_compiled_is_named(make_run: Callable[..., Path], record_of: Callable[..., Record]) -> None:
    prepared = {"backend": "inductor", "graphs": [{"name": "loss and gradient", "operations": 52}]}
    record = replace(record_of(Cell("backprop", "lstm", "cost", execution="compile")), facts={"prepared": prepared})
    (group,) = kernels_table(frames.read([make_run([record])])).groups
    said = "compiled by inductor: loss and gradient (52 operations)"
    assert group[1] == (("backprop · compile", NOTHING, NOTHING, said),)


def test_how_derivatives_were_taken_eagerly_is_nothing_to_remark(
    make_run: Callable[..., Path], record_of: Callable[..., Record]
) -> None:
    prepared = {"backend": "eager", "derivatives": "rules", "kept_bytes": 0}
    record = replace(record_of(Cell("forward-gradient", "lstm", "cost")), facts={"prepared": prepared})
    assert kernels_table(frames.read([make_run([record])])).groups == ()


def test_what_was_captured_is_named(make_run: Callable[..., Path], record_of: Callable[..., Record]) -> None:
    prepared = {"backend": "CUDA graph", "graphs": [{"name": "loss and gradient", "operations": 52}]}
    record = replace(record_of(Cell("backprop", "lstm", "cost", execution="cuda-graph")), facts={"prepared": prepared})
    (group,) = kernels_table(frames.read([make_run([record])])).groups
    said = "captured as a CUDA graph: loss and gradient (52 operations)"
    assert group[1] == (("backprop · cuda-graph", NOTHING, NOTHING, said),)
