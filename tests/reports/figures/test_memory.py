"""The memory figure: exact peaks, zero shown as zero and never missing."""

from benchmarks.records import Cell
from reports import frames
from reports.figures import memory

BACKPROP = Cell("backprop", "mlp", "memory")
OTHER = Cell("checkpointed-backprop", "mlp", "memory")


def test_what_takes_least_is_compared_with_backprop(make_run, record_of) -> None:
    records = [record_of(BACKPROP, peak_bytes=4096), record_of(OTHER, peak_bytes=1024)]
    finding = memory.finding(memory.select(frames.read([make_run(records)])))
    assert finding == "On mlp, checkpointed-backprop takes least: a peak of 1.00 KiB; backprop peaks at 4.00 KiB."


def test_a_peak_of_zero_bytes_is_a_value(make_run, record_of) -> None:
    selection = memory.select(frames.read([make_run([record_of(BACKPROP, peak_bytes=0, kept_bytes=0)])]))
    (line,) = memory.table(selection).groups[0][1]
    assert line[1] == "0 B"
    assert line[3] == "–"


def test_the_cross_check_is_shown_as_a_difference_with_its_sign(make_run, record_of) -> None:
    records = [record_of(BACKPROP, peak_bytes=4096, tracked_peak_bytes=2048), record_of(OTHER, peak_bytes=1024)]
    table = memory.table(memory.select(frames.read([make_run(records)])))
    place = table.columns.index("cross-check minus peak")
    assert [line[place] for line in table.groups[0][1]] == ["−2,048 B", "–"]


def test_a_wrong_estimator_is_no_finding(make_run, record_of) -> None:
    records = [record_of(BACKPROP, peak_bytes=4096), record_of(OTHER, "wrong", "biased", peak_bytes=1)]
    assert "checkpointed" not in memory.finding(memory.select(frames.read([make_run(records)])))


def test_the_growth_of_the_process_has_a_table_of_its_own(make_run, record_of) -> None:
    records = [record_of(BACKPROP, peak_bytes=4096, process_peak_bytes=0), record_of(OTHER, "failed", "no")]
    table = memory.parts(memory.select(frames.read([make_run(records)])))
    assert table.columns[1:-1] == ("exact peak", "growth of the process")
    assert table.groups[0][1] == (("backprop", "4.00 KiB", "0 B", "ok"), ("checkpointed-backprop", "–", "–", "failed"))
    without = frames.read([make_run([record_of(BACKPROP, peak_bytes=4096)], name="without")])
    assert memory.parts(memory.select(without)) is None
