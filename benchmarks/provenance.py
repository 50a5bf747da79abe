"""Where results come from: commits, versions and machine, as far as they can be said without importing torch."""

import hashlib
import os
import subprocess
from collections.abc import Collection, Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.harness.machine import describe

ROOT = Path(__file__).resolve().parent.parent
"""The checkout (or site-packages) that this ruler lies in."""

COMMIT = "COMMIT"
"""The file beside a package taken out of a repository that says from which commit it comes."""

_GIT_PLACES = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
)
"""Environment variables that say which repository is meant, before `-C` does."""

_DISTRIBUTIONS = (
    "gradgauge",
    "torch",
    "numpy",
    "scipy",
    "pandas",
    "seaborn",
    "matplotlib",
    "psutil",
    "nvidia-ml-py",
    "scikit-learn",
)


def provenance(estimators_from: Path | None = None, files: Iterable[str] = ()) -> dict[str, Any]:
    """Everything that is known before a worker starts: JSON values.

    Args:
        estimators_from: folder of the measured package `estimators`, where it is not the ruler's sibling.
        files: the user's own that are measured, as they were named; what they import is not looked at.
    """
    return {
        "files": {file: hashlib.sha256(Path(file).expanduser().read_bytes()).hexdigest()[:16] for file in sorted(set(files))},
        "ruler": source(ROOT, "benchmarks"),
        "estimators": source(estimators_from.resolve() if estimators_from else ROOT, "estimators"),
        **describe(),
        "versions": {name: found for name in _DISTRIBUTIONS if (found := _version(name))},
    }


def source(root: Path, package: str) -> dict[str, Any]:
    """Which version of a package lies in a folder.

    Returns:
        `commit` (None where it is not known: outside of a git checkout, and of what `benchmarks.commits` has extracted), `dirty`
        (whether the package's files differ from it; None without a commit) and `digest` of the package's Python files: 16
        hexadecimal digits.
    """
    commit = _git(root, "rev-parse", "HEAD") if _git(root, "rev-parse", "--show-toplevel") == str(root) else None
    if commit is None and (root / COMMIT).is_file():
        stated = (root / COMMIT).read_text(encoding="ascii", errors="replace").strip()
        return {"commit": stated, "dirty": False, "digest": _digest(root / package)}
    changed = _git(root, "status", "--porcelain", "--untracked-files=all", "--", package) if commit else None
    return {"commit": commit, "dirty": bool(changed) if commit else None, "digest": _digest(root / package)}


def differing(stored: dict[str, Any], now: dict[str, Any], settled: Collection[str]) -> str | None:
    """Name what keeps two sources from being measured into one run (commit or content), or None.

    Args:
        stored: the provenance of what was measured before.
        now: that of what would be measured.
        settled: the user's files of which numbers are kept; the others may have changed.
    """
    for package in ("ruler", "estimators"):
        before, after = stored.get(package, {}), now[package]
        for key in ("commit", "digest"):
            if before.get(key) != after[key]:
                return f"the {key} of the {package} was {before.get(key)} and is now {after[key]}"
    before = stored.get("files", {})
    changed = [file for file in sorted(settled) if before.get(file) != now["files"].get(file)]
    return f"{changed[0]} has changed" if changed else None


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def without_git_places() -> dict[str, str]:
    """The environment for a call of git that names its repository: without what a hook of git, say, names another one by."""
    return {name: value for name, value in os.environ.items() if name not in _GIT_PLACES}


def _git(root: Path, *arguments: str) -> str | None:
    command = ["git", "--no-optional-locks", "-C", str(root), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, env=without_git_places())
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
