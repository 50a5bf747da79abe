"""Trainable depth: what trains does so with every seed, at the best of its rates, and the sentence names depths alone that do."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from benchmarks.records import TRAINING, Cell, Metric, Outcome, Record
from reports import frames, style
from reports.figures import trainable
from reports.figures.trainable.attempts import families_of
from tests.reports.figures.test_every_figure import NOT_NUMBERS, pictures_of, words_outside

MLP = "mlp[activation=relu,batch=64,data=digits,depth={},width=64]"
SGD, FROMAGE = "sgd[lr={},momentum=0.0,nesterov=false]", "fromage[bound=none,lr={},momentum=0.0,zero_gradient=keep]"


def _record(depth: int, rule: str, lr: float, losses: Sequence[float], seed: int = 0, chance: float | None = 2.0) -> Record:
    cell = Cell("backprop", MLP.format(depth), TRAINING, rule=rule.format(lr), steps=300, seed=seed)
    diverged = not math.isfinite(losses[-1])
    last = None if diverged else losses[-1]
    metrics = [Metric("initial_loss", losses[0], ""), Metric("final_loss", last, ""), Metric("final_accuracy", 0.9, "")]
    metrics += [] if chance is None else [Metric("chance_loss", chance, "")]
    series = {name: [float(place) for place in range(len(losses))] for name in ("step", "seconds", "forwards")}
    series |= {"loss": list(losses), "accuracy": [None] * len(losses)}
    marks = frozenset({"diverged"} if diverged else ())
    return Record(cell, Outcome.OK, marks=marks, metrics=tuple(metrics), facts={"n": 100 * depth}, series=series)


RUN = [
    *(_record(depth, SGD, 0.1, [2.3, end]) for depth, end in ((1, 0.1), (10, 0.9), (50, 2.2))),
    *(_record(depth, SGD, 1.0, [2.3, end]) for depth, end in ((1, 0.05), (10, math.nan), (50, math.nan))),
    *(_record(depth, FROMAGE, 0.01, [2.3, end]) for depth, end in ((1, 0.1), (10, 0.2), (50, 0.95))),
]


def _select(make_run, records):
    results = frames.read([make_run(records)])
    return trainable.select(results), results


def test_the_sentence_names_the_deepest_that_train_and_their_rates(make_run) -> None:
    selection, _ = _select(make_run, RUN)
    assert trainable.finding(selection) == (
        "Of mlp[width=64] with 1, 10 and 50 hidden layers, in 300 steps, the deepest that trains has 50 with fromage (at a "
        "learning rate of 0.01) and 10 with sgd (at a learning rate of 0.1)."
    )


def test_a_depth_that_one_seed_does_not_train_is_not_trained(make_run) -> None:
    selection, _ = _select(make_run, [*RUN, _record(50, FROMAGE, 0.01, [2.3, 2.2], seed=1)])
    assert "has 10 with fromage (at a learning rate of 0.01)" in trainable.finding(selection)


def test_a_depth_of_which_one_seed_failed_is_not_trained(make_run) -> None:
    gone = Record(Cell(**{**RUN[-1].cell.__dict__, "seed": 1}), Outcome.FAILED, "ValueError: no")
    selection, _ = _select(make_run, [*RUN, gone])
    assert "has 10 with fromage (at a learning rate of 0.01)" in trainable.finding(selection)


def test_a_seed_that_is_missing_says_nothing_and_the_sentence_is_limited_to_what_was_trained(make_run) -> None:
    planned = [record.cell for record in RUN]
    planned += [Cell(**{**cell.__dict__, "seed": 1}) for cell in planned]
    said = trainable.finding(trainable.select(frames.read([make_run(RUN, planned=planned)])))
    assert "in 300 steps, as far as they were trained, the deepest that trains has 50 with fromage" in said


@pytest.mark.parametrize(("end", "trains"), [(1.0, True), (1.001, False), (math.nan, False), (math.inf, False)])
def test_to_train_is_to_end_at_half_of_chance_or_below(make_run, end: float, trains: bool) -> None:
    _, results = _select(make_run, [_record(depth, SGD, 0.1, [7.0, end]) for depth in (1, 2, 5)])
    assert {attempt.trains for attempt in families_of(results)[0].attempts} == {trains}


def test_without_classes_it_is_half_of_the_first_loss(make_run) -> None:
    records = [_record(depth, SGD, 0.1, [7.0, end], chance=None) for depth, end in ((1, 3.4), (2, 3.6), (5, 7.0))]
    _, results = _select(make_run, records)
    assert [attempt.trains for attempt in families_of(results)[0].attempts] == [True, False, False]


def test_the_best_rate_is_the_one_that_trains_most_seeds(make_run) -> None:
    two = [
        _record(1, SGD, lr, [2.3, end], seed)
        for lr, ends in ((0.1, (0.9, 0.9)), (1.0, (0.01, math.nan)))
        for seed, end in enumerate(ends)
    ]
    _, results = _select(make_run, [*two, *RUN[1:3]])
    best = families_of(results)[0].best("sgd", 1)
    assert best is not None
    assert (best.lr, best.trained) == (0.1, 2)


def test_fewer_than_three_depths_are_no_course(make_run) -> None:
    selection, _ = _select(make_run, [record for record in RUN if "depth=50" not in record.cell.problem])
    assert not selection.panels
    assert trainable.finding(selection) == "Nothing was measured."


def test_the_table_holds_every_depth_of_every_method(make_run) -> None:
    table = trainable.table(_select(make_run, RUN)[0])
    groups = {heading: [line[:3] for line in lines] for heading, lines in table.groups}
    assert groups == {
        "mlp[width=64] by sgd": [("1", "2 of 2", "1"), ("10", "1 of 2", "0.1"), ("50", "0 of 2", "0.1")],
        "mlp[width=64] by fromage": [("1", "1 of 1", "0.01"), ("10", "1 of 1", "0.01"), ("50", "1 of 1", "0.01")],
    }


def _all_failed() -> list[Record]:
    return [Record(record.cell, Outcome.FAILED, "ValueError: no") for record in RUN]


ODD = {
    "as-it-is": RUN,
    "failed": _all_failed(),
    "diverged": [_record(depth, SGD, lr, [2.3, math.nan]) for depth in (1, 2, 5) for lr in (0.1, 1.0)],
    "missing": [],
    "zero": [_record(depth, SGD, lr, [0.0, 0.0], chance=None) for depth in (1, 2, 5) for lr in (0.1, 1.0)],
    "extreme": [
        _record(depth, SGD, lr, [2.3, 10.0**power]) for depth, power in ((1, -200), (2, 0), (5, 200)) for lr in (1e-9, 1e9)
    ],
    "a-hundred-depths": [_record(depth, SGD, lr, [2.3, 1 / depth]) for depth in range(1, 101) for lr in (0.1, 1.0)],
    "many-rates": [_record(depth, SGD, 1.1**power, [2.3, 0.5]) for depth in (1, 2, 5) for power in range(60)],
}


@pytest.mark.parametrize("records", ODD.values(), ids=ODD)
def test_odd_runs_have_sentences_and_pictures(make_run, records: list[Record]) -> None:
    selection, _ = _select(make_run, records)
    table = trainable.table(selection)
    words = [
        trainable.finding(selection),
        trainable.describe(selection),
        *(value for _, lines in table.groups for line in lines for value in line),
    ]
    assert not [text for text in words if NOT_NUMBERS.search(text)]
    assert words[0].endswith(".")
    assert words[1].endswith(".")
    for panel in pictures_of(selection):
        with style.themed():
            drawn, axes = style.axes_of(trainable.height(panel), trainable.LEFT, trainable.TOP)
            trainable.draw(axes, panel)
            assert np.isfinite([*axes.get_xlim(), *axes.get_ylim()]).all()
            assert not words_outside(drawn)
