"""Sweeps: what is varied is read from specs, families have three panels, and a point is what was measured there."""

import re

import pytest

from benchmarks.expectation import coordinates
from benchmarks.problems.registry import PROBLEMS
from benchmarks.records import Cell
from benchmarks.request import Request
from benchmarks.suites import SUITES
from estimators.registry import ESTIMATORS
from reports import frames, style
from reports.figures import ALWAYS, FIGURES, SWEEPS, batch, depth, dimensions, tangents
from reports.html import write_report

WIDTHS = (64, 128, 256)
OF_SUITES = tuple(figure for figure in SWEEPS if figure.NAME in SUITES)  # batches are varied by hand
ESTIMATED = ("backprop", "forward-gradient", "forward-gradient[k=4]")
METRICS = {
    "cost": lambda x: {"multiple": (3.0 * x, 2.9 * x, 3.1 * x), "flop_multiple": 2.0 * x},
    "memory": lambda x: {"peak_bytes": 100 * x, "base_peak_bytes": 10 * x},
    "quality": lambda x: {"cosine": (1 / x, 0.9 / x, 1.1 / x), "cosine_expected": 1.05 / x},
}


@pytest.fixture
def swept(make_run, record_of):
    """A run over problems (or, with `k`, over numbers of tangents) with metrics that are known functions of what is varied."""

    def run(problems, estimators=ESTIMATED, kinds=("cost", "memory", "quality"), **more):
        records = []
        for place, problem in enumerate(problems, start=1):
            for estimator in estimators:
                k = ESTIMATORS.resolve(estimator).get("k", 0) or 0
                for kind in kinds:
                    cell = Cell(ESTIMATORS.canonical(estimator), PROBLEMS.canonical(problem), kind)
                    records.append(record_of(cell, n=1000 * place, **METRICS[kind](place + 10 * k)))
        return frames.read([make_run(records, **more)])

    return run


def test_a_run_over_widths_has_one_row_of_three_panels(swept) -> None:
    selection = dimensions.select(swept([f"mlp[width={width}]" for width in WIDTHS]))
    assert [panel.title for panel in selection.panels] == ["mlp: runtime multiple", "mlp: peak of memory", "mlp: mean cosine"]
    for panel in selection.panels:
        assert sorted({row["x"] for row in panel.rows}) == list(WIDTHS)
        assert {row["axis"] for row in panel.rows} == {"width"}
    assert depth.select(swept([f"mlp[width={width}]" for width in WIDTHS], name="again")).panels == ()


def test_families_differ_in_nothing_but_what_is_varied(swept) -> None:
    problems = [f"mlp[depth={layers},width={width}]" for width in (64, 256) for layers in (1, 2, 5)]
    selection = depth.select(swept(problems))
    assert [panel.facts["family"] for panel in selection.panels[::3]] == ["mlp[width=64]", "mlp[width=256]"]
    assert dimensions.select(swept(problems, name="again")).panels == ()


def test_the_coordinates_of_a_function_and_the_parameters_of_ones_own_problem_are_dimensions(make_run, record_of) -> None:
    names = [f"{name}={x}]" for name in ("sphere[n", "my.py:build[width") for x in (1, 8, 64)]
    cells = [Cell("backprop", name, "cost") for name in names]
    results = frames.read([make_run([record_of(cell, multiple=3.0) for cell in cells])])
    assert [panel.title for panel in dimensions.select(results).panels] == [
        "sphere: runtime multiple",
        "my.py:build: runtime multiple",
    ]


def test_files_of_one_name_in_two_folders_are_two_families(make_run, record_of) -> None:
    names = [f"{folder}/my.py:build[width={x}]" for folder, widths in (("a", (1, 2, 4)), ("b", (8, 16, 32))) for x in widths]
    records = [record_of(Cell("backprop", name, "cost"), multiple=3.0) for name in names]
    selection = dimensions.select(frames.read([make_run(records)]))
    assert [sorted(row["x"] for row in panel.rows) for panel in selection.panels] == [[1, 2, 4], [8, 16, 32]]
    assert ["a/my.py" in panel.title for panel in selection.panels] == [True, False]


