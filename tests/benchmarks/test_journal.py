"""The driver's book: each record is written at once, and every cell that follows a loss says what was lost first."""

from pathlib import Path

from benchmarks.executors.events import Finished
from benchmarks.journal import Journal
from benchmarks.plan import plan
from benchmarks.records import Outcome, Record, RunFolder
from benchmarks.request import Request

ASKED = Request("custom", ("spsa",), ("beale",), ("quality", "memory", "cost"))


def test_what_is_not_tried_after_a_loss_names_that_loss(tmp_path: Path) -> None:
    whole = plan(ASKED)
    cells = [planned.cell for planned in whole.cells if planned.cell.estimator.startswith("spsa")]
    folder = RunFolder.create(tmp_path / "run", {})
    with folder.writing() as writer:
        journal = Journal(writer, whole, [], workers=1, cores=1.0, progress=lambda status: None)
        journal.take(Finished(whole.cells[0], Record(cells[0], Outcome.TIMEOUT, "ended after 40 s")))
        for cell in cells[1:]:
            record = journal.hopeless(cell)
            assert record is not None
            journal.take(Finished(whole.cells[0], record))
    first, *others = folder.records()[0]
    assert {record.reason for record in others} == {f"not tried: {first.cell.kind} of the same cell was lost (ended after 40 s)"}
    assert {record.outcome for record in others} == {Outcome.TIMEOUT}
