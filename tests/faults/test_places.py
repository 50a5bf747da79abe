"""Runs begin in whatever place: a folder with packages of our names, a checkout that cannot be written, no home directory."""

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.contract import cache
from benchmarks.doctor import store
from benchmarks.problems.data import home
from benchmarks.provenance import ROOT
from benchmarks.records import Outcome, RunFolder

pytestmark = pytest.mark.faults

RUN = ("run", "custom", "-p", "beale", "--measure", "memory", "--out", "run")
NOWHERE = "/proc/nobody"  # below which nobody can make a folder, not even root
_DROP_CAPABILITY, _OVERRIDE_PERMISSIONS, _READ_EVERYTHING = 24, 1, 2  # of prctl(2) and capabilities(7)


def _gradgauge(
    folder: Path, *arguments: str, checkout: Path = ROOT, prepare: Callable[[], None] | None = None, **variables: str | None
) -> subprocess.CompletedProcess[str]:
    wanted = os.environ | {"PYTHONPATH": str(checkout)} | variables
    environment = {name: value for name, value in wanted.items() if value is not None}
    command = [sys.executable, "-m", "gradgauge", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False, preexec_fn=prepare)
    assert "Traceback" not in done.stderr
    return done


def _obey_permissions() -> None:
    """Let the process that is started next heed permissions, which root does not."""
    if os.geteuid() == 0:
        for capability in (_OVERRIDE_PERMISSIONS, _READ_EVERYTHING):
            assert ctypes.CDLL(None).prctl(_DROP_CAPABILITY, capability, 0, 0, 0) == 0


def _outcomes(folder: Path) -> list[Outcome]:
    records, damage = RunFolder.open(folder / "run").records()
    assert damage == []
    return [record.outcome for record in records]


@pytest.fixture
def crowded(tmp_path: Path) -> Path:
    """A user's folder with packages and modules of the names that gradgauge and its workers import."""
    for name in ("benchmarks", "estimators", "reports"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f"raise RuntimeError('the wrong {name}')\n")
    for name in ("torch", "numpy", "worker"):
        (tmp_path / f"{name}.py").write_text(f"raise RuntimeError('the wrong {name}')\n")
    (tmp_path / "own.py").write_text(
        "import torch\nfrom estimators.exact import Backprop\nassert torch.Tensor\ndef Mine():\n    return Backprop()\n"
    )
    return tmp_path


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Path]:
    """A copy of the four packages in which nothing can be written, and none of which has been compiled."""
    checkout = tmp_path / "checkout"
    for name in ("gradgauge", "reports", "benchmarks", "estimators"):
        shutil.copytree(ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
    folders = [checkout, *(path for path in checkout.rglob("*") if path.is_dir())]
    for path in folders:
        path.chmod(0o555)
    yield checkout
    for path in folders:
        path.chmod(0o755)


def test_a_users_own_packages_and_modules_of_our_names_are_not_in_the_way(crowded: Path) -> None:
    done = _gradgauge(crowded, *RUN, "-e", "own.py:Mine")
    assert done.returncode == 0, done.stderr
    assert _outcomes(crowded) == [Outcome.OK] * 2


def test_nor_are_they_for_what_is_checked_in_the_process_of_the_command(crowded: Path) -> None:
    (crowded / "own.py").write_text("import torch\nraise ValueError(f'torch has {len(dir(torch)) > 100 and \"everything\"}')\n")
    done = _gradgauge(crowded, "check", "own.py:Mine")
    assert done.returncode == 3
    assert "own.py:Mine could not be built: ValueError: torch has everything" in done.stderr


def test_a_checkout_that_cannot_be_written_is_measured_from_another_folder(locked: Path, tmp_path: Path) -> None:
    writing = [sys.executable, "-c", f"open({str(locked / 'file')!r}, 'w')"]
    assert subprocess.run(writing, preexec_fn=_obey_permissions, stderr=subprocess.DEVNULL, check=False).returncode != 0
    (tmp_path / "elsewhere").mkdir()
    done = _gradgauge(tmp_path / "elsewhere", *RUN, checkout=locked, prepare=_obey_permissions)
    assert done.returncode == 0, done.stderr
    assert _outcomes(tmp_path / "elsewhere") == [Outcome.OK]
    assert not list(locked.rglob("__pycache__"))


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "shut").mkdir(mode=0o555)
    done = _gradgauge(tmp_path / "shut", *RUN, prepare=_obey_permissions)
    assert done.returncode == 2
    assert done.stderr.endswith("Error: run cannot be written: Permission denied\n")


def test_without_a_home_directory_contracts_are_checked_and_their_verdicts_not_kept(tmp_path: Path) -> None:
    asked = ("run", "custom", "-p", "beale", "--measure", "contract,memory", "--out", "run")
    done = _gradgauge(tmp_path, *asked, HOME=NOWHERE, GRADGAUGE_CACHE=None, XDG_CACHE_HOME=None, XDG_STATE_HOME=None)
    assert done.returncode == 0, done.stderr
    assert _outcomes(tmp_path) == [Outcome.OK] * 2


def test_a_user_whom_the_system_does_not_know_has_no_folder_and_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", cache.VARIABLE, home.VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 2**31 - 9)
    with pytest.raises(RuntimeError):
        Path.home()
    cache.store("verdict", ())
    assert cache.load("verdict") is None
    assert store.home() is None
    assert home.home().name == "gradgauge"