def test_a_run_over_batches_has_one_row_of_three_panels_and_is_no_other_sweep(swept) -> None:
    results = swept([f"mlp[batch={samples}]" for samples in (16, 64, 256)])
    assert [sorted({row["x"] for row in panel.rows}) for panel in batch.select(results).panels] == [[16, 64, 256]] * 3
    assert batch.finding(batch.select(results)).startswith(
        "On mlp, with samples in the batch from 16 to 256, for forward-gradient"
    )
    assert depth.select(results).panels == dimensions.select(results).panels == ()


def test_two_places_are_no_course(swept) -> None:
    assert dimensions.select(swept([f"mlp[width={width}]" for width in WIDTHS[:2]])).panels == ()
    few = swept(["sphere"], [f"forward-gradient[k={k}]" for k in (1, 4, 16)], name="few")
    assert tangents.select(few).panels == ()


def test_an_estimator_at_two_places_is_no_line_and_is_counted(make_run, record_of) -> None:
    names = {"backprop": (1, 8, 64, 512), "spsa": (8, 64), "rdsa": (1, 8, 64)}
    cells = [
        Cell(ESTIMATORS.canonical(name), PROBLEMS.canonical(f"sphere[n={n}]"), "cost") for name, ns in names.items() for n in ns
    ]
    records = [record_of(cell, multiple=3.0) for cell in cells[:-2]]
    selection = dimensions.select(frames.read([make_run([*records, *(record_of(cell, "failed", "no") for cell in cells[-2:])])]))
    assert set(selection.panels[0].looks) == {"backprop", "rdsa[k=1]"}
    assert selection.left_out == ("2 cells failed", "1 line of fewer than 3 places")


def test_tangents_are_varied_within_one_problem_and_exact_estimators_are_levels(swept) -> None:
    names = ("backprop", *(f"forward-gradient[k={k}]" for k in (1, 2, 4, 8)))
    selection = tangents.select(swept(["sphere", "mlp"], names))
    assert [panel.facts["family"] for panel in selection.panels[::3]] == ["sphere", "mlp"]
    lines = drawn(tangents, selection.panels[0])
    [level] = [xs for label, xs, _ in lines if label == "o"]
    assert level == [1, 8]


def test_points_intervals_and_theory_are_drawn_where_they_were_measured(swept) -> None:
    selection = dimensions.select(swept([f"mlp[width={width}]" for width in WIDTHS], ["forward-gradient"]))
    cost = drawn(dimensions, selection.panels[0])
    assert ("o", [64, 128, 256], [33.0, 36.0, 39.0]) in cost
    assert (":", [64, 128, 256], [22.0, 24.0, 26.0]) in cost
    memory = drawn(dimensions, selection.panels[1])
    assert ("--", [64, 128, 256], [110, 120, 130]) in memory
    quality = drawn(dimensions, selection.panels[2])
    assert (":", [64, 128, 256], [1.05 / 11, 1.05 / 12, 1.05 / 13]) in quality


def test_estimators_that_differ_in_k_alone_are_lines_of_their_own_against_width(swept) -> None:
    panel = dimensions.select(swept([f"mlp[width={width}]" for width in WIDTHS])).panels[0]
    assert set(panel.looks) == {"backprop", "forward-gradient[k=1]", "forward-gradient[k=4]"}
    assert len(set(panel.looks.values())) == 3


def test_the_finding_tells_the_course_of_the_first_estimator_that_is_not_exact(swept) -> None:
    finding = dimensions.finding(dimensions.select(swept([f"mlp[width={width}]" for width in WIDTHS])))
    assert finding == (
        "On mlp, with width from 64 to 256, for forward-gradient[k=1]: its runtime multiple goes from 33.0 to 39.0, its peak of "
        "memory goes from 1.07 KiB to 1.27 KiB and its mean cosine goes from 0.0909 to 0.0769."
    )


