"""Weights over a training: each method at its best rate, the norm that changed most told, and nothing where there is none."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from benchmarks.records import TRAINING, Cell, Metric, Outcome, Record
from reports import frames, style
from reports.figures import weights
from reports.figures.weights.histories import problems_of
from tests.reports.figures.test_every_figure import NOT_NUMBERS, pictures_of, words_outside

MLP = "mlp[activation=relu,batch=64,data=digits,depth={},width=64]"
SGD, FROMAGE = "sgd[lr={},momentum=0.0,nesterov=false]", "fromage[bound=none,lr={},momentum=0.0,zero_gradient=keep]"


def _record(
    rule: str, lr: float, norms: Mapping[str, Sequence[float]], end: float = 0.1, depth: int = 1, seed: int = 0
) -> Record:
    """A training whose largest singular value is half of the norm, and the smallest a tenth of it."""
    cell = Cell("backprop", MLP.format(depth), TRAINING, rule=rule.format(lr), steps=100, seed=seed)
    length = len(next(iter(norms.values()), [0.0, 0.0]))
    series: dict[str, list[float | None]] = {
        name: [float(place) for place in range(length)] for name in ("step", "seconds", "forwards")
    }
    series |= {"loss": [2.3] * (length - 1) + [end], "accuracy": [None] * length}
    for name, values in norms.items():
        for quantity, factor in (("norm", 1.0), ("largest", 0.5), ("median", 0.2), ("smallest", 0.1)):
            series[f"{quantity}:{name}"] = [factor * value for value in values]
    metrics = (Metric("final_loss", end, ""), Metric("chance_loss", 2.3, ""))
    return Record(cell, Outcome.OK, metrics=metrics, facts={"n": 100 * depth}, series=series)


RUN = [
    _record(SGD, 0.1, {"0.weight": [2.0, 3.0, 5.0], "2.weight": [1.0, 1.0, 0.9]}),
    _record(SGD, 1.0, {"0.weight": [2.0, 9.0, 99.0], "2.weight": [1.0, 1.0, 0.9]}, end=2.3),
    _record(FROMAGE, 0.01, {"0.weight": [2.0, 2.0, 2.02], "2.weight": [1.0, 1.0, 0.98]}),
]


def _select(make_run, records):
    return weights.select(frames.read([make_run(records)]))


def test_the_sentence_names_the_norm_that_changed_most_by_each_method_at_its_best_rate(make_run) -> None:
    assert weights.finding(_select(make_run, RUN)) == (
        "On mlp[depth=1,width=64], in 100 steps, the norms of the watched weight matrices changed at most by a factor of "
        "0.980 with fromage at 0.01 (2.weight) and 2.50 with sgd at 0.1 (0.weight)."
    )


def test_a_picture_a_matrix_of_norms_and_singular_values_with_stable_ranks_folded(make_run) -> None:
    selection = _select(make_run, RUN)
    drawn = [(panel.facts["quantity"], panel.facts["matrix"]) for panel in selection.pictures]
    assert drawn == [(quantity, matrix) for quantity in ("norm", "singular") for matrix in ("0.weight", "2.weight")]
    assert [panel.facts["quantity"] for panel in selection.folded] == ["rank", "rank"]


def test_the_problem_that_most_methods_train_is_shown_the_deepest_of_these(make_run) -> None:
    norms = {"0.weight": [1.0, 1.0]}
    deep = [_record(rule, 0.01, norms, end, depth) for depth, end in ((5, 0.1), (50, 2.3)) for rule in (SGD, FROMAGE)]
    selection = _select(make_run, [*RUN, *deep])
    assert {panel.facts["problem"].title for panel in selection.pictures} == {"mlp[depth=5,width=64]"}
    assert len(weights.table(selection).groups) == 3


def test_the_stable_rank_is_the_square_of_the_norm_over_the_largest_singular_value(make_run) -> None:
    history = problems_of(frames.read([make_run(RUN)]))[0].histories[0]
    assert history.points["rank", "0.weight"] == [(0.0, 4.0), (1.0, 4.0), (2.0, 4.0)]


def test_seeds_are_shown_by_their_median_as_far_as_the_shortest_goes(make_run) -> None:
    records = [
        _record(SGD, 0.1, {"0.weight": norms}, seed=seed) for seed, norms in enumerate(([1.0, 2.0], [1.0, 4.0, 9.0], [3.0, 6.0]))
    ]
    history = problems_of(frames.read([make_run(records)]))[0].histories[0]
    assert history.points["norm", "0.weight"] == [(0.0, 1.0), (1.0, 4.0)]


def test_trainings_without_watched_weights_have_no_such_figure(make_run) -> None:
    selection = _select(make_run, [_record(SGD, 0.1, {})])
    assert not selection.panels
    assert weights.finding(selection) == "Nothing was measured."


ODD = {
    "as-it-is": RUN,
    "one-point": [_record(SGD, 0.1, {"0.weight": [2.0]})],
    "nan": [_record(SGD, 0.1, {"0.weight": [math.nan] * 3})],
    "nan-at-the-end": [_record(SGD, 0.1, {"0.weight": [1.0, 2.0, math.nan]}, end=math.nan)],
    "infinite": [_record(SGD, 0.1, {"0.weight": [1.0, math.inf, 3.0]})],
    "zero": [_record(SGD, 0.1, {"0.weight": [0.0, 0.0, 1.0]})],
    "extreme": [_record(SGD, 0.1, {"0.weight": [1e-200, 1.0, 1e200]})],
    "failed": [Record(record.cell, Outcome.FAILED, "ValueError: no") for record in RUN],
    "long-name": [_record(SGD, 0.1, {"a.very" * 40 + ".weight": [1.0, 2.0]})],
}


@pytest.mark.parametrize("records", ODD.values(), ids=ODD)
def test_odd_runs_have_sentences_and_pictures(make_run, records: list[Record]) -> None:
    selection = _select(make_run, records)
    table = weights.table(selection)
    said = [weights.finding(selection), weights.describe(selection)]
    assert all(words.endswith(".") for words in said)
    assert not [
        text
        for text in (*said, *(value for _, lines in table.groups for line in lines for value in line))
        if NOT_NUMBERS.search(text)
    ]
    for panel in pictures_of(selection):
        with style.themed():
            drawn, axes = style.axes_of(weights.height(panel), weights.LEFT, weights.TOP)
            weights.draw(axes, panel)
            assert np.isfinite([*axes.get_xlim(), *axes.get_ylim()]).all()
            assert not words_outside(drawn)
