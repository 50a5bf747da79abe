"""Verdicts kept from one run to the next, as long as nothing they depend on has changed.

One file a verdict, in `contract/` below the folder that `GRADGAUGE_CACHE` names, or else `gradgauge` in the user's cache
(`XDG_CACHE_HOME`, or `~/.cache`). Its name is a digest of the spec, the seed, device and dtype, torch's version, the sources of
the package `estimators` and of the contract, and for an estimator of the user's own of the Python files in its folder and of
whatever this process has imported from outside of installed packages. (What is imported only while an estimate runs is not looked
at.) Estimators of installed packages are never kept. A file that cannot be read counts as none; a cache that cannot be written to
is done without.
"""

import hashlib
import json
import os
import sys
import sysconfig
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

import torch

import estimators
from benchmarks.contract.clause import Verdict
from benchmarks.contract.result import ClauseResult
from estimators.registry import ESTIMATORS
from estimators.spec import parse

VARIABLE = "GRADGAUGE_CACHE"
"""Environment variable that names another folder for verdicts."""

_FORMAT = 1
_BENCHMARKS = Path(__file__).resolve().parents[1]
_RULER = ("contract", "harness")
"""The folders of `benchmarks` that a verdict depends on."""

_OURS = ("gradgauge", "reports", "benchmarks", "estimators")
_INSTALLED = {"site-packages", "dist-packages"}


@dataclass(frozen=True)
class Kept:
    """A verdict from an earlier run.

    Attributes:
        results: one a clause.
        measured: when, ISO 8601 in UTC.
    """

    results: tuple[ClauseResult, ...]
    measured: str


def key(spec: str, *, seed: int, device: str, dtype: str) -> str | None:
    """The name under which the verdict on an estimator is kept.

    Args:
        spec: canonical.
        seed: of the check.
        device: `cpu` or `cuda`.
        dtype: of the cell.

    Returns:
        64 hexadecimal digits; None for an estimator whose sources are not known here.
    """
    sources = _sources(spec)
    if sources is None:
        return None
    place = torch.cuda.get_device_name() if device == "cuda" else device
    stated = [_FORMAT, spec, seed, place, dtype, torch.__version__]
    digest = hashlib.sha256(json.dumps(stated).encode())
    for path in sources:
        digest.update(b"\0" + os.fsencode(path.name) + b"\0" + path.read_bytes())
    return digest.hexdigest()


def load(name: str) -> Kept | None:
    """The verdict kept under this name; None where there is none that can be read."""
    try:
        kept = json.loads((folder() / f"{name}.json").read_text(encoding="utf-8"))
        results = tuple(
            ClauseResult(str(one["clause"]), Verdict(one["verdict"]), str(one["expected"]), str(one["observed"]))
            for one in kept["clauses"]
        )
        return Kept(results, str(kept["measured"])) if results else None
    except (OSError, RuntimeError, ValueError, KeyError, TypeError):
        return None


def store(name: str, results: Sequence[ClauseResult]) -> None:
    """Keep a verdict: in a file of its own first, which then takes the place of any other, so that nobody reads half of one."""
    content = {
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "clauses": [{**vars(result), "verdict": result.verdict.value} for result in results],
    }
    with suppress(OSError, RuntimeError):
        folder().mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=folder(), suffix=".part", delete=False, encoding="utf-8") as file:
            json.dump(content, file)
        Path(file.name).replace(folder() / f"{name}.json")


def folder() -> Path:
    """Where verdicts are kept.

    Raises:
        RuntimeError: nothing names a folder, and this user has no home directory.
    """
    if named := os.environ.get(VARIABLE):
        return Path(named).expanduser() / "contract"
    cache = Path(os.environ.get("XDG_CACHE_HOME", ""))  # to be ignored where it is not absolute
    return (cache if cache.is_absolute() else Path.home() / ".cache") / "gradgauge" / "contract"


def _sources(spec: str) -> list[Path] | None:
    """Every file a verdict depends on, in a fixed order; None where they are not known."""
    ruler = [path for name in _RULER for path in _python_files((_BENCHMARKS / name).rglob("*.py"))]
    measured = _python_files(Path(str(estimators.__file__)).parent.rglob("*.py"))
    name = parse(spec).name
    if name in ESTIMATORS.entries:
        return [*ruler, *measured]
    path, _, _ = name.rpartition(":")
    if not path.endswith(".py"):
        return None
    own = Path(path).expanduser().resolve()
    return [*ruler, *measured, own, *_python_files(own.parent.glob("*.py")), *_imported_by_the_user()]


def _imported_by_the_user() -> list[Path]:
    """The files of all modules in this process that are neither Python's, nor installed, nor this project's."""
    known = [Path(sysconfig.get_path("stdlib")), *(_BENCHMARKS.parent / name for name in _OURS)]
    names = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    paths = _python_files({Path(name).resolve() for name in names if isinstance(name, str) and name.endswith(".py")})
    return [
        path
        for path in paths
        if not (_INSTALLED.intersection(path.parts) or any(path.is_relative_to(folder.resolve()) for folder in known))
    ]


def _python_files(paths: Iterable[Path]) -> list[Path]:
    return sorted(path for path in paths if path.is_file())
