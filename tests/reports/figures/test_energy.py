"""The figure of energy: joules in all and net of idle, two kinds of doubt kept apart, and why there are none."""

from typing import Any

import pytest

from benchmarks.records import Cell
from reports import frames, style
from reports.figures import energy
from reports.figures.selection import Selection, state

BACKPROP, FORWARD = "backprop", "forward-gradient[k=4]"


def joules(value: float, spread: float = 0.05, bound: float = 0.01, **more: Any) -> dict[str, Any]:
    """Metrics of a cell: so many joules, half of it idle, with backprop at 4 J and the base at 1 J."""
    return {
        "energy": (value, value * (1 - spread), value * (1 + spread)),
        "energy_bound": bound,
        "energy_net": (value / 2, value / 2 * (1 - spread), value / 2 * (1 + spread)),
        "energy_net_bound": bound,
        "base_energy": 1.0,
        "base_energy_net": 0.5,
        "backprop_energy": 4.0,
        "backprop_energy_bound": bound,
        "energy_multiple": (value, value * (1 - spread), value * (1 + spread)),
        "energy_ratio_to_backprop": (value / 4, value / 4 * (1 - spread), value / 4 * (1 + spread)),
        "energy_windows": 5,
        "idle_power": 70.0,
        "energy_busy": 0.9,
        "energy_over_power": 1.01,
        **more,
    }


@pytest.fixture
def selected(make_run, record_of):
    """From estimator -> metrics, on one problem; others with an outcome and a reason."""

    def select(found: dict[str, dict[str, Any]], others: dict[str, tuple[str, str]] | None = None, **more: Any) -> Selection:
        records = [record_of(Cell(spec, "beale", "energy"), **metrics) for spec, metrics in found.items()]
        records += [record_of(Cell(spec, "beale", "energy"), *became) for spec, became in (others or {}).items()]
        return energy.select(frames.read([make_run(records, **more)]))

    return select


def test_less_than_backprop_is_said_where_it_is_sure(selected) -> None:
    selection = selected({BACKPROP: joules(4.0), FORWARD: joules(2.0)})
    assert energy.finding(selection) == (
        "On beale, forward-gradient[k=4] takes surely less than backprop: 2 J a gradient, 1 J of it net of idle, against 4 J a "
        "gradient, 2 J of it net of idle."
    )


@pytest.mark.parametrize("metrics", [joules(3.9), joules(3.0, bound=1.0)], ids=["intervals", "error-bounds"])
def test_where_either_kind_of_doubt_is_too_large_it_is_not_sure(selected, metrics: dict[str, Any]) -> None:
    finding = energy.finding(selected({BACKPROP: joules(4.0), FORWARD: metrics}))
    assert "takes least, though not surely less than backprop: " in finding


def test_more_than_backprop_is_no_saving(selected) -> None:
    finding = energy.finding(selected({BACKPROP: joules(4.0), FORWARD: joules(8.0)}))
    assert finding == "On beale, backprop takes least, as is sure: 4 J a gradient, 2 J of it net of idle."
    close = energy.finding(selected({BACKPROP: joules(4.0), FORWARD: joules(4.1)}, name="close"))
    assert close == "On beale, backprop takes least, though not surely: 4 J a gradient, 2 J of it net of idle."


def test_alone_and_without_backprop(selected) -> None:
    alone = selected({FORWARD: joules(2.0)})
    assert energy.finding(alone) == "On beale, forward-gradient[k=4] takes 2 J a gradient, 1 J of it net of idle."
    two = selected({FORWARD: joules(2.0), "spsa": joules(0.5)}, name="two")
    assert energy.finding(two) == "On beale, spsa takes least: 500 mJ a gradient, 250 mJ of it net of idle."


def test_a_wrong_estimator_is_no_finding(selected, make_run, record_of) -> None:
    records = [record_of(Cell(BACKPROP, "beale", "energy"), **joules(4.0))]
    records.append(record_of(Cell(FORWARD, "beale", "energy"), "wrong", "biased", **joules(2.0)))
    finding = energy.finding(energy.select(frames.read([make_run(records)])))
    assert finding == "On beale, backprop takes 4 J a gradient, 2 J of it net of idle."


