"""Perturbations are told beside deep relative trust, at either end of the depths, and drawn by size and by depth."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from benchmarks.records import Cell, Metric, Outcome, Record
from estimators.theory.trust import deep_relative_trust, trusted_size
from reports import frames, style
from reports.figures import perturbation
from reports.figures.perturbation.courses import families_of
from tests.reports.figures.test_every_figure import NOT_NUMBERS, pictures_of, words_outside

SIZES = (0.0001, 0.001, 0.01, 0.1, 1.0)
MLP = "mlp[activation=relu,batch=64,data=digits,depth={},width=64]"
FORWARD = "forward-gradient[aggregation=mean,derivative=jvp,directions=gaussian,k=1,space=weights]"


def _record(
    depth: int,
    of: Callable[[float], float],
    estimator: str = "backprop",
    seed: int = 0,
    problem: str = MLP,
    matrices: tuple[int, ...] = (0,),
) -> Record:
    """A perturbation of a model with `depth` hidden layers whose gradient changes by `of(size)`."""
    cell = Cell(estimator, problem.format(depth), "perturbation", seed=seed)
    changes = [of(size) for size in SIZES]
    series = {
        "size": list(SIZES),
        "loss_change": [-change for change in changes],
        "gradient_change": changes,
        "largest_gradient_change": changes,
        "deep_relative_trust": [deep_relative_trust([size] * (depth + 1)) for size in SIZES],
        **{f"change:{name}.weight": [change * (1 + place) for change in changes] for place, name in enumerate(matrices)},
    }
    metrics = (Metric("largest_gradient_change", of(0.01), ""),)
    return Record(cell, Outcome.OK, metrics=metrics, facts={"n": 64, "layers": depth + 1}, series=series)


def _tenfold(depth: int) -> Callable[[float], float]:
    """Ten times the number of weight matrices times the size."""
    return lambda size: 10 * (depth + 1) * size


RUN = [_record(depth, _tenfold(depth), estimator) for depth in (1, 10, 50) for estimator in ("backprop", FORWARD)]


def _select(make_run, records):
    return perturbation.select(frames.read([make_run(records)]))


def test_the_sentence_says_what_changes_and_how_it_lies_to_deep_relative_trust(make_run) -> None:
    trust = [deep_relative_trust([0.01] * layers) for layers in (2, 11, 51)]
    assert f"{trust[0]:.4f} {trust[2]:.3f} {0.2 / trust[0]:.2f} {5.1 / trust[2]:.2f}" == "0.0201 0.661 9.95 7.71"
    assert perturbation.finding(_select(make_run, RUN)) == (
        "On mlp[width=64], a move of 1 % of every tensor's norm along backprop changes the gradient of some weight matrix by"
        " 0.200 of its length at 1 hidden layer (deep relative trust: 0.0201) and the gradient of some weight matrix by 5.10"
        " of its length at 50 hidden layers (deep relative trust: 0.661). That is 7.71 to 9.95 times deep relative trust, "
        "more than it on 3 of 3 models."
    )


def test_seeds_are_one_course_and_its_median(make_run) -> None:
    records = [_record(depth, lambda size, by=by: by * size, seed=seed) for depth in (1, 5) for seed, by in enumerate((1, 2, 90))]
    family = families_of(frames.read([make_run(records)]))[0]
    assert [course.seeds for course in family.courses] == [3, 3]
    assert family.courses[0].at("largest_gradient_change", 0.01) == pytest.approx(0.02)
    assert family.courses[0].trusted == pytest.approx(0.5)


def test_depths_of_the_first_estimator_are_seen_at_once_and_others_folded(make_run) -> None:
    selection = _select(make_run, RUN)
    assert [panel.title for panel in selection.pictures] == [
        "mlp[width=64]: change of the gradient along backprop",
        "mlp[width=64]: change of the loss along backprop",
        "mlp[width=64]: size at which the gradient is another",
    ]
    assert [panel.title for panel in selection.folded] == [
        "mlp[width=64]: change of the gradient along forward-gradient[k=1]",
        "mlp[width=64]: change of the loss along forward-gradient[k=1]",
    ]


def test_where_there_are_several_weight_matrices_each_is_shown(make_run) -> None:
    records = [_record(depth, _tenfold(depth), seed=seed, matrices=(0, 2, 4)) for depth in (1, 5) for seed in (0, 1)]
    selection = _select(make_run, [*records, _record(5, _tenfold(5), seed=2, matrices=(2, 4))])
    titles = [panel.title for panel in selection.pictures]
    assert titles[2] == "mlp[width=64]: change by weight matrix at 0.01 along backprop"
    shallow, deep = selection.pictures[2].data["course"]
    assert shallow.by_matrix(0.01) == pytest.approx([0.2, 0.4, 0.6])
    assert list(deep.matrices) == ["2.weight", "4.weight"]  # those that every seed has


def test_the_table_has_measured_and_trusted_sizes(make_run) -> None:
    [(_, lines)] = perturbation.table(_select(make_run, RUN)).groups
    sizes = [(line[0], line[1], line[2], float(line[7]), float(line[8])) for line in lines]
    assert sizes[:3] == [
        ("backprop", depth, str(layers), pytest.approx(0.1 / layers, rel=0.01), pytest.approx(trusted_size(layers), rel=0.01))
        for depth, layers in (("1", 2), ("10", 11), ("50", 51))
    ]


def test_a_model_without_a_depth_is_told_too(make_run) -> None:
    selection = _select(make_run, [_record(3, _tenfold(3), problem="logistic-regression[batch=64]")])
    assert len(selection.pictures) == 2
    assert "on 1 of 1 model" in perturbation.finding(selection)


def test_with_the_same_gradient_everywhere_it_is_less_than_trusted(make_run) -> None:
    said = perturbation.finding(_select(make_run, [_record(depth, lambda size: size / 10) for depth in (1, 2)]))
    assert "more than it on 0 of 2 models" in said


ODD = {
    "as-it-is": RUN,
    "one": RUN[:1],
    "failed": [Record(record.cell, Outcome.FAILED, "ValueError: no") for record in RUN],
    "skipped": [Record(record.cell, Outcome.SKIPPED, "needs weight matrices") for record in RUN],
    "nan": [_record(depth, lambda size: math.nan) for depth in (1, 2, 5)],
    "infinite": [_record(depth, lambda size: math.inf if size > 1e-3 else size) for depth in (1, 2, 5)],
    "zero": [_record(depth, lambda size: 0.0) for depth in (1, 2, 5)],
    "extreme": [_record(depth, lambda size: 1e200 * size) for depth in (1, 2, 5)],
    "no-layers": [Record(record.cell, record.outcome, metrics=record.metrics, series=record.series) for record in RUN],
    "several-models": [*RUN, _record(3, _tenfold(3), problem="logistic-regression[batch=64]")],
    "a-hundred-depths": [_record(depth, _tenfold(depth), matrices=tuple(range(depth + 1))) for depth in range(1, 101)],
    "by-matrix-nan": [_record(depth, lambda size: math.nan, matrices=(0, 2)) for depth in (1, 2, 5)],
}


@pytest.mark.parametrize("records", ODD.values(), ids=ODD)
def test_odd_runs_have_sentences_and_pictures(make_run, records: list[Record]) -> None:
    selection = _select(make_run, records)
    table = perturbation.table(selection)
    said = [perturbation.finding(selection), perturbation.describe(selection)]
    assert all(words.endswith(".") for words in said)
    assert not [
        text
        for text in (*said, *(value for _, lines in table.groups for line in lines for value in line))
        if NOT_NUMBERS.search(text)
    ]
    for panel in pictures_of(selection):
        with style.themed():
            drawn, axes = style.axes_of(perturbation.height(panel), perturbation.LEFT, perturbation.TOP)
            perturbation.draw(axes, panel)
            assert np.isfinite([*axes.get_xlim(), *axes.get_ylim()]).all()
            assert not words_outside(drawn)
