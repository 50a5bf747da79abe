"""Several versions measured in turns: in the right order, each in a folder of its own, and nothing is lost on the way."""

import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from benchmarks.journal import Status
from benchmarks.plan import plan
from benchmarks.provenance import ROOT
from benchmarks.records import Outcome, RunFolder, latest
from benchmarks.request import Request, UsageError
from benchmarks.runner import reopen
from benchmarks.session import RunResult
from benchmarks.turns import measure_in_turns
from reports.compare import Rule, compare
from tests.planted import ONE_MORE_CALL

ASKED = Request("custom", ("spsa",), ("beale",), ("memory", "cost"), processes=2, precision=1e-9, budget=0.2)
"""A precision that nothing reaches, so that each timed cell lasts for its budget, which is several turns of a side."""
SIDES = ("base", "new")


@pytest.fixture(scope="module")
def dearer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a version of `estimators` in which directional ones evaluate the loss once more."""
    folder = tmp_path_factory.mktemp("dearer")
    shutil.copytree(ROOT / "estimators", folder / "estimators", ignore=shutil.ignore_patterns("__pycache__"))
    with (folder / "estimators" / "directional" / "estimator.py").open("a") as file:
        file.write(ONE_MORE_CALL)
    return folder


@pytest.fixture(scope="module")
def measured(dearer: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[RunResult], list[RunResult], list[Status]]:
    """What became of two sides when Ctrl-C came after the first timed process of both, then when they were resumed."""
    folder, told = tmp_path_factory.mktemp("turns"), []

    def strike(status: Status) -> None:
        told.append(status)
        if status.last is not None and status.last.cell.kind == "cost" and status.done >= 4 + 4:
            raise KeyboardInterrupt

    first = measure_in_turns(
        [replace(ASKED, out=folder / side, estimators_from=of) for side, of in zip(SIDES, (None, dearer), strict=True)], strike
    )
    second = measure_in_turns([reopen(result.folder, {}) for result in first])
    return first, second, told


def test_an_interruption_loses_nothing_and_both_sides_go_on_in_turns(measured) -> None:
    first, second, _ = measured
    assert [result.exit_code for result in first] == [130, 130]
    assert [result.counts["ok"] for result in first] == [4, 4]
    assert [result.exit_code for result in second] == [0, 0]
    assert [result.counts for result in second] == [{"ok": len(plan(ASKED).cells)}] * 2


def test_processes_of_equal_number_take_turns_cell_by_cell_and_the_order_is_reversed_at_every_cell(measured) -> None:
    _, second, _ = measured
    records = [
        (record, side)
        for side, result in zip(SIDES, second, strict=True)
        for record in RunFolder.open(result.folder).records()[0]
    ]
    timed = sorted(
        (record.started, side, record.cell) for record, side in records if record.cell.kind == "cost" and record.metrics
    )
    assert [(side, cell.process) for _, side, cell in timed] == [
        ("base", 0), ("new", 0), ("new", 0), ("base", 0), ("new", 1), ("base", 1), ("base", 1), ("new", 1)
    ]  # fmt: skip
    first, _, second, *_ = estimators = [cell.estimator for _, _, cell in timed]
    assert first != second
    assert estimators == [first, first, second, second, second, second, first, first]
    assert max(record.started for record, _ in records if record.cell.kind == "memory") < timed[0][0]
    of_process = {(side, record.cell.process): record.facts["worker"] for record, side in records if record.cell.kind == "cost"}
    assert len(set(of_process.values())) == 4


def test_both_sides_of_a_pair_are_at_the_same_cell_at_the_same_time(measured) -> None:
    spans = {}
    for side, result in zip(SIDES, measured[1], strict=True):
        for record in RunFolder.open(result.folder).records()[0]:
            if record.cell.kind == "cost":
                begin = datetime.fromisoformat(record.started)
                spans[record.cell, side] = (begin, begin + timedelta(seconds=record.seconds))
    for cell, side in spans:
        (begin, end), (other_begin, other_end) = spans[cell, side], spans[cell, SIDES[1 - SIDES.index(side)]]
        assert begin < other_end
        assert other_begin < end
    cells = sorted((min(spans[cell, side][0] for side in SIDES), cell) for cell in {cell for cell, _ in spans})
    ends = [max(spans[cell, side][1] for side in SIDES) for _, cell in cells]
    cut = timedelta(milliseconds=1)  # `started` is recorded in whole ones
    assert all(end <= begin + cut for end, (begin, _) in zip(ends, cells[1:], strict=False))


def test_the_versions_differ_by_what_was_planted_and_by_nothing_else(measured) -> None:
    comparison = compare(*(result.folder for result in measured[1]), Rule())
    exact = {(row.pair.estimator.partition("[")[0], row.compared.metric): (row.base, row.new) for row in comparison.rows}
    assert exact["spsa", "forward_calls"] == (2, 3)
    assert exact["backprop", "forward_calls"][0] == exact["backprop", "forward_calls"][1]
    assert [one.name for one in comparison.differences] == ["estimators"]
    assert all(row.in_pairs for row in comparison.rows if row.compared.metric == "multiple")


def test_progress_adds_up_the_sides_and_names_the_one_at_work(measured) -> None:
    _, _, told = measured
    assert {status.total for status in told} == {2 * len(plan(ASKED).cells)}
    assert {status.side for status in told if status.last is not None} == set(SIDES)
    assert [status.done for status in told] == sorted(status.done for status in told)


@pytest.mark.parametrize("place", [0, 1], ids=SIDES)
def test_an_older_interface_is_skipped_with_the_reason_and_leaves_nothing_to_compare(tmp_path: Path, place: int) -> None:
    (tmp_path / "estimators").mkdir()
    (tmp_path / "estimators" / "__init__.py").write_text("API_VERSION = 0\n")
    sources = [None, None]
    sources[place] = tmp_path
    results = measure_in_turns(
        [replace(ASKED, out=tmp_path / side, estimators_from=of) for side, of in zip(SIDES, sources, strict=True)]
    )
    assert [result.exit_code for result in results] == [4, 4]
    reasons = [{record.reason for record in latest(RunFolder.open(result.folder).records()[0])} for result in results]
    assert reasons[place] == {"API_VERSION 0, this ruler needs 1"}
    assert reasons[1 - place] == {"there is nothing to compare it with: API_VERSION 0, this ruler needs 1"}
    comparison = compare(*(result.folder for result in results), Rule())
    assert comparison.exit_code == 4
    assert len(comparison.unmatched) == 4


def test_where_workers_stop_starting_the_other_side_stops_and_both_can_be_finished(tmp_path: Path) -> None:
    """As where the disk is full for a while: the version of NEW cannot be imported after its first timed process."""
    shutil.copytree(ROOT / "estimators", tmp_path / "estimators", ignore=shutil.ignore_patterns("__pycache__"))
    source = tmp_path / "estimators" / "__init__.py"
    sound = source.read_text()

    def strike(status: Status) -> None:
        if status.side == "new" and status.last is not None and status.last.cell.kind == "cost":
            source.write_text(f"{sound}\nraise OSError('no room')\n")

    asked = replace(ASKED, processes=3)
    sides = [replace(asked, out=tmp_path / side, estimators_from=of) for side, of in zip(SIDES, (None, tmp_path), strict=True)]
    struck = measure_in_turns(sides, strike)
    assert [result.exit_code for result in struck] == [3, 3]
    assert [result.counts for result in struck] == [{"ok": 4, "interrupted": 4}, {"ok": 4, "failed": 4}]
    reasons = [latest(RunFolder.open(result.folder).records()[0])[-1].reason for result in struck]
    assert reasons[0].startswith("there is nothing to compare it with: a worker did not start")
    assert reasons[1].startswith("a worker did not start")
    source.write_text(sound)
    finished = measure_in_turns([reopen(result.folder, {}) for result in struck])
    assert [result.counts for result in finished] == [{"ok": 8}] * 2


def test_a_version_is_asked_for_what_it_knows_and_an_estimator_that_it_lacks_is_skipped(tmp_path: Path) -> None:
    """The version calls spsa otherwise, and is from before tangents had a length."""
    shutil.copytree(ROOT / "estimators", tmp_path / "estimators", ignore=shutil.ignore_patterns("__pycache__"))
    registry = tmp_path / "estimators" / "registry.py"
    text = registry.read_text()
    assert all(text.count(known) == 1 for known in ('    "spsa": Entry(', '        "length": _LENGTH,\n'))
    registry.write_text(text.replace('    "spsa": Entry(', '    "spza": Entry(').replace('        "length": _LENGTH,\n', ""))
    asked = replace(ASKED, measures=("memory",), estimators=("spsa", "rdsa"))
    results = measure_in_turns(
        [replace(asked, out=tmp_path / side, estimators_from=of) for side, of in zip(SIDES, (None, tmp_path), strict=True)]
    )
    assert [result.exit_code for result in results] == [0, 0]
    records = {record.cell.estimator.partition("[")[0]: record for record in RunFolder.open(results[1].folder).records()[0]}
    assert records["spsa"].outcome is Outcome.SKIPPED
    assert records["spsa"].reason == "this version of `estimators` cannot: there is no 'spsa': did you mean 'spza'?"
    assert records["rdsa"].facts["spelled"] == records["rdsa"].cell.estimator.replace("length=none,", "")
    comparison = compare(*(result.folder for result in results), Rule())
    assert [one.reason for one in comparison.unmatched] == [f"skipped in NEW: {records['spsa'].reason}"]
    assert {row.pair.estimator.partition("[")[0] for row in comparison.rows} == {"backprop", "rdsa"}


def test_a_cell_that_was_finished_on_one_side_alone_is_measured_again_on_both(tmp_path: Path) -> None:
    def strike(status: Status) -> None:
        if status.last is not None and status.last.cell.kind == "cost":
            raise KeyboardInterrupt

    asked = replace(ASKED, processes=1)
    struck = measure_in_turns([replace(asked, out=tmp_path / side) for side in SIDES], strike)
    cells = [[record.cell for record in RunFolder.open(one.folder).records()[0] if record.metrics] for one in struck]
    assert len(cells[0]) + len(cells[1]) == 2 * 2 + 1
    finished = measure_in_turns([reopen(one.folder, {}) for one in struck])
    assert [one.counts for one in finished] == [{"ok": 4}] * 2
    started = [
        sorted((r.started, r.cell.estimator) for r in latest(RunFolder.open(one.folder).records()[0]) if r.cell.kind == "cost")
        for one in finished
    ]
    assert [estimator for _, estimator in started[0]] == [estimator for _, estimator in started[1]]
    assert max(started[0][0][0], started[1][0][0]) < min(started[0][1][0], started[1][1][0])


def test_sides_that_are_asked_for_different_things_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="must be asked for the same"):
        measure_in_turns([ASKED, replace(ASKED, seed=1)])


def test_a_folder_without_estimators_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no package `estimators`"):
        measure_in_turns([replace(ASKED, out=tmp_path / "base"), replace(ASKED, out=tmp_path / "new", estimators_from=tmp_path)])
    assert list(tmp_path.iterdir()) == []
