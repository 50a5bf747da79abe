"""Cells find their counterparts, and those without one say why."""

import pytest

from benchmarks.records import Cell, FolderError
from reports.compare.sides import in_turns, matched, read


def _match(make_run, base, new, **more):
    return matched(*read(make_run(base, name="base"), make_run(new, name="new", **more)))


def test_one_folder_is_no_comparison(make_run, timed, tmp_path):
    folder = make_run(timed([3.0]))
    (tmp_path / "link").symlink_to(folder)
    for other in (folder, str(folder), tmp_path / "link"):
        with pytest.raises(FolderError, match="BASE and NEW are the same folder"):
            read(folder, other)


def test_what_is_no_run_folder_is_named(make_run, timed, tmp_path):
    with pytest.raises(FolderError, match="nowhere is no run folder"):
        read(make_run(timed([3.0])), tmp_path / "nowhere")


def test_processes_of_a_cell_are_gathered(make_run, timed):
    [pair], unmatched = _match(make_run, timed([3.0, 3.1]), timed([3.2, 3.3, 3.4]))
    assert (list(pair.base), list(pair.new)) == ([0, 1], [0, 1, 2])
    assert not unmatched


@pytest.mark.parametrize("field", [{"threads": 2}, {"device": "GPU-1"}, {"dtype": "float64"}, {"seed": 1}])
def test_folders_that_differ_as_a_whole_are_matched_cell_by_cell(make_run, timed, field):
    pairs, unmatched = _match(make_run, timed([3.0]), timed([3.0], **field))
    assert len(pairs) == 1
    assert not unmatched


def test_where_a_folder_holds_several_values_cells_must_agree_on_them(make_run, single):
    base = [single("memory", peak_bytes=1, threads=1), single("memory", peak_bytes=2, threads=2)]
    pairs, unmatched = _match(make_run, base, [single("memory", peak_bytes=3, threads=2)])
    assert [pair.base[0].metrics[0].value for pair in pairs] == [2]
    assert [one.reason for one in unmatched] == ["only in BASE"]


def test_what_cannot_be_compared_says_why(make_run, timed, single):
    base = [*timed([3.0]), single("memory", peak_bytes=1), single("quality", outcome="failed", reason="ValueError: no\x07")]
    new = [
        *timed([3.0], "forward-gradient"),
        single("memory", outcome="timeout", reason="after 30 s"),
        single("quality", cosine=1),
    ]
    pairs, unmatched = _match(make_run, base, new)
    assert not pairs
    assert {(one.estimator, one.kind): one.reason for one in unmatched} == {
        ("backprop", "cost"): "only in BASE",
        ("forward-gradient", "cost"): "only in NEW",
        ("backprop", "memory"): "timeout in NEW: after 30 s",
        ("backprop", "quality"): "failed in BASE: ValueError: no\\x07",
    }


def test_a_planned_cell_without_a_record_is_missing(make_run, single):
    record = single("memory", peak_bytes=1)
    _, [one] = _match(make_run, [record], [], planned=[record.cell])
    assert one.reason == "missing in NEW"


def test_contracts_are_not_compared(make_run, record_of):
    record = record_of(Cell("backprop", "contract", "contract"), clauses_passed=7)
    assert _match(make_run, [record], [record]) == ([], [])


@pytest.mark.parametrize(
    ("base", "new", "expected"),
    [
        ((0, 10, 20), (5, 15, 25), True),  # A B, A B, A B
        ((0, 15, 20), (5, 10, 25), True),  # A B, B A, A B
        ((0, 1, 2), (10, 11, 12), False),  # one after the other
        ((0, 10, 20), (5, 25, 15), False),
        ((0, 5), (5, 10), False),  # who was first is not known
        ((0,), (5,), False),  # a single pair has no spread
    ],
)
def test_processes_are_pairs_only_where_they_were_measured_in_turns(timed, base, new, expected):
    sides = [{process: timed([1.0], first=start)[0] for process, start in enumerate(starts)} for starts in (base, new)]
    assert in_turns(*sides) is expected


def test_processes_without_a_counterpart_do_not_keep_the_others_from_being_pairs(timed):
    base = dict(enumerate(timed([1.0, 1.0, 1.0])))
    new = dict(enumerate(timed([1.0, 1.0], first=1)))
    assert in_turns(base, new)


def test_executions_are_compared_each_with_its_own(make_run, timed):
    both = [[*timed([3.0]), *timed([2.0], execution="compile")] for _ in range(2)]
    pairs, unmatched = _match(make_run, *both)
    assert [(pair.execution, *(one.metrics[0].value for one in pair.base.values())) for pair in pairs] == [
        ("eager", 3.0),
        ("compile", 2.0),
    ]
    assert not unmatched


def test_trainings_by_two_rules_are_two_cells(make_run, record_of) -> None:
    cells = [Cell("backprop", "mlp", "training", rule=rule, steps=5) for rule in ("sgd[lr=0.1]", "sgd[lr=0.2]")]
    sides = read(*(make_run([record_of(cell, final_loss=1.0) for cell in cells], name=name) for name in ("base", "new")))
    pairs, unmatched = matched(*sides)
    assert len(pairs) == 2
    assert not unmatched
