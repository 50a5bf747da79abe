"""The report of all shards shows the cells of the whole run; that of some says which are not there, and misses none of theirs."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.plan import plan
from benchmarks.records import CONTRACT
from benchmarks.request import Request
from reports import findings, frames

WHOLE = Request("custom", ("spsa", "forward-gradient[k=4]"), ("sphere", "beale", "mlp[width=16]"), processes=2)
SHOWN = ["panel", "label", "kind", "outcome"]
NUMBER = 3


@pytest.fixture
def run_of(make_run, record_of) -> Callable[..., Path]:
    """Writes a run folder of a request in which every cell, or all but the last ones, have a record."""

    def make(request: Request, without: int = 0) -> Path:
        cells = [planned.cell for planned in plan(request).cells]
        records = [record_of(cell) if cell.kind == CONTRACT else record_of(cell, multiple=2.0) for cell in cells]
        name = (request.shard or "whole").replace("/", "of")
        return make_run(records[: len(records) - without], planned=cells, name=name, options=request.options())

    return make


def _shards() -> list[Request]:
    return [replace(WHOLE, shard=f"{number}/{NUMBER}") for number in range(1, NUMBER + 1)]


def _notices(*folders: Path) -> str:
    return " ".join(notice.text for notice in findings.notices(frames.read(folders)))


def test_all_shards_together_show_what_the_whole_shows(run_of) -> None:
    folders = [run_of(shard) for shard in _shards()]
    whole, merged = frames.read([run_of(WHOLE)]), frames.read(folders)
    assert whole.cells[SHOWN].equals(merged.cells[SHOWN])
    measured = whole.cells["kind"] != CONTRACT
    counted = ["planned", "processes"]
    assert whole.cells.loc[measured, counted].equals(merged.cells.loc[measured, counted])
    assert findings.headline(whole) == findings.headline(merged)
    assert "part of a run" not in _notices(*folders)


def test_one_shard_misses_no_cell_of_the_others_and_says_that_they_are_not_there(run_of) -> None:
    folder = run_of(_shards()[1])
    assert "missing" not in set(frames.read([folder]).cells["outcome"])
    assert "This is a part of a run: shards 1 and 3 of 3 are not among the folders named" in _notices(folder)


def test_a_cell_that_a_shard_lacks_is_missing_in_the_report_of_all(run_of) -> None:
    folders = [run_of(shard, without=1 if shard.shard == "2/3" else 0) for shard in _shards()]
    cells = frames.read(folders).cells
    assert (cells["outcome"] == "missing").sum() == 1
    assert "part of a run" not in _notices(*folders)


def test_shards_of_runs_that_were_asked_otherwise_do_not_complete_each_other(run_of) -> None:
    first = run_of(replace(WHOLE, shard="1/2"))
    second = run_of(replace(WHOLE, shard="2/2", seed=1))
    said = _notices(first, second)
    assert "shard 2 of 2 is not among the folders named" in said
    assert "shard 1 of 2 is not among the folders named" in said


def test_repeated_contracts_do_not_make_a_run_of_single_processes_one_of_several(run_of) -> None:
    shards = [replace(shard, processes=1) for shard in _shards()]
    assert frames.read([run_of(shard) for shard in shards]).single
