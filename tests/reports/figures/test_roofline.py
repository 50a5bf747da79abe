"""The roofline: where a cell stands follows from three counts, and nothing belongs above what the device was seen to do."""

from dataclasses import replace

import pytest

from benchmarks.records import Cell
from benchmarks.records.ceilings import Ceilings
from reports import frames, style
from reports.figures import roofline

MLP, DEEP = (Cell("backprop", problem, "cost") for problem in ("mlp", "mlp[depth=5]"))
OTHER = replace(MLP, estimator="checkpointed-backprop")
ROOF = Ceilings("cpu", "float32", 1, ((4096, 10e9), (1 << 26, 4e9)), ((256, 50e9),))
"""Ten gigabytes a second: the slope reaches the level at five operations a byte."""

SLOW = {"flops": 2e6, "operator_bytes": 1e6, "time": (1e6, 0.8e6, 1.25e6)}  # 2 a byte, 2 GFLOP/s
FAST = {"flops": 2e8, "operator_bytes": 1e7, "time": (1e7, 0.8e7, 1.25e7)}  # 20 a byte, 20 GFLOP/s
BASE = {"base_flops": 1e6, "base_operator_bytes": 1e6, "base_time": 1e6}  # 1 a byte, 1 GFLOP/s


def selected(make_run, *records, ceilings=ROOF, **more):
    kept = {} if ceilings is None else {"ceilings": ceilings.to_json()}
    return roofline.select(frames.read([make_run(records, **kept, **more)]))


def test_a_cell_stands_at_operations_a_byte_and_operations_a_second(make_run, record_of) -> None:
    selection = selected(make_run, record_of(MLP, **SLOW, **BASE))
    [row] = selection.rows
    assert (row["x"], row["y"], row["low"], row["high"]) == pytest.approx((2.0, 2.0, 1.6, 2.5))
    base = selection.panels[0].facts["base"]
    assert (base["x"], base["y"]) == (1.0, 1.0)


def test_the_finding_gives_shares_of_the_roof_and_the_nearer_limit(make_run, record_of) -> None:
    finding = roofline.finding(selected(make_run, record_of(MLP, **SLOW), record_of(DEEP, **FAST)))
    assert finding == (
        "Gradients reach from 10 % (backprop on mlp) to 40 % (backprop on mlp[depth=5]) of the roof, the most that the device "
        "was seen to do with so many operations a byte; copying is the nearer limit for 1 of 2."
    )


def test_a_cell_that_is_surely_above_the_roof_is_called_an_error_of_counting(make_run, record_of) -> None:
    above = {**SLOW, "flops": 25e6, "operator_bytes": 12.5e6}  # 2 a byte, 20 to 31 GFLOP/s under a roof of 20
    assert "Above" not in roofline.finding(selected(make_run, record_of(MLP, **above)))
    surely = {**above, "time": (1e6, 0.99e6, 1.01e6)}
    finding = roofline.finding(selected(make_run, record_of(MLP, **surely), name="surely"))
    assert finding.endswith("Above the roof, which is an error of counting: backprop on mlp.")


def test_without_ceilings_there_are_speeds_and_no_shares(make_run, record_of) -> None:
    selection = selected(make_run, record_of(MLP, **SLOW), record_of(DEEP, **FAST), ceilings=None)
    assert roofline.finding(selection) == (
        "Gradients run at 2.00 GFLOP/s (backprop on mlp) to 20.0 GFLOP/s (backprop on mlp[depth=5]); no ceilings were measured "
        "to compare with."
    )
    assert roofline.table(selection).groups[0][1][0][5:7] == ("–", "–")
    assert "No ceilings were measured." in roofline.describe(selection)


@pytest.mark.parametrize("other", [{"device": "GPU-1"}, {"dtype": "float64"}, {"threads": 2}])
def test_ceilings_of_another_place_are_none(make_run, record_of, other) -> None:
    selection = selected(make_run, record_of(MLP, **SLOW), ceilings=replace(ROOF, **other))
    assert selection.panels[0].facts["roof"] is None


