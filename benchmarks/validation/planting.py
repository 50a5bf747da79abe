"""Copies of the package `estimators` to be measured beside each other: equal ones, and ones with a slowdown planted in them."""

import shutil
from pathlib import Path

from benchmarks.provenance import ROOT

SLOWED = Path(__file__).with_name("slowed.py")
"""The module that is copied into a planted package."""

_PLANT = """

from estimators.slowed import slow_subclasses

slow_subclasses(Estimator, "estimate", {share!r})
"""


def copied(folder: Path, share: float | None = None, source: Path = ROOT) -> Path:
    """Copy the package `estimators` to a folder of its own, where it is not there yet.

    Args:
        folder: to hold the package; made where it is missing.
        share: by which `estimate` of every estimator takes longer than it would; None for a copy that is equal.
        source: holds the package that is copied.

    Returns:
        The folder, for `benchmarks.request.Request.estimators_from`.
    """
    package = folder / "estimators"
    if package.exists():
        return folder
    partial = folder / "partial"
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(source / "estimators", partial, ignore=shutil.ignore_patterns("__pycache__"))
    if share is not None:
        shutil.copy(SLOWED, partial / SLOWED.name)
        with (partial / "estimator.py").open("a", encoding="utf-8") as stream:
            stream.write(_PLANT.format(share=share))
    partial.rename(package)
    return folder
