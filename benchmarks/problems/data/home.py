"""Which real data there are, and the folder of this user in which the larger ones lie. Loads neither torch nor numpy."""

import os
import tempfile
from pathlib import Path

REAL = ("digits", "mnist", "cifar10")
"""Data that are read once and handed to those who measure as arrays; all others are drawn."""

LARGE = ("mnist", "cifar10")
"""Those that do not come with scikit-learn."""

VARIABLE = "GRADGAUGE_DATA"
"""Environment variable that names the folder."""


class DataError(ValueError):
    """Data are missing or damaged; the message says what to put where."""


def home(given: Path | None = None) -> Path:
    """The folder for data.

    Args:
        given: by the user, or None for the one named by `VARIABLE`, or else `gradgauge` in the user's cache; for a user without
            a home directory, as in some containers, in the folder for temporary files.

    Returns:
        An absolute path; only the one in the cache may be missing.

    Raises:
        DataError: the folder that was named is not there.
    """
    named = given or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
    if named is None:
        return _cache() / "gradgauge"
    folder = named.expanduser().resolve()
    if not folder.is_dir():
        raise DataError(f"there is no folder {folder} for data, which {'--data' if given else VARIABLE} names")
    return folder


def _cache() -> Path:
    if named := os.environ.get("XDG_CACHE_HOME"):
        return Path(named)
    try:
        return Path.home() / ".cache"
    except RuntimeError:
        return Path(tempfile.gettempdir())
