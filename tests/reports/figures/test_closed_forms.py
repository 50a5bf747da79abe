"""Quality against k and n: curves are the closed form, dense, over the range of each panel's points."""

import dataclasses
import math

import pytest

from benchmarks.records import Cell
from estimators import theory
from estimators.registry import ESTIMATORS
from reports import frames
from reports.figures import closed_forms, cosine, norm_ratio
from reports.figures.closed_forms import MOST_OF_EACH


def cell(estimator: str, problem: str = "sphere[n=64]") -> Cell:
    return Cell(ESTIMATORS.canonical(estimator), problem, "quality")


@pytest.mark.parametrize(("metric", "figure"), [("cosine", cosine), ("norm_ratio", norm_ratio)])
def test_the_curve_is_dense_exact_and_spans_the_measured_points(full, metric, figure) -> None:
    selection = figure.select(frames.read([full]))
    panel = next(panel for panel in selection.panels if panel.title.startswith("n = 64"))
    curves = {series: (xs, ys) for series, xs, ys in panel.facts["curves"]}
    assert set(curves) == {"forward-gradient", "multi-tangent"}
    xs, ys = curves["multi-tangent"]
    assert (xs[0], xs[-1]) == (1, 16)
    assert len(xs) > 50
    assert ys == [theory.expected("gaussian", "projection", 64, x)[metric] for x in xs]


def test_the_curve_against_n_spans_the_problems(full) -> None:
    selection = cosine.select(frames.read([full]))
    panel = next(panel for panel in selection.panels if panel.title == "k = 4")
    for _, xs, ys in panel.facts["curves"]:
        assert (xs[0], xs[-1]) == (64, 650)
        assert math.isclose(ys[0], panel.data.query("n == 64")["value"].iloc[0], rel_tol=0.1)


def test_a_series_measured_once_has_its_curve_over_the_whole_panel(make_run, record_of) -> None:
    specs = ["multi-tangent[k=4]", *(f"forward-gradient[directions=rademacher,k={k}]" for k in (1, 16))]
    selection = cosine.select(frames.read([make_run([record_of(cell(spec), cosine=(0.2, 0.1, 0.3)) for spec in specs])]))
    curves = {series: xs for series, xs, _ in selection.panels[0].facts["curves"]}
    assert (curves["multi-tangent"][0], curves["multi-tangent"][-1]) == (1, 16)


def test_the_curve_of_a_law_with_parameters_is_its_own(make_run, record_of) -> None:
    specs = [f"forward-gradient[directions=angle[degrees=30],k={k},length=unit]" for k in (2, 16)]
    results = frames.read([make_run([record_of(cell(spec), norm_ratio=0.1, squared_norm_ratio=0.01) for spec in specs])])
    law = theory.Law("angle", (("degrees", 30.0),), "unit")
    ((_, xs, ys),) = closed_forms.select(results, "squared_norm_ratio").panels[0].facts["curves"]
    assert ys == [theory.expected(law, "mean", 64, k)["squared_norm_ratio"] for k in xs]
    assert closed_forms.select(results, "norm_ratio").panels[0].facts["curves"] == []


def test_an_estimator_without_a_closed_form_has_points_and_no_curve(make_run, record_of) -> None:
    records = [
        record_of(cell(f"forward-gradient[directions=rademacher,k={k}]"), cosine=(k / 20, k / 30, k / 10)) for k in (4, 16)
    ]
    selection = cosine.select(frames.read([make_run(records)]))
    assert len(selection.panels[0].rows) == 2
    assert selection.panels[0].facts["curves"] == []
    assert "without a curve" in cosine.describe(selection)
    assert cosine.finding(selection) == "2 mean cosines were measured; none has a closed form to compare with."


def test_closed_forms_that_nothing_was_held_against_are_not_denied(make_run, record_of) -> None:
    records = [record_of(cell(f"forward-gradient[k={k}]"), cosine=0.1, cosine_expected=0.12) for k in (1, 4)]
    finding = cosine.finding(cosine.select(frames.read([make_run(records)])))
    assert finding == "2 mean cosines were measured; 2 closed forms are known, without a score for want of draws or spread."


def test_the_finding_names_the_largest_deviation(make_run, record_of) -> None:
    records = [
        record_of(cell("forward-gradient"), cosine=(0.101, 0.09, 0.11), cosine_expected=0.1, cosine_z=0.5),
        record_of(cell("spsa"), cosine=(0.11, 0.10, 0.12), cosine_expected=0.1, cosine_z=-3.25),
    ]
    finding = cosine.finding(cosine.select(frames.read([make_run(records)])))
    assert "within 10 %" in finding
    assert "3.2 standard errors (spsa[k=1] on sphere)" in finding


def test_exact_and_negative_values_are_left_out_and_counted(make_run, record_of) -> None:
    records = [
        record_of(cell("backprop"), cosine=1.0),
        record_of(cell("forward-gradient"), cosine=0.1),
        record_of(cell("spsa"), cosine=-0.1),
        record_of(cell("rdsa"), "failed", "no"),
    ]
    selection = cosine.select(frames.read([make_run(records)]))
    assert len(selection.rows) == 1
    assert "1 cell failed" in selection.left_out
    assert "1 cell of exact estimators" in selection.left_out
    assert "1 cell whose value is not positive or whose dimension is unknown" in selection.left_out


def test_the_table_shows_value_closed_form_and_z(full) -> None:
    table = cosine.table(cosine.select(frames.read([full])))
    lines = {(group, row[0]): row for group, rows in table.groups for row in rows}
    row = lines[("sphere", "multi-tangent[k=4]")]
    assert row[1:3] == ("64", "4")
    assert row[4] == "0.2359"
    assert row[5] == "+0.50"


def test_many_dimensions_are_thinned_out_and_counted(make_run, record_of) -> None:
    records = [
        record_of(dataclasses.replace(cell("forward-gradient"), problem=f"sphere[n={n}]"), n=n, cosine=0.1) for n in range(2, 22)
    ]
    selection = cosine.select(frames.read([make_run(records)]))
    against_k = [panel for panel in selection.pictures if panel.facts["x"] == "k"]
    assert len(against_k) == MOST_OF_EACH
    assert against_k[0].title.startswith("n = 2:")
    assert against_k[-1].title.startswith("n = 21:")
    assert f"{20 - MOST_OF_EACH} further dimensions (without a picture)" in selection.left_out


def test_dimensions_without_a_picture_are_in_the_table_and_in_the_finding(make_run, record_of) -> None:
    worst = 4  # of 2 ... 21, among those without a picture
    records = [
        record_of(
            dataclasses.replace(cell("forward-gradient"), problem=f"sphere[n={n}]"),
            n=n,
            cosine=0.1,
            cosine_expected=0.1,
            cosine_z=9.0 if n == worst else 0.5,
        )
        for n in range(2, 22)
    ]
    selection = cosine.select(frames.read([make_run(records)]))
    assert not [panel for panel in selection.pictures if panel.title.startswith(f"n = {worst}:")]
    assert sum(len(lines) for _, lines in cosine.table(selection).groups) == len(records)
    assert cosine.finding(selection).startswith("20 measured cosines lie")
    assert f"9.0 standard errors (forward-gradient[k=1] on sphere[n={worst}])" in cosine.finding(selection)
