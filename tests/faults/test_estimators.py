"""Whatever a user's estimator does, it costs rows with an outcome and a reason, and everything else is measured.

One run with real workers, limits and signals meets all of them; each test looks at one estimator's rows.
"""

from pathlib import Path

import pytest

from benchmarks.records import CONTRACT, Outcome, Record, RunFolder
from benchmarks.request import Request
from benchmarks.runner import RunResult, run

pytestmark = pytest.mark.faults

BAD = """
import ctypes, os, signal, sys, time
from dataclasses import dataclass
import torch
from estimators.estimator import Declaration, DenseEstimate, Estimator

class _Base(Estimator):
    def declaration(self, shapes, batch):
        return Declaration(stochastic=False)
    def estimate(self, objective, state, *, generator):
        return DenseEstimate(objective.loss().detach(), self.tensors(objective)), state
    def tensors(self, objective):
        return {name: torch.ones_like(parameter) for name, parameter in objective.parameters.items()}

class Fine(_Base):
    def tensors(self, objective):
        print("x" * 200_000)
        os.write(1, b"{\\"record\\": 0}\\n\\xff")
        assert sys.stdin.read() == ""
        return super().tensors(objective)

class Raises(_Base):
    def tensors(self, objective):
        raise ArithmeticError("two lines\\nof text")

class ExitsPolitely(_Base):
    def tensors(self, objective):
        sys.exit("enough")

class Nan(_Base):
    def tensors(self, objective):
        return {name: tensor * float("nan") for name, tensor in super().tensors(objective).items()}

class WrongKeys(_Base):
    def tensors(self, objective):
        return {"weight": torch.ones(1)}

class WrongShape(_Base):
    def tensors(self, objective):
        return {name: torch.ones(1, 2, 3) for name in objective.parameters}

class NoEstimator:
    pass

class Exits(_Base):
    def tensors(self, objective):
        print("last words")
        sys.stdout.flush()
        os._exit(7)

class Killed(_Base):
    def tensors(self, objective):
        os.kill(os.getpid(), signal.SIGKILL)

class Hangs(_Base):
    def tensors(self, objective):
        ctypes.PyDLL(None).sleep(600)  # in C, where no other thread of Python runs

class EatsMemory(_Base):
    def tensors(self, objective):
        eaten = []
        while True:
            eaten.append(torch.ones(10_000_000))
            time.sleep(0.02)

class ClosesEverything(_Base):
    def tensors(self, objective):
        os.closerange(3, 100)
        time.sleep(60)

class Forges(_Base):
    def tensors(self, objective):
        mark = __file__ + ".forged"
        before = os.path.exists(mark)
        open(mark, "w").close()
        for descriptor in range(3, 20):
            try:
                os.write(descriptor, b"{\\"record\\": {\\"estimator\\": \\"backprop\\"}}\\n" if before else b"5\\n")
            except OSError:
                pass
        time.sleep(60)
"""
TIMEOUT, LIMIT = 15.0, 2_000_000_000
NAMES = (
    *("Fine", "Raises", "ExitsPolitely", "Nan", "WrongKeys", "WrongShape", "NoEstimator", "Absent"),
    *("Exits", "Killed", "Hangs", "EatsMemory", "ClosesEverything", "Forges"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("faults")
    (folder / "bad.py").write_text(BAD)
    (folder / "broken.py").write_text("import a_module_that_is_not_there\n")
    (folder / "grammar.py").write_text("def (:\n")
    return folder


@pytest.fixture(scope="module")
def result(folder: Path) -> RunResult:
    estimators = (*(f"{folder}/bad.py:{name}" for name in NAMES), f"{folder}/broken.py:Any", f"{folder}/grammar.py:Any")
    request = Request(
        suite="custom",
        estimators=estimators,
        problems=("sphere[n=8]",),
        measures=("contract", "memory", "cost"),
        budget=0.1,
        timeout=TIMEOUT,
        memory_limit=LIMIT,
        out=folder / "run",
    )
    return run(request)


@pytest.fixture(scope="module")
def records(result: RunResult) -> dict[tuple[str, str], Record]:
    records, damage = RunFolder.open(result.folder).records()
    assert damage == []
    return {(record.cell.estimator.rpartition(":")[2], record.cell.kind): record for record in records}


def test_every_planned_cell_has_exactly_one_row(result: RunResult) -> None:
    folder = RunFolder.open(result.folder)
    cells = [record.cell for record in folder.records()[0]]
    assert sorted(cell.key for cell in cells) == sorted(cell.key for cell in folder.planned())


def test_the_exit_code_says_that_cells_failed(result: RunResult) -> None:
    assert result.exit_code == 3
    assert "missing" not in result.counts


def test_everything_else_is_measured(records: dict[tuple[str, str], Record]) -> None:
    for name in ("backprop", "Fine"):
        for kind in ("memory", "cost"):
            assert records[name, kind].metrics, (name, kind)
    assert records["backprop", "cost"].outcome is Outcome.OK


def test_noise_on_standard_output_is_never_taken_for_an_answer(records: dict[tuple[str, str], Record]) -> None:
    assert records["Fine", "memory"].outcome in (Outcome.OK, Outcome.WRONG)
    assert records["Fine", "memory"].metrics


@pytest.mark.parametrize("kind", ["memory", "cost"])
@pytest.mark.parametrize(
    ("name", "outcome", "words"),
    [
        ("Raises", Outcome.FAILED, "ArithmeticError: two lines of text"),
        ("ExitsPolitely", Outcome.FAILED, "SystemExit: enough"),
        ("Nan", Outcome.FAILED, "not finite"),
        ("WrongKeys", Outcome.WRONG, "the names (weight) instead of (x)"),
        ("WrongShape", Outcome.WRONG, "shape (1, 2, 3), float32, cpu instead of shape (8,), float32, cpu"),
        ("NoEstimator", Outcome.FAILED, "expected an estimators.Estimator, got NoEstimator"),
        ("Absent", Outcome.FAILED, "has no 'Absent'"),
        ("Exits", Outcome.FAILED, "ended with exit status 7"),
        ("Killed", Outcome.FAILED, "killed by signal SIGKILL"),
        ("Hangs", Outcome.TIMEOUT, f"ended after {TIMEOUT:g} s"),
        ("EatsMemory", Outcome.OUT_OF_MEMORY, "all workers may hold 2.00 GB"),
        ("ClosesEverything", Outcome.FAILED, "closed the pipe for its answers"),
        ("Forges", Outcome.FAILED, "sent something that is no answer"),
    ],
)
def test_a_fault_is_a_row_with_its_reason(
    records: dict[tuple[str, str], Record], name: str, outcome: Outcome, words: str, kind: str
) -> None:
    record = records[name, kind]
    assert record.outcome is outcome
    assert words in record.reason
    assert record.metrics == ()


@pytest.mark.parametrize("name", ["Raises", "Nan", "WrongKeys", "WrongShape"])
def test_the_contract_names_what_is_broken(records: dict[tuple[str, str], Record], name: str) -> None:
    assert records[name, CONTRACT].outcome is Outcome.WRONG
    assert records[name, CONTRACT].reason


def test_where_a_file_does_not_import_the_reason_is_what_python_says(result: RunResult) -> None:
    records, _ = RunFolder.open(result.folder).records()
    for file, words in (
        ("broken.py", "ModuleNotFoundError: No module named 'a_module_that_is_not_there'"),
        ("grammar.py", "SyntaxError"),
    ):
        found = [record for record in records if file in record.cell.estimator]
        assert [record.outcome for record in found] == [Outcome.FAILED] * 3
        assert all(words in record.reason for record in found)


def test_what_a_lost_worker_printed_last_is_kept(records: dict[tuple[str, str], Record]) -> None:
    assert "last words" in records["Exits", "memory"].facts["output"]


def test_a_failure_keeps_the_place_it_came_from(records: dict[tuple[str, str], Record]) -> None:
    assert any("bad.py" in place for place in records["Raises", "memory"].facts["traceback"])