def test_what_was_asked_for_and_is_not_there_says_why_and_is_shown(selected) -> None:
    others = dict.fromkeys((BACKPROP, FORWARD), ("skipped", "the counter of energy is that of the whole board: MIG is on"))
    selection = selected({}, others)
    assert selection.asked
    assert not selection.panels
    assert energy.finding(selection) == (
        "Energy was asked for, and is not known: 2 cells skipped (the counter of energy is that of the whole board: MIG is on)."
    )
    assert energy.describe(selection).startswith("No picture: nothing was measured. Not shown: 2 cells skipped (the counter")


def test_what_was_not_asked_for_is_not_shown(make_run, record_of) -> None:
    selection = energy.select(frames.read([make_run([record_of(Cell(BACKPROP, "beale", "cost"), multiple=3.0)])]))
    assert not selection.asked
    assert energy.finding(selection) == "Nothing was measured."


def test_both_reckonings_have_a_panel_and_share_a_line_of_the_table(selected) -> None:
    selection = selected({BACKPROP: joules(4.0), FORWARD: joules(2.0)}, {"spsa": ("failed", "no")})
    assert [panel.title for panel in selection.pictures] == ["beale: in all", "beale: net of idle"]
    table = energy.table(selection)
    assert [row[:5] for row in table.groups[0][1]] == [
        ("backprop", "4 J [3.80 J, 4.20 J]", "± 10.0 mJ", "4.000 [3.800, 4.200]", "1.000 [0.9500, 1.050]"),
        ("forward-gradient[k=4]", "2 J [1.90 J, 2.10 J]", "± 10.0 mJ", "2.000 [1.900, 2.100]", "0.5000 [0.4750, 0.5250]"),
        ("spsa", "–", "–", "–", "–"),
    ]
    assert [row[-1] for row in table.groups[0][1]] == ["ok", "ok", "failed"]
    assert energy.parts(selection).groups[0][1][0] == ("backprop", "5", "70.0 W", "0.900", "1.01", "ok")


def test_what_is_idle_within_its_error_is_a_value_in_the_table_and_no_mark(selected) -> None:
    below = joules(2.0) | {"energy_net": (-0.01, -0.02, 0.005)}
    selection = selected({FORWARD: below})
    assert "1 energy net of idle that is not above zero (in the table)" in selection.left_out
    assert "-10.0 mJ [-20.0 mJ, 5.00 mJ]" in energy.table(selection).groups[0][1][0]
    assert energy.finding(selection) == "On beale, forward-gradient[k=4] takes 2 J a gradient."
    assert "beale: net of idle: no energy above zero." in energy.describe(selection)


def test_the_error_bound_is_drawn_apart_from_the_interval(selected) -> None:
    selection = selected({FORWARD: joules(2.0, spread=0.1, bound=0.5)})
    with style.themed():
        _, axes = style.axes_of(energy.height(selection.panels[0]), energy.LEFT, energy.TOP)
        energy.draw(axes, selection.panels[0])
    lines = {
        tuple(line.get_xdata()): (line.get_color(), line.get_ydata()[0]) for line in axes.lines if len(line.get_xdata()) == 2
    }
    interval, bound = lines[(1.8, 2.2)], lines[(1.5, 2.5)]
    assert interval[0] != bound[0] == style.MUTED
    assert interval[1] < bound[1]
    assert axes.get_xlim()[0] < 1.0 < 2.5 < axes.get_xlim()[1]  # the base, and the end of the bound


def test_a_counter_that_the_power_beside_it_contradicts_is_drawn_hollow(make_run, record_of) -> None:
    record = record_of(Cell(FORWARD, "beale", "energy"), marks=["disputed"], **joules(2.0))
    selection = energy.select(frames.read([make_run([record])]))
    assert state(selection.rows[0]) == "doubtful"
    assert energy.table(selection).groups[0][1][0][-1] == "ok, disputed"


def test_of_several_processes_the_ends_are_the_lowest_and_highest(make_run, record_of) -> None:
    records = [record_of(Cell(FORWARD, "beale", "energy", process=i), **joules(value)) for i, value in enumerate((2.0, 2.5, 3.0))]
    selection = energy.select(frames.read([make_run(records)]))
    [row] = selection.panels[0].rows
    assert (row["value"], row["low"], row["high"]) == (2.5, 2.0, 3.0)
    assert selection.scope.startswith("lowest and highest of the processes")
