"""A run of 2,000 cells with 200,000 metric rows: its page stays small, and nothing of it is lost on the way."""

from pathlib import Path

import pytest

from benchmarks.records import load
from reports import frames
from reports.html import page
from tests.widened import figures_of, measured, widened

CELLS, ROWS = 2_000, 200_000
MOST_BYTES, MOST_FIGURE_BYTES = 3_000_000, 1_500_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return widened(CELLS, ROWS).write(tmp_path_factory.mktemp("large") / "run")


def test_every_metric_row_is_loaded_and_samples_only_when_asked_for(large: Path) -> None:
    frame = load(large)
    assert len(frame) >= ROWS
    assert "samples" not in frame
    assert frame["layer"].notna().sum() > ROWS / 2


def test_every_planned_cell_is_a_row_and_some_of_each_outcome_are_there(large: Path) -> None:
    cells = frames.read([large]).cells
    assert len(cells) == CELLS
    assert {"ok", "failed", "timeout", "out-of-memory", "skipped", "missing"} == set(cells["outcome"])
    assert {mark for marks in cells["marks"] for mark in marks} >= {"imprecise", "contended"}


@pytest.mark.slow
def test_the_page_of_two_thousand_cells_is_small_and_the_same_again(large: Path) -> None:
    text = page(frames.read([large]))
    assert len(text.encode()) <= MOST_BYTES
    assert sum(len(picture.encode()) for picture in figures_of(text)) <= MOST_FIGURE_BYTES
    assert page(frames.read([large])) == text


def test_the_same_seed_widens_alike_and_another_otherwise() -> None:
    assert widened(300, seed=1) == widened(300, seed=1)
    assert widened(300, seed=1) != widened(300, seed=2)
    assert widened(len(measured().lines)).lines == measured().lines
