"""Tensor by tensor: cells in the model's order, a scale that all strips share, and what has no colour."""

from dataclasses import replace

import pytest

from benchmarks.records import Cell, Metric
from estimators.registry import ESTIMATORS
from reports import frames, style
from reports.figures import layers

FORWARD = Cell(ESTIMATORS.canonical("forward-gradient"), "mlp", "quality")
SPSA = Cell(ESTIMATORS.canonical("spsa"), "mlp", "quality")
BACKPROP = Cell("backprop", "mlp", "quality")
FIRST, SECOND, THIRD = "1.weight", "1.bias", "3.weight"


@pytest.fixture
def record(record_of):
    """A record of quality with a cosine for each tensor."""

    def made(cell, cosines, *outcome, **metrics):
        whole = record_of(cell, *outcome, cosine=0.5, **metrics)
        each = [Metric("cosine", value, "", layer, count=100) for layer, value in cosines.items()]
        return replace(whole, metrics=(*whole.metrics, *each))

    return made


def selected(make_run, *records, **more):
    return layers.select(frames.read([make_run(records, **more)]))


def test_tensors_stand_in_the_order_of_the_model(make_run, record) -> None:
    some, all_of_them = {SECOND: 0.2, THIRD: 0.3}, {FIRST: 0.1, SECOND: 0.2, THIRD: 0.4}
    [panel] = selected(make_run, record(FORWARD, all_of_them), record(SPSA, some)).panels
    assert panel.facts["tensors"] == [FIRST, SECOND, THIRD]


def test_the_finding_names_the_widest_span_within_one_estimate(make_run, record) -> None:
    records = record(FORWARD, {FIRST: 0.1, SECOND: 0.2}), record(SPSA, {FIRST: 0.01, SECOND: 0.05, THIRD: 0.02})
    assert layers.finding(selected(make_run, *records)) == (
        "Within one estimate the mean cosines of tensors, as far as they are surely positive, differ by up to a factor of 5.00: "
        "from 0.0100 (1.weight) to 0.0500 (1.bias) for spsa[k=1] on mlp."
    )
    alike = layers.finding(selected(make_run, record(FORWARD, {FIRST: 0.1, SECOND: 0.1}), name="alike"))
    assert "a factor of 1.00: from 0.100 (1.bias) to 0.100 (1.weight)" in alike


def test_a_mean_that_may_be_zero_is_no_end_of_a_span(make_run, record) -> None:
    whole = record(FORWARD, {FIRST: 0.1, SECOND: 0.2})
    by_chance = Metric("cosine", 1e-6, "", THIRD, low=-0.01, high=0.01, count=100)
    selection = selected(make_run, replace(whole, metrics=(*whole.metrics, by_chance)))
    assert "a factor of 2.00: from 0.100 (1.weight) to 0.200 (1.bias)" in layers.finding(selection)
    assert selection.panels[0].facts["tensors"][-1] == THIRD


def test_exact_estimators_and_problems_of_one_tensor_are_left_out_and_counted(make_run, record) -> None:
    single = record(replace(FORWARD, problem="sphere[n=64]"), {"x": 0.1})
    exact = record(BACKPROP, {FIRST: 1.0, SECOND: 1.0})
    selection = selected(make_run, record(FORWARD, {FIRST: 0.1, SECOND: 0.2}), single, exact)
    assert [panel.title for panel in selection.panels] == ["mlp"]
    assert selection.left_out == ("1 cell of exact estimators", "1 problem of a single tensor")


def test_of_many_problems_a_few_are_shown_and_the_others_counted(make_run, record) -> None:
    records = [record(replace(FORWARD, problem=f"mlp[depth={n}]"), {FIRST: 0.1, SECOND: 0.2}) for n in range(1, 8)]
    selection = selected(make_run, *records)
    assert len(selection.panels) == layers.MOST
    assert selection.left_out == (f"{7 - layers.MOST} further problems (in the exported data)",)


def test_what_is_not_positive_has_no_colour_and_no_number(make_run, record) -> None:
    [panel] = selected(make_run, record(FORWARD, {FIRST: 0.1, SECOND: -0.2, THIRD: 0.0})).panels
    [scale, strip] = drawn(panel).images
    assert not scale.get_array().mask.any()
    assert strip.get_array().mask.tolist() == [[False, True, True]]
    selection = selected(make_run, record(FORWARD, {FIRST: -0.1, SECOND: -0.2}), name="negative")
    assert layers.finding(selection) == "Nothing was measured."
    assert "no two have a surely positive mean" in layers.describe(selection)
    assert len(drawn(selection.panels[0]).images) == 1


def test_all_strips_share_one_scale_up_to_one(make_run, record) -> None:
    [panel] = selected(make_run, record(FORWARD, {FIRST: 0.1, SECOND: 0.2}), record(SPSA, {FIRST: 0.001, SECOND: 0.05})).panels
    ends = {(image.norm.vmin, image.norm.vmax) for image in drawn(panel).images}
    assert ends == {(0.001, 1.0)}


def test_few_cells_hold_their_numbers_and_many_hold_none(make_run, record) -> None:
    few = selected(make_run, record(FORWARD, {FIRST: 0.125, SECOND: 0.25})).panels[0]
    assert {"0.12", "0.25"} <= {text.get_text() for text in drawn(few).texts}
    many = selected(make_run, record(FORWARD, {f"{place}.weight": 0.125 for place in range(30)}), name="many").panels[0]
    axes = drawn(many)
    assert "0.12" not in {text.get_text() for text in axes.texts}
    assert len(axes.get_xticks()) == 10
    assert axes.get_xlabel() == "parameter tensor: 1 is 0.weight, 30 is 29.weight"


def test_the_table_names_every_tensor_where_they_are_few(make_run, record) -> None:
    [(_, [line])] = layers.table(selected(make_run, record(FORWARD, {FIRST: 0.1, SECOND: 0.2}))).groups
    assert line == (
        *("forward-gradient[k=1]", "0.5000 (no interval)", "0.100 (1.weight)", "0.200 (1.bias)"),
        *("1.weight 0.100 and 1.bias 0.200", "ok"),
    )


def test_a_lost_cell_keeps_its_row_and_a_wrong_one_is_no_finding(make_run, record, record_of) -> None:
    lost = record_of(SPSA, "timeout", "10 s")
    selection = selected(make_run, record(FORWARD, {FIRST: 0.1, SECOND: 0.2}, "wrong", "biased"), lost)
    assert layers.finding(selection) == "Nothing was measured."
    words = [text.get_text() for text in drawn(selection.panels[0]).texts]
    assert "spsa[k=1] (timeout)" in words


def drawn(panel):
    with style.themed():
        _, axes = style.axes_of(layers.height(panel), layers.LEFT, layers.TOP)
        layers.draw(axes, panel)
    return axes
