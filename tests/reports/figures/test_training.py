"""The figure of trainings shows seeds and their median, and keeps the two kinds of rate apart; its words are tested elsewhere."""

import numpy as np
import pytest

from benchmarks.records import TRAINING, Cell, Record
from reports import frames, style
from reports.figures import training
from reports.figures.training.panels import median_curve
from tests.trained import BACKPROP, FORWARD, training_of


def _record(estimator: str, lr: float, seed: int, losses: list[float], *marks: str) -> Record:
    return training_of(estimator, losses, lr=lr, seed=seed, marks=marks)


COMMON = [
    _record(BACKPROP, 0.1, 0, [4.0, 2.0, 1.0, 1.0]),
    _record(BACKPROP, 0.1, 1, [4.0, 1.0, 1.0, 1.0]),
    _record(FORWARD, 0.1, 0, [4.0, 3.0, 2.0, 1.0]),
    _record(FORWARD, 0.1, 1, [4.0, 3.0, 2.0, 2.0]),
]
OWN = [_record(FORWARD, 0.01, seed, [4.0, 0.5, 0.4, 0.3]) for seed in (0, 1)]
RATES = [[FORWARD, "sphere[n=64]", "sgd[momentum=0.0,nesterov=false]", 0.01]]


def test_seeds_are_one_method_and_their_median_is_drawn(make_run) -> None:
    selection = training.select(frames.read([make_run(COMMON)]))
    assert [panel.facts["axis"] for panel in selection.pictures] == ["step", "forwards", "seconds"]
    (forward,) = [row for row in selection.panels[0].rows if row["estimator"] == FORWARD]
    assert sorted(forward["curves"]) == [0, 1]
    assert median_curve(list(forward["curves"].values()), "step") == [(0, 4.0), (1, 3.0), (2, 2.0), (3, 1.5)]


def test_own_rates_are_told_apart_from_the_common_one(make_run) -> None:
    own = [_record(BACKPROP, 0.1, seed, [4.0, 2.0, 1.0, 0.5]) for seed in (0, 1)]
    rates = [*RATES, [BACKPROP, "sphere[n=64]", "sgd[momentum=0.0,nesterov=false]", 0.1]]
    run = make_run([*own, *COMMON[2:], *OWN], options={"learning_rates": rates})
    selection = training.select(frames.read([run]))
    groups = {title: [line[:2] for line in lines] for title, lines in training.table(selection).groups}
    assert groups == {
        "sphere by sgd, at one common learning rate": [("backprop", "0.1"), ("forward-gradient[k=1]", "0.1")],
        "sphere by sgd, each at its own learning rate": [("backprop", "0.1"), ("forward-gradient[k=1]", "0.01")],
    }


def test_a_training_that_diverged_is_drawn_as_far_as_it_is_in_the_picture(make_run) -> None:
    gone = _record(FORWARD, 0.1, 0, [4.0, 9e9, float("nan")], "diverged")
    selection = training.select(frames.read([make_run([COMMON[0], gone])]))
    with style.themed():
        for panel in selection.panels:
            _, axes = style.axes_of(training.height(panel), training.LEFT, training.TOP)
            training.draw(axes, panel)
            assert axes.get_ylim()[1] < 100


def test_losses_below_zero_have_a_linear_axis(make_run) -> None:
    selection = training.select(frames.read([make_run([_record(BACKPROP, 0.1, 0, [0.0, -5.0, -9.0])])]))
    with style.themed():
        _, axes = style.axes_of(training.height(selection.panels[0]), training.LEFT, training.TOP)
        training.draw(axes, selection.panels[0])
    assert axes.get_yscale() == "linear"
    assert axes.get_ylim()[0] < -9.0


def test_the_trials_of_a_search_are_counted_and_not_drawn(make_run) -> None:
    trials = [_record(FORWARD, lr, 1000, [4.0, 3.0]) for lr in (0.1, 0.01, 0.001)]
    selection = training.select(frames.read([make_run(trials, options={"common_rate": False})]))
    assert not selection.panels
    assert selection.left_out == ("3 trainings of a search for learning rates",)


def test_seeds_of_trainings_do_not_become_panels_of_others(make_run, record_of) -> None:
    cells = frames.read([make_run([*COMMON, record_of(Cell(BACKPROP, "sphere[n=64]", "cost"), multiple=3.0)])]).cells
    assert set(cells["panel"]) == {"sphere"}
    assert len(cells) == 3


def test_a_damaged_curve_is_noted_and_the_rest_is_read(make_run) -> None:
    run = make_run(COMMON)
    (run / "series" / f"{COMMON[0].cell.key}.npy").write_bytes(b"no array")
    results = frames.read([run])
    assert "is damaged" in results.runs[0].damage[0]
    row = results.of(TRAINING).iloc[0]
    assert sorted(row["curves"]) == [1]


@pytest.mark.parametrize("axis", ["step", "seconds"])
def test_the_median_ends_where_the_shortest_seed_does(axis: str) -> None:
    curves = [{axis: np.arange(length), "loss": np.ones(length)} for length in (3, 5)]
    assert len(median_curve(curves, axis)) == 3
