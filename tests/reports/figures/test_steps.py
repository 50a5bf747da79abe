"""The two figures of one step say what was found, claim only what is sure, and survive odd numbers."""

import itertools
import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from benchmarks.records import Cell, Metric, Outcome, Record
from estimators.registry import ESTIMATORS
from reports import findings, frames, style, svg
from reports.figures import best_step, decrease
from reports.figures.selection import NOT_MEASURED, Selection

NOT_NUMBERS = re.compile(r"(?<![\w.])(nan|inf|infinity)(?![\w-])", re.IGNORECASE)
FIGURES = pytest.mark.parametrize("figure", [best_step, decrease], ids=lambda figure: figure.NAME)
MEAN, PROJECTION = "forward-gradient[k={k}]", "multi-tangent[k={k}]"


def step_of(spec: str, n: int, k: int, law: float, gain: float, **changes: Any) -> Record:
    """A cell on the sphere that lies on its law, within 1 %."""
    values: dict[str, Any] = {
        "loss": float(n),
        "best_step": (law * 1.01, law * 0.97, law * 1.05),
        "best_step_expected": law,
        "best_step_z": 0.5,
        "decrease": (gain * n, gain * n * 0.9, gain * n * 1.1),
        "decrease_expected": gain * n,
        "relative_decrease": (gain, gain * 0.9, gain * 1.1),
        "draw_step": (law, law * 0.9, law * 1.1),
        "draw_decrease": (gain * n, gain * n * 0.9, gain * n * 1.1),
        "gradient_step": 0.5,
        "gradient_decrease": float(n),
        "estimate_forwards": 3.0 if k < 2 else 1.0 + 2 * k,
    }
    metrics = [_metric(name, value) for name, value in {**values, **changes}.items()]
    cell = Cell(ESTIMATORS.canonical(spec.format(k=k)), f"sphere[n={n}]", "step")
    return Record(cell, Outcome.OK, metrics=tuple(metrics), facts={"n": n})


def _metric(name: str, value: Any) -> Metric:
    return Metric(name, *_ends(value), count=100) if isinstance(value, tuple) else Metric(name, value, "", count=100)


def _ends(value: tuple[float, float, float]) -> tuple[float, str, None, float, float]:
    return value[0], "", None, value[1], value[2]


def sphere(sizes: Sequence[int] = (16, 64, 256), tangents: Sequence[int] = (1, 4)) -> list[Record]:
    found = [step_of("backprop", n, 0, 0.5, 1.0) for n in sizes]
    for n, k in itertools.product(sizes, tangents):
        found += [step_of(MEAN, n, k, k / (2 * (n + k + 1)), k / (n + k + 1)), step_of(PROJECTION, n, k, 0.5, k / n)]
    return found


def costs(sizes: Sequence[int] = (16, 64, 256), ratio: float = 0.01) -> list[Record]:
    """Estimates that cost next to nothing."""
    cell = Cell(ESTIMATORS.canonical(PROJECTION.format(k=4)), "", "cost")
    ends = (ratio, "", None, ratio, ratio)
    return [
        Record(Cell(cell.estimator, f"sphere[n={n}]", "cost"), Outcome.OK, metrics=(Metric("ratio_to_backprop", *ends),))
        for n in sizes
    ]


def drawn(figure, selection: Selection) -> None:
    """Every picture can be drawn, holds its axes, and is of bounded size."""
    with style.themed():
        for panel in (*selection.pictures, *selection.folded):
            picture, axes = style.axes_of(figure.height(panel), figure.LEFT, figure.TOP)
            figure.draw(axes, panel)
            assert axes.get_xlabel()
            assert np.isfinite([*axes.get_xlim(), *axes.get_ylim()]).all()
            assert len(svg.inline(picture, "p").encode()) <= 300_000


def said(figure, selection: Selection) -> str:
    table = figure.table(selection)
    assert all(len(row) == len(table.columns) for _, rows in table.groups for row in rows)
    cells = [cell for _, rows in table.groups for row in rows for cell in row]
    return " ".join([figure.finding(selection), figure.describe(selection), table.caption, *selection.left_out, *cells])


def test_best_steps_are_held_against_their_closed_forms(make_run) -> None:
    selection = best_step.select(frames.read([make_run(sphere())]))
    assert best_step.finding(selection).startswith(
        "12 measured best steps lie within 1.0 % of the closed form; the largest deviation is 0.50 standard errors ("
    )
    assert [panel.title for panel in selection.panels] == [
        *("sphere[n=16]", "sphere", "sphere[n=256]"),
        *("sphere, k = 1", "sphere, k = 4"),
    ]
    assert "3 cells of exact estimators" in selection.left_out
    assert len(best_step.table(selection).groups) == 3
    drawn(best_step, selection)


def test_dimensions_are_a_course_from_three_on(make_run) -> None:
    selection = best_step.select(frames.read([make_run(sphere(sizes=(16, 64)))]))
    assert [panel.facts["across"] for panel in selection.panels] == ["k", "k"]


def test_without_closed_forms_steps_are_counted_and_nothing_is_compared(make_run) -> None:
    bare = [step_of(MEAN, 16, 4, 0.1, 0.2, best_step_expected=None, best_step_z=None)]
    selection = best_step.select(frames.read([make_run(bare)]))
    assert best_step.finding(selection) == "1 best step was measured; none has a closed form to compare with."
    assert "without a closed form: forward-gradient" in best_step.describe(selection)