def test_of_two_runs_that_are_one_the_faster_ceilings_count(make_run, record_of) -> None:
    faster = replace(ROOF, products=((256, 60e9),))
    folders = [
        make_run([record_of(cell, **SLOW)], name=name, ceilings=one.to_json())
        for cell, name, one in ((MLP, "a", ROOF), (DEEP, "b", faster))
    ]
    selection = roofline.select(frames.read(folders))
    assert {panel.facts["roof"].product for panel in selection.panels} == {(256, 60e9)}


def test_runs_of_two_machines_have_a_roof_each(make_run, record_of) -> None:
    faster = replace(ROOF, products=((256, 60e9),))
    folders = [
        make_run([record_of(MLP, **SLOW)], name=name, provenance={"machine": name}, ceilings=one.to_json())
        for name, one in (("a", ROOF), ("b", faster))
    ]
    selection = roofline.select(frames.read(folders))
    assert {panel.title: panel.facts["roof"] for panel in selection.panels} == {"mlp · a": ROOF, "mlp · b": faster}
    assert roofline.describe(selection).count("fastest matrix product") == 2


def test_what_has_no_place_is_counted_by_its_reason(make_run, record_of) -> None:
    compiled = record_of(replace(MLP, execution="compile"), flops=2e6, time=1e6)
    function = record_of(replace(MLP, problem="sphere[n=64]"), operator_bytes=64, time=1e3)
    lost = record_of(DEEP, "timeout", "10 s")
    selection = selected(make_run, record_of(MLP, **SLOW), compiled, function, lost)
    assert [panel.title for panel in selection.panels] == ["mlp"]
    assert selection.left_out == (
        "1 cell timeout",
        "1 compiled cell, whose operators are fused",
        "1 cell of which no operations or no bytes were counted",
    )


def test_a_wrong_estimator_is_no_finding(make_run, record_of) -> None:
    selection = selected(make_run, record_of(MLP, "wrong", "biased", **SLOW))
    assert roofline.finding(selection) == "Nothing was measured."


def test_the_table_says_what_each_share_comes_from(make_run, record_of) -> None:
    table = roofline.table(selected(make_run, record_of(MLP, **SLOW), record_of(OTHER, **FAST)))
    [(_, lines)] = table.groups
    assert lines[0] == (*("backprop", "2,000,000", "977 KiB", "2.000", "2.000 [1.600, 2.500]", "10 %", "copying", "ok"),)
    assert lines[1][5:7] == ("40 %", "multiplying")
    assert table.caption.endswith(
        "Roof: fastest copy 10.0 GB/s (of 4.00 KiB), copy of the largest array 4.00 GB/s (of 64.0 MiB) and fastest matrix "
        "product 50.0 GFLOP/s (of 256 x 256 in float32)."
    )


def test_the_roof_bends_where_slope_and_level_meet(make_run, record_of) -> None:
    selection = selected(make_run, record_of(MLP, **SLOW), record_of(DEEP, **FAST))
    panel = selection.panels[0]
    with style.themed():
        _, axes = style.axes_of(roofline.height(panel), roofline.LEFT, roofline.TOP)
        roofline.draw(axes, panel)
    low, high = axes.get_xlim()
    solid, dashed = ([*line.get_xdata(), *line.get_ydata()] for line in axes.lines[:2])
    assert solid == pytest.approx([low, 5, high, 10 * low, 50, 50])
    assert dashed == pytest.approx([low, 12.5, high, 4 * low, 50, 50])


def test_parts_of_one_run_share_a_roof_beside_another_run(make_run, record_of) -> None:
    faster = replace(ROOF, products=((256, 60e9),))
    folders = [
        make_run([record_of(cell, **SLOW)], name=name, provenance={"machine": machine}, ceilings=one.to_json())
        for cell, name, machine, one in ((MLP, "a", "x", ROOF), (DEEP, "b", "x", faster), (MLP, "c", "y", ROOF))
    ]
    roofs = {panel.title: panel.facts["roof"] for panel in roofline.select(frames.read(folders)).panels}
    assert len(roofs) == 3
    assert sorted(roof.product[1] for roof in roofs.values()) == [50e9, 60e9, 60e9]