def test_the_finding_says_where_a_metric_ends_early_and_what_is_no_more_than_about(make_run, record_of) -> None:
    problems = [PROBLEMS.canonical(f"mlp[width={width}]") for width in WIDTHS]
    lost = record_of(Cell("backprop", problems[2], "cost"), "timeout", "10 s")
    cost = [record_of(Cell("backprop", problem, "cost"), multiple=3.0 + at) for at, problem in enumerate(problems[:2])]
    cost[0] = cost[0].marked("imprecise")
    memory = [record_of(Cell("backprop", problem, "memory"), peak_bytes=64) for problem in problems]
    assert dimensions.finding(dimensions.select(frames.read([make_run([*cost, lost, *memory])]))) == (
        "On mlp, with width from 64 to 256, for backprop: its runtime multiple goes from about 3.00 to 4.00 at 128 and its "
        "peak of memory goes from 64 B to 64 B."
    )


def test_single_places_of_several_metrics_are_no_finding(make_run, record_of) -> None:
    values = {"cost": {"multiple": 3.0}, "memory": {"peak_bytes": 64}, "quality": {"cosine": 1.0}}
    cells = [
        Cell("backprop", PROBLEMS.canonical(f"mlp[width={width}]"), kind) for width, kind in zip(WIDTHS, values, strict=True)
    ]
    results = frames.read([make_run([record_of(cell, **values[cell.kind]) for cell in cells])])
    assert dimensions.finding(dimensions.select(results)) == "Nothing was measured."


def test_a_wrong_estimator_is_no_finding(make_run, record_of) -> None:
    cells = [Cell("backprop", PROBLEMS.canonical(f"mlp[width={width}]"), "cost") for width in WIDTHS]
    selection = dimensions.select(frames.read([make_run([record_of(cell, "wrong", "biased", multiple=3.0) for cell in cells])]))
    assert dimensions.finding(selection) == "Nothing was measured."
    assert len(selection.panels) == 1


def test_cells_without_a_number_are_counted_and_keep_their_line_in_the_table(make_run, record_of) -> None:
    cells = [Cell("backprop", PROBLEMS.canonical(f"mlp[width={width}]"), "cost") for width in (*WIDTHS, 512, 1024)]
    lost = [record_of(cells[3], "timeout", "10 s"), record_of(Cell("backprop", cells[0].problem, "memory"), peak_bytes=0)]
    selection = dimensions.select(
        frames.read([make_run([*(record_of(cell, multiple=3.0) for cell in cells[:3]), *lost], planned=cells)])
    )
    assert selection.left_out == ("1 cell missing", "1 cell timeout", "1 cell whose value is not positive")
    ((_, lines),) = dimensions.table(selection).groups
    assert [line[1] for line in lines] == ["64", "128", "256", "512", "1024"]
    assert lines[3][2] == "–"
    assert lines[3][-1] == "timeout"


def test_the_table_has_one_line_an_estimator_and_place_with_all_metrics(swept) -> None:
    table = dimensions.table(dimensions.select(swept([f"mlp[width={width}]" for width in WIDTHS])))
    ((family, lines),) = table.groups
    assert family == "mlp"
    assert "within this process" in table.caption
    assert len(lines) == len(WIDTHS) * len(ESTIMATED)
    assert all(len(line) == len(table.columns) for line in lines)
    assert lines[0] == (
        *("backprop", "64", "3.000 [2.900, 3.100]", "2.00", "100 B"),
        *("1.000 [0.9000, 1.100]", "1.050", "100", "ok"),
    )


@pytest.fixture
def suite_run(make_run, record_of):
    """A run of a whole suite in which everything is ok."""
    metrics = {"cost": {"multiple": 3.0}, "memory": {"peak_bytes": 64}, "quality": {"cosine": 0.5}}

    def run(name):
        pairs = SUITES[name].pairs()
        cells = [Cell(ESTIMATORS.canonical(e), PROBLEMS.canonical(p), kind) for e, p in pairs for kind in metrics]
        records = [record_of(cell, n=coordinates(PROBLEMS.resolve(cell.problem)), **metrics[cell.kind]) for cell in cells]
        return make_run(records, name=name, options=Request(name).options())

    return run


@pytest.mark.parametrize("figure", OF_SUITES, ids=lambda figure: figure.NAME)
def test_every_problem_of_the_suite_of_the_same_name_is_shown_with_all_metrics(figure, suite_run) -> None:
    selection = figure.select(frames.read([suite_run(figure.NAME)]))
    shown = {problem for panel in selection.panels for problem in panel.data["problem"]}
    assert shown == {PROBLEMS.canonical(problem) for problem in SUITES[figure.NAME].problems}
    families = [panel.facts["family"] for panel in selection.panels]
    assert families == [family for family in dict.fromkeys(families) for _ in range(3)]


