"""Signs against chance and bias against its floor: what is within an interval of nothing is not claimed."""

import pytest

from benchmarks.records import Cell
from reports import frames, style
from reports.figures import bias, signs


@pytest.fixture
def selected(make_run, record_of):
    def select(figure, estimators, outcome="ok", **more):
        records = [record_of(Cell(spec, "beale", "quality"), outcome, **metrics) for spec, metrics in estimators.items()]
        return figure.select(frames.read([make_run(records, **more)]))

    return select


def shares(**values):
    return {name: {"sign_agreement": value} for name, value in values.items()}


def test_only_shares_whose_interval_excludes_one_half_lie_surely_above_it(selected) -> None:
    finding = signs.finding(selected(signs, shares(a=(0.6, 0.55, 0.65), b=(0.52, 0.49, 0.55), c=(0.4, 0.3, 0.5), d=0.9)))
    assert finding == "1 of 4 mean shares lies surely above one half; they go from 40.00 % to 90.00 % (d on beale)."


def test_one_share_is_one_sentence(selected) -> None:
    assert signs.finding(selected(signs, shares(a=(0.6, 0.55, 0.65)))) == (
        "1 of 1 mean share lies surely above one half: 60.00 % (a on beale)."
    )


def test_a_share_below_one_half_keeps_its_row_and_has_no_mark(selected) -> None:
    selection = selected(signs, shares(a=(0.6, 0.55, 0.65), c=(0.4, 0.3, 0.5)))
    texts, marks = drawn(signs, selection.panels[0])
    assert {"60.00 %", "40.00 %"} <= texts
    assert marks == [pytest.approx(0.1)]


def test_exact_estimators_are_left_out_and_counted(selected) -> None:
    selection = selected(signs, shares(backprop=(1.0, 1.0, 1.0), a=(0.6, 0.55, 0.65)))
    assert [row["label"] for row in selection.rows] == ["a"]
    assert selection.left_out == ("1 cell of exact estimators",)


def test_a_bias_is_one_beyond_chance_only(selected) -> None:
    estimators = {
        "a": {"bias": (0.5, 0.3, 0.7), "bias_floor": 0.1},
        "b": {"bias": (0.1, 0.0, 0.3), "bias_floor": 0.1},
        "c": {"bias": (4.0, 0.0, 11.0), "bias_floor": 4.0},
    }
    assert bias.finding(selected(bias, estimators)) == (
        "1 of 3 measurements shows a bias beyond chance, the largest 0.500 (a on beale); in 1 the draws were too few to tell of "
        "one shorter than the gradient."
    )


def test_what_rounding_leaves_is_no_bias(selected) -> None:
    rounded = {"a": {"bias": (1e-7, 9e-8, 1.1e-7), "bias_floor": 1e-8}}
    assert bias.finding(selected(bias, rounded)) == "No bias beyond chance shows in 1 measurement."


def test_the_floor_is_drawn_beside_the_bias(selected) -> None:
    panel = selected(bias, {"a": {"bias": (0.5, 0.3, 0.7), "bias_floor": 0.1}}).panels[0]
    assert sorted(drawn(bias, panel)[1]) == [0.1, 0.5]


@pytest.mark.parametrize("figure", [signs, bias])
def test_only_wrong_estimators_are_no_finding(selected, figure) -> None:
    wrong = {"a": {"bias": (0.5, 0.3, 0.7), "sign_agreement": (0.6, 0.55, 0.65)}}
    assert figure.finding(selected(figure, wrong, outcome="wrong")) == "Nothing was measured."


def drawn(figure, panel):
    """The texts on the axes of a panel, and the places of its single marks across."""
    with style.themed():
        _, axes = style.axes_of(figure.height(panel), figure.LEFT, figure.TOP)
        figure.draw(axes, panel)
    marks = [
        line.get_xdata()[0] for line in axes.lines if line.get_marker() not in ("None", None, "") and len(line.get_xdata()) == 1
    ]
    return {text.get_text() for text in axes.texts}, marks
