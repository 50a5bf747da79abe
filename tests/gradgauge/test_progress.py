"""Progress is always visible: a line a cell where the output is no terminal, one live line where it is."""

import io
from dataclasses import replace

import pytest

from benchmarks.journal import Status
from benchmarks.records import Cell, Outcome, Record
from gradgauge.progress import line, shown, written

CELL = Cell("forward-gradient[k=4]", "sphere[n=8]", "cost")
RECORD = Record(CELL, Outcome.OK, seconds=1.25)
STATUS = Status(total=120, done=7, running=(CELL,), elapsed=3.0, left=90.0, last=RECORD)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.25, "0.2 s"), (42.3, "42 s"), (90, "1 min 30 s"), (59.7, "1 min 0 s"), (7500, "2 h 5 min")]
)
def test_durations_are_written_for_people(seconds: float, text: str) -> None:
    assert written(seconds) == text


def test_a_line_says_how_far_it_is_what_became_of_the_cell_and_what_is_left() -> None:
    assert line(STATUS) == "[  7/120] ok       cost of forward-gradient[k=4] on sphere[n=8], 1.2 s  (1 min 30 s left)"


def test_a_line_gives_marks_and_reasons() -> None:
    record = Record(CELL, Outcome.FAILED, "it broke", frozenset({"unchecked"}))
    text = line(replace(STATUS, last=record))
    assert text is not None
    assert "failed   cost" in text
    assert "(unchecked): it broke" in text


def test_of_several_versions_the_one_at_work_is_named() -> None:
    assert line(replace(STATUS, side="base")) == f"[  7/120] base: {str(line(STATUS)).partition('] ')[2]}"
    stream = Terminal()
    with shown(stream) as progress:
        progress(replace(STATUS, side="new", last=None))
    assert "new: cost of forward-gradient[k=4]" in stream.getvalue()


def test_what_is_waited_for_is_said_alone() -> None:
    assert line(Status(120, 0, (), 0.0, 0.0, note="asking OpenML")) == "asking OpenML"


def test_what_changes_nothing_is_no_line() -> None:
    stream = io.StringIO()
    with shown(stream) as progress:
        progress(replace(STATUS, last=None))
        assert stream.getvalue() == ""
        progress(STATUS)
        progress(STATUS)
    assert len(stream.getvalue().splitlines()) == 2


def test_a_terminal_shows_what_runs_and_keeps_what_went_wrong() -> None:
    stream = Terminal()
    with shown(stream) as progress:
        progress(replace(STATUS, last=Record(CELL, Outcome.FAILED, "[bold]it broke[/bold]")))
    text = stream.getvalue()
    assert "7/120" in text
    assert "[bold]it broke[/bold]" in text  # names and reasons are no markup


def test_a_line_says_which_execution_is_not_eager() -> None:
    text = line(replace(STATUS, last=replace(RECORD, cell=replace(CELL, execution="compile"))))
    assert text is not None
    assert "cost of forward-gradient[k=4] · compile on sphere[n=8]" in text
