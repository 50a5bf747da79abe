"""From wherever real images lie to arrays that those who measure read by numpy alone.

scikit-learn is slow to import and not wanted in a process that measures, and original files are compressed text or bytes: a
process of its own calls `prepare` once, and all others open what it wrote.
"""

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.problems.data import openml, store
from benchmarks.problems.data.home import DataError, home
from benchmarks.problems.data.originals import CLASSES, COLLECTIONS
from benchmarks.problems.data.store import Arrays


def prepare(names: Iterable[str], folder: Path, place: Path, say: Callable[[str], None] = lambda text: None) -> None:
    """Write data as arrays; those already in the folder stay as they are. Imports scikit-learn where it must.

    Args:
        names: of `home.REAL`.
        folder: where arrays go.
        place: the folder for data; see `home.home`.
        say: is told before anything that takes long.

    Raises:
        DataError: they are missing and cannot be downloaded, or damaged.
    """
    for name in names:
        if not store.holds(folder, name):
            store.write(folder, name, load(name, place, say))


def arrays(name: str, folder: Path | None) -> Arrays:
    """The images and labels that a batch is taken from.

    Args:
        name: of `home.REAL`.
        folder: where `prepare` wrote; None to load them in this process, once.

    Raises:
        DataError, FileNotFoundError, ValueError: see `load` and `store.read`.
    """
    return _loaded(name, home()) if folder is None else store.read(folder, name)


def load(name: str, place: Path, say: Callable[[str], None] = lambda text: None) -> Arrays:
    """Find and read data: the digits from scikit-learn, others from original files, or else from OpenML.

    Raises:
        DataError: they are missing and cannot be downloaded, or damaged; the message says what to put where.
    """
    if name == "digits":
        return _digits()
    collection = COLLECTIONS[name]
    paths = collection.find(place)
    images, labels = openml.fetch(collection, place, say) if paths is None else collection.read(paths)
    where = place if paths is None else paths[0].parent
    if images.shape != (len(labels), *collection.shape):
        shown = " x ".join(map(str, images.shape))
        raise DataError(f"{name} in {where} has images of {shown} and {len(labels)} labels; expected {collection.shape} each")
    if len(labels) == 0 or labels.min() < 0 or labels.max() >= CLASSES:
        raise DataError(f"{name} in {where} has labels other than 0 to {CLASSES - 1}, or none")
    return images, labels


_loaded = cache(load)


def _digits() -> Arrays:
    from sklearn.datasets import load_digits  # slow, and absent from processes that measure

    digits = load_digits()
    return digits.images[:, None].astype(np.uint8), digits.target.astype(np.int64)
