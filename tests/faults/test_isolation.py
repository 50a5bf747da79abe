"""Whatever an estimator changes in its process or leaves running, it has one row a cell, and the next meets a clean process.

One run on one worker at a time: after each offender a witness is measured, which fails if anything is not as at the start.
"""

import os

import psutil
import pytest

from benchmarks.harness.machine import physical_cores
from benchmarks.records import Outcome, Record, RunFolder
from benchmarks.request import Request
from benchmarks.runner import RunResult, run

pytestmark = pytest.mark.faults

OWN = """
import os, subprocess, sys, time
from dataclasses import dataclass
from pathlib import Path
import numpy, torch
from estimators.estimator import Declaration, DenseEstimate, Estimator

class _Base(Estimator):
    def declaration(self, shapes, batch):
        return Declaration(stochastic=False)
    def estimate(self, objective, state, *, generator):
        ones = {name: torch.ones_like(parameter) for name, parameter in objective.parameters.items()}
        estimate = DenseEstimate(objective.loss().detach(), ones)
        self.offend()
        return estimate, state

class Directory(_Base):
    def offend(self):
        os.chdir("/")

class Environment(_Base):
    def offend(self):
        os.environ["OFFENDED"] = "yes"

class Dtype(_Base):
    def offend(self):
        torch.set_default_dtype(torch.float64)

class Threads(_Base):
    def offend(self):
        torch.set_num_threads(3)

class Kernels(_Base):
    def offend(self):
        torch.backends.mkldnn.enabled = False

class RandomStates(_Base):
    def offend(self):
        torch.manual_seed(3)
        numpy.random.seed(3)

class Streams(_Base):
    def offend(self):
        sys.stdout.close()
        os.closerange(0, 3)

class Children(_Base):
    def offend(self):
        started = subprocess.Popen(["sleep", "600"])
        leaving = f"import os; os.setsid(); os.fork() and os._exit(0); open('left-{started.pid}', 'w').write(str(os.getpid())); "
        subprocess.run([sys.executable, "-c", leaving + "os.execvp('sleep', ['sleep', '600'])"], check=True)
        Path(f"started-{started.pid}").write_text(str(started.pid))

class Forks(_Base):
    forked = False
    def offend(self):
        if not Forks.forked:
            Forks.forked = True
            if os.fork():  # from here on there are two that measure, and the copy is ahead
                time.sleep(2)

class Gigabyte(_Base):
    printed = False
    def offend(self):
        if not Gigabyte.printed:
            for _ in range(1000):
                os.write(1, b"x" * 1_000_000)
        Gigabyte.printed = True

@dataclass(frozen=True)
class Witness(_Base):
    after: str
    def offend(self):
        assert os.getcwd() == str(Path(__file__).parent)
        assert "OFFENDED" not in os.environ
        assert torch.get_default_dtype() is torch.float32
        assert str(torch.get_num_threads()) == os.environ["OMP_NUM_THREADS"]
        assert torch.backends.mkldnn.enabled
        assert torch.initial_seed() != 3 and numpy.random.get_state()[1][0] != 3
        assert not sys.stdout.closed and os.fstat(0) and os.fstat(1) and os.fstat(2)
        assert not Path("/proc/self/task", str(os.getpid()), "children").read_text().split()
"""
OFFENDERS = {
    "Directory": "working directory",
    "Environment": "environment",
    "Dtype": "default dtype",
    "Threads": "threads of torch",
    "Kernels": "kernels and precision",
    "RandomStates": "random states",
    "Streams": "standard streams",
    "Children": "child processes",
    "Forks": "child processes",
    "Gigabyte": None,
}


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    folder = tmp_path_factory.mktemp("isolation")
    own = folder / "own.py"
    own.write_text(OWN)
    specs = [spec for name in OFFENDERS for spec in (f"{own}:{name}", f"{own}:Witness[after={name}]")]
    asked = Request(
        suite="custom",
        estimators=tuple(specs),
        problems=("sphere[n=8]",),
        measures=("memory",),
        threads=physical_cores(),  # so that there is one worker
        out=folder / "run",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return run(asked)


@pytest.fixture(scope="module")
def records(result: RunResult) -> dict[str, Record]:
    found, damage = RunFolder.open(result.folder).records()
    assert damage == []
    assert len(found) == 1 + 2 * len(OFFENDERS)
    return {record.cell.estimator.rpartition(":")[2]: record for record in found}


@pytest.mark.parametrize("name", OFFENDERS)
def test_the_next_cell_is_unaffected(records: dict[str, Record], name: str) -> None:
    assert records[f"Witness[after={name}]"].outcome is Outcome.OK, records[f"Witness[after={name}]"].reason


@pytest.mark.parametrize(("name", "left"), OFFENDERS.items())
def test_an_offender_has_one_row_that_names_what_it_left_behind(records: dict[str, Record], name: str, left: str | None) -> None:
    found = records[name].facts.get("left_behind", [])
    assert left in found if left else found == []


def test_only_a_worker_that_was_changed_is_replaced(records: dict[str, Record]) -> None:
    workers = [record.facts["worker"] for record in records.values()]
    assert len(set(workers)) == len(OFFENDERS)  # the first, and one after each of all but the last, which only prints
    assert records["backprop"].facts["worker"] == records["Directory"].facts["worker"]


def test_nothing_that_was_started_outlives_the_run(result: RunResult) -> None:
    written = [*result.folder.parent.glob("started-*"), *result.folder.parent.glob("left-*")]
    assert len(written) >= 2
    for file in written:
        number = int(file.read_text())
        assert not psutil.pid_exists(number) or psutil.Process(number).status() == psutil.STATUS_ZOMBIE, file


def test_the_driver_itself_is_as_before(result: RunResult) -> None:
    assert "OFFENDED" not in os.environ
    assert result.counts == {"ok": 1 + 2 * len(OFFENDERS)}
