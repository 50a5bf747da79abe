"""The cost figure: multiples with their intervals, and what became of the rest."""

from dataclasses import replace

from benchmarks.records import Cell
from reports import frames, style
from reports.figures import multiples

BACKPROP = Cell("backprop", "sphere[n=64]", "cost")
OTHER = Cell("checkpointed-backprop", "sphere[n=64]", "cost")


def test_one_cell_is_one_sentence(make_run, record_of) -> None:
    selection = multiples.select(frames.read([make_run([record_of(BACKPROP, multiple=(3.0, 2.9, 3.1))])]))
    assert multiples.finding(selection) == "backprop costs 3.00 base forward passes on sphere."


def test_a_wrong_estimator_is_shown_as_wrong_and_is_no_finding(make_run, record_of) -> None:
    records = [record_of(BACKPROP, multiple=3.0), record_of(OTHER, "wrong", "biased", multiple=1.0)]
    selection = multiples.select(frames.read([make_run(records)]))
    assert "1.00" not in multiples.finding(selection)
    assert multiples.table(selection).groups[0][1][1][-1] == "wrong"
    assert "wrong" in written(selection)


def test_a_cell_without_a_number_keeps_its_row_with_its_outcome(make_run, record_of) -> None:
    selection = multiples.select(
        frames.read([make_run([record_of(BACKPROP, multiple=3.0), record_of(OTHER, "timeout", "10 s")])])
    )
    assert "timeout" in written(selection)
    assert selection.left_out == ("1 cell timeout",)


def test_marks_stand_beside_the_number(make_run, record_of) -> None:
    records = [record_of(BACKPROP, marks=["imprecise", "unchecked"], multiple=3.0)]
    assert "imprecise, unchecked" in written(multiples.select(frames.read([make_run(records)])))


def test_the_table_labels_intervals_of_one_process(make_run, record_of) -> None:
    table = multiples.table(multiples.select(frames.read([make_run([record_of(BACKPROP, multiple=(3.0, 2.9, 3.1))])])))
    assert "within this process" in table.caption
    assert table.groups[0][1][0][1] == "3.000 [2.900, 3.100]"


def test_preparation_and_first_call_have_their_own_table_with_dashes_where_there_are_none(make_run, record_of) -> None:
    whole = record_of(BACKPROP, multiple=3.0, prepare_time=2e3, first_call_time=5e6)
    table = multiples.parts(multiples.select(frames.read([make_run([whole, record_of(OTHER, "wrong", "biased", multiple=1.0)])])))
    first, second = table.groups[0][1]
    assert first == ("backprop", "2.00 µs", "5.00 ms", "ok")
    assert second == ("checkpointed-backprop", "–", "–", "wrong")
    assert len(table.columns) == len(first)


def test_without_any_cost_there_is_no_second_table(make_run) -> None:
    assert multiples.parts(multiples.select(frames.read([make_run([])]))) is None


def written(selection) -> list[str]:
    with style.themed():
        _, axes = style.axes_of(200, 8, 4)
        multiples.draw(axes, selection.panels[0])
    return [text.get_text() for text in axes.texts]


def test_a_compiled_one_has_its_ratio_to_the_eager_one_and_is_no_rule(make_run, record_of) -> None:
    compiled = record_of(replace(BACKPROP, execution="compile"), multiple=2.0, ratio_to_eager=(0.5, 0.4, 0.6))
    eager = record_of(BACKPROP, multiple=4.0)
    selection = multiples.select(frames.read([make_run([eager, compiled])]))
    table = multiples.table(selection)
    place = table.columns.index("over itself, eager")
    assert [(row[0], row[place]) for row in table.groups[0][1]] == [
        ("backprop", "–"),
        ("backprop · compile", "0.5000 [0.4000, 0.6000]"),
    ]
    assert multiples.finding(selection).endswith("; backprop costs 4.00.")
    assert "over itself, eager" not in multiples.table(multiples.select(frames.read([make_run([eager], name="alone")]))).columns
