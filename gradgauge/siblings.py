"""Makes `estimators`, `benchmarks` and `reports` mean gradgauge's own packages, whatever the current folder holds.

These are common names: people who use asv nearly always have a `benchmarks/` folder. A finder for these three names alone is
put first on the path of finders when `gradgauge` is imported. What a foreign package has already taken cannot be given back to
two owners, so that is an error which names the file in the way.
"""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

SIBLINGS = ("benchmarks", "estimators", "reports")
"""The top-level packages that belong to gradgauge besides itself."""

HOME = Path(__file__).resolve().parent.parent
"""The folder that holds gradgauge and its siblings: a checkout, or site-packages."""


class SiblingFinder(MetaPathFinder):
    """Finds the three siblings next to gradgauge, and nothing else."""

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The spec of a sibling; None for every other name, submodules included (their package knows where they are)."""
        return PathFinder.find_spec(name, [str(HOME)]) if name in SIBLINGS else None


def install() -> None:
    """Put the finder first, once.

    Raises:
        ImportError: a foreign package of one of the names is imported already.
    """
    for name in SIBLINGS:
        _refuse_foreign(name)
    if not any(isinstance(finder, SiblingFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, SiblingFinder())


def _refuse_foreign(name: str) -> None:
    module = sys.modules.get(name)
    if module is None:
        return
    found = _place(module)
    if found is None or found.parent != HOME / name:
        raise ImportError(
            f"gradgauge needs its own package {name!r} ({HOME / name}), but another one was imported before: "
            f"{found or module} is in the way. Import gradgauge before it, or rename it.",
            name=name,
        )


def _place(module: ModuleType) -> Path | None:
    """The file of a module; for a folder without `__init__.py`, where that file would be."""
    if file := getattr(module, "__file__", None):
        return Path(file).resolve()
    folders = list(getattr(module, "__path__", []))
    return Path(folders[0]).resolve() / "__init__.py" if folders else None