def test_a_sweep_is_the_first_figure_of_its_page(suite_run) -> None:
    page = write_report([suite_run("depth")]).read_text(encoding="utf-8")
    assert 0 < page.index('<div class="answer" id="depth"') < page.index('<div class="answer" id="multiples"')
    assert 'id="dimensions"' not in page  # two widths are no course


def test_the_three_sweeps_together_show_nine_panels_and_fold_their_other_families(suite_run) -> None:
    page = write_report([suite_run(figure.NAME) for figure in OF_SUITES]).read_text(encoding="utf-8")
    panels = {}
    for figure in OF_SUITES:
        section = page.partition(f'<div class="answer" id="{figure.NAME}"')[2].partition('<div class="answer"')[0]
        seen, _, folded = section.partition("<details>")
        panels[figure.NAME] = re.findall(r'class="panel"><p>([^<]*)', seen)
        assert len(re.findall(r'class="panel"><p>', folded)) == {"dimensions": 6, "depth": 3, "tangents": 6}[figure.NAME]
    assert panels == {
        name: [f"{family}: {noun}" for noun in ("runtime multiple", "peak of memory", "mean cosine")]
        for name, family in (("dimensions", "sphere"), ("depth", "mlp[width=256]"), ("tangents", "mlp"))
    }


def test_the_family_seen_at_once_has_all_metrics_and_the_longest_axis(make_run, record_of) -> None:
    places = {"sphere[n={}]": (1, 8, 64), "rosenbrock[n={}]": (2, 8, 32), "quadratic[n={}]": (1, 8, 512)}
    cells = [
        Cell("backprop", PROBLEMS.canonical(name.format(n)), kind)
        for name, ns in places.items()
        for n in ns
        for kind in ("cost", "memory")
        if (name, kind) != ("quadratic[n={}]", "memory")
    ]
    values = {"cost": {"multiple": 3.0}, "memory": {"peak_bytes": 64}}
    selection = dimensions.select(frames.read([make_run([record_of(cell, **values[cell.kind]) for cell in cells])]))
    assert {panel.facts["family"] for panel in selection.pictures} == {"sphere"}
    assert selection.fold == "The same for rosenbrock and quadratic"
    assert [panel.title for panel in selection.folded][-1] == "quadratic: runtime multiple"
    assert dimensions.finding(selection).startswith("On sphere, with coordinates n from 1 to 64")
    assert "5 panels (2 seen at once, the others folded)" in dimensions.describe(selection)


def test_a_run_that_varies_nothing_has_no_section_of_a_sweep(full) -> None:
    page = write_report([full]).read_text(encoding="utf-8")
    shown = {figure for figure in FIGURES if f'<div class="answer" id="{figure.NAME}"' in page}
    assert not shown & set(SWEEPS)
    assert {figure.NAME for figure in shown} >= ALWAYS


def drawn(figure, panel):
    """The lines on the axes of a panel: (marker, or style where there is none; x; y)."""
    with style.themed():
        _, axes = style.axes_of(figure.height(panel), figure.LEFT, figure.TOP)
        figure.draw(axes, panel)
    return [
        (line.get_linestyle() if line.get_marker() in ("None", None, "") else line.get_marker(), *map(list, line.get_data()))
        for line in axes.lines
    ]


def test_a_family_of_two_runs_is_shown_at_once_and_others_are_folded(make_run, record_of) -> None:
    problems = [f"mlp[depth={depth},width={width}]" for depth in (2, 3) for width in WIDTHS]
    cells = [Cell("backprop", PROBLEMS.canonical(problem), "cost") for problem in problems]
    runs = [
        make_run([record_of(cell, multiple=3.0) for cell in cells], name=name, provenance={"machine": name})
        for name in ("old", "new")
    ]
    selection = dimensions.select(frames.read(runs))
    shown = [panel.facts["family"] for panel in selection.pictures]
    assert sorted(family.split(" · ")[1] for family in shown) == ["new", "old"]
    assert len({family.split(" · ")[0] for family in shown}) == 1
    assert len(selection.folded) == 2
