"""Where noise floors are kept for comparisons: a file for each place in the user's own state folder, good for a week.

A file that cannot be read, is damaged, or is from the future counts as none: the next `gradgauge doctor` writes it anew.
"""

import json
import os
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.doctor.noise import NoiseFloor, Place

GOOD_FOR = timedelta(days=7)
"""How long a noise floor is used."""

_AHEAD = timedelta(hours=1)  # by which the clock may have been wrong when it was written


def home(environment: Mapping[str, str] = os.environ) -> Path | None:
    """The folder: `gradgauge` in XDG_STATE_HOME, or in `.local/state` of the home directory; None without either."""
    named = environment.get("XDG_STATE_HOME")
    if named and Path(named).is_absolute():  # by the XDG specification others are ignored
        return Path(named) / "gradgauge"
    try:
        return Path.home() / ".local" / "state" / "gradgauge"
    except RuntimeError:
        return None


def keep(floor: NoiseFloor, folder: Path) -> Path:
    """Write a noise floor in place of an older one; it appears all at once.

    Raises:
        OSError: the folder cannot be made or written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = _path(floor.place, folder)
    descriptor, partial = tempfile.mkstemp(dir=folder, prefix=".", suffix=".partial")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(floor.to_json(), stream, indent=1, allow_nan=False)
        Path(partial).replace(target)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise
    return target


def kept(place: Place, folder: Path | None, now: datetime | None = None) -> NoiseFloor | None:
    """The noise floor of a place, or None where none is kept that may be used.

    Args:
        place: where a comparison's numbers come from.
        folder: see `home`.
        now: the time; that of this machine by default.
    """
    if folder is None:
        return None
    try:
        floor = NoiseFloor.from_json(json.loads(_path(place, folder).read_text(encoding="utf-8")))
        age = (now or datetime.now(UTC)) - datetime.fromisoformat(floor.taken)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return floor if floor.place == place and -_AHEAD <= age < GOOD_FOR else None


def better(new: NoiseFloor, old: NoiseFloor | None) -> bool:
    """Whether a noise floor should take the place of the one that is kept: a quick one does not drive out a thorough one."""
    return old is None or new.degrees >= old.degrees


def _path(place: Place, folder: Path) -> Path:
    return folder / f"noise-floor-{place.key}.json"