def test_steps_without_spread_have_a_law_and_no_score(make_run) -> None:
    exact = step_of(PROJECTION, 16, 4, 0.5, 0.25, best_step=(0.5, 0.5, 0.5), best_step_z=None)
    found = best_step.finding(best_step.select(frames.read([make_run([exact])])))
    assert found == "1 measured best step lies within 0 % of the closed form."


def test_estimates_without_tangents_are_levels(make_run) -> None:
    records = [step_of(spec, 16, 0, 0.1, 0.2, best_step_expected=None) for spec in ("crs", "wta-crs")]
    selection = best_step.select(frames.read([make_run([*sphere(sizes=(16,)), *records])]))
    assert sum(not row["k"] for row in selection.panels[0].rows) == 2
    drawn(best_step, selection)


def test_an_estimate_that_lowers_nothing_is_counted(make_run) -> None:
    flat = step_of(MEAN, 16, 4, 0.1, 0.2, best_step=0.0, decrease=0.0, draw_step=0.0, draw_decrease=0.0)
    results = frames.read([make_run([flat, *sphere(sizes=(16,), tangents=(1,))])])
    selection = best_step.select(results)
    assert "1 cell in which no step lowers the loss" in selection.left_out
    drawn(decrease, decrease.select(results))


def test_more_is_claimed_for_a_price_only_where_it_is_sure(make_run) -> None:
    selection = decrease.select(frames.read([make_run([*sphere(), *costs()])]))
    assert [panel.title for panel in selection.pictures] == [
        "one step: sphere[n=256]",
        "per forward pass: sphere[n=256]",
        "per second: sphere[n=256]",
    ]
    assert decrease.finding(selection) == (
        "On sphere[n=256], compared with backprop, each with its best step size: one step gains most along multi-tangent[k=4], "
        "0.0156 of what it gains along the exact gradient; per forward pass none surely gains more (at best 0.00521 times as "
        "much: multi-tangent[k=4]); per second multi-tangent[k=4] surely gains more."
    )
    drawn(decrease, selection)


def test_without_costs_and_backprop_the_step_itself_is_shown(make_run) -> None:
    selection = decrease.select(frames.read([make_run([step_of(MEAN, 16, 4, 4 / 42, 4 / 21)])]))
    assert [panel.facts["price"] for panel in selection.panels] == [decrease.ONE_STEP]
    assert decrease.finding(selection).endswith("along forward-gradient[k=4], 0.190 of what it gains along the exact gradient.")


def test_exact_estimates_alone_are_no_finding(make_run) -> None:
    selection = decrease.select(frames.read([make_run([step_of("backprop", 16, 0, 0.5, 1.0)])]))
    assert decrease.finding(selection) == "No inexact estimate that keeps its contract lowers the loss."


def test_the_opening_tells_of_a_run_of_steps_alone(make_run) -> None:
    assert findings.opening(frames.read([make_run(sphere())])) == (
        "On sphere[n=256], compared with backprop, each with its best step size: one step gains most along multi-tangent[k=4], "
        "0.0156 of what it gains along the exact gradient; per forward pass none surely gains more (at best 0.00521 times as "
        "much: multi-tangent[k=4]). 12 measured best steps lie within 1.0 % of the closed form; the largest deviation is 0.50 "
        "standard errors (forward-gradient[k=1] on sphere[n=16])."
    )
    wrong = [Record(r.cell, Outcome.WRONG, "biased", metrics=r.metrics, facts=r.facts) for r in sphere()]
    assert "one step gains" not in findings.opening(frames.read([make_run(wrong, name="wrong")]))


def _failed(records: list[Record]) -> list[Record]:
    return [Record(record.cell, Outcome.FAILED, "ValueError: no") for record in records]


def _with(records: list[Record], values: Sequence[float | None]) -> list[Record]:
    turns = itertools.cycle(values)
    return [
        Record(
            r.cell,
            r.outcome,
            metrics=tuple(Metric(m.metric, next(turns), "", None, next(turns), next(turns)) for m in r.metrics),
            facts=r.facts,
        )
        for r in records
    ]


ODD = {
    "nothing": lambda records: [],
    "one": lambda records: records[1:2],
    "failed": _failed,
    "nan": lambda records: _with(records, [math.nan]),
    "infinite": lambda records: _with(records, [math.inf, -math.inf, math.inf, 1.0]),
    "extreme": lambda records: _with(records, [1e200, 1e-200, 0.0, -1.0, 1e-5]),
    "equal": lambda records: _with(records, [1.0]),
    "no-interval": lambda records: _with(records, [0.3, None, None]),
    "no-n": lambda records: [Record(r.cell, r.outcome, metrics=r.metrics) for r in records],
    "wrong": lambda records: [Record(r.cell, Outcome.WRONG, "biased", metrics=r.metrics, facts=r.facts) for r in records],
}


@FIGURES
@pytest.mark.parametrize("odd", ODD)
def test_odd_runs_have_words_without_nan_and_pictures(figure, odd: str, make_run) -> None:
    records = ODD[odd](sphere(sizes=(16, 64, 256)))
    selection = figure.select(frames.read([make_run(records)]))
    assert not NOT_NUMBERS.search(said(figure, selection))
    assert figure.finding(selection).endswith(".")
    assert figure.describe(selection).endswith(".")
    assert (figure.finding(selection) == NOT_MEASURED) == (not selection.panels)
    drawn(figure, selection)


@FIGURES
def test_hundreds_of_estimators_have_pictures_of_bounded_size(figure, make_run) -> None:
    selection = figure.select(frames.read([make_run(sphere(sizes=(64,), tangents=range(1, 150)))]))
    drawn(figure, selection)
    assert not NOT_NUMBERS.search(said(figure, selection))
