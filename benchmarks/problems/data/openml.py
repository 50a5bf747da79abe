"""Collections from OpenML, by scikit-learn's loader: for who has a network and no original files.

What was downloaded stays below the folder for data, in `openml`: as scikit-learn keeps it, and as arrays, since reading
CIFAR-10 from OpenML's text format takes minutes and some gigabytes of memory.
"""

import http.client
import math
import socket
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from benchmarks.problems.data import store
from benchmarks.problems.data.home import DataError
from benchmarks.problems.data.originals import Collection
from benchmarks.problems.data.store import Arrays

FOLDER = "openml"
_ALL_NUMBERS = {"dtype": np.float32}
"""Pixels and labels alike: smaller than what pandas would choose, and scikit-learn 1.9.1 fails on labels that are categories of
numbers, which pandas 3.1 makes of them (scikit-learn issue 34892)."""

_SECONDS_OF_SILENCE = 30.0  # after which the other side is taken to be gone


def fetch(collection: Collection, home: Path, say: Callable[[str], None]) -> Arrays:
    """The training images, from an earlier download or from the network.

    Args:
        collection: which.
        home: the folder for data.
        say: is told before anything that takes long.

    Raises:
        DataError: they cannot be had; the message says what to download by hand and where to put it.
    """
    kept = home / FOLDER
    if not store.holds(kept, collection.name):
        say(f"{collection.name} is not in {home}: asking OpenML for number {collection.openml}; this may take minutes")
        store.write(kept, collection.name, _download(collection, home))
    return store.read(kept, collection.name)


def _download(collection: Collection, home: Path) -> Arrays:
    from sklearn.datasets import fetch_openml

    loader = {"as_frame": True, "parser": "pandas", "read_csv_kwargs": _ALL_NUMBERS, "n_retries": 1}
    try:
        with _impatient():
            table = fetch_openml(data_id=collection.openml, data_home=str(home), **loader)
        pixels, labels = table.data.to_numpy(), table.target.to_numpy().astype(np.int64)
    except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
        reason = str(error) or type(error).__name__
        raise DataError(
            f"{collection.name} is not in {home}, and OpenML does not give it ({reason}).\n{collection.how_to_get(home)}"
        ) from None
    features = math.prod(collection.shape)
    with np.errstate(invalid="ignore"):
        images = pixels.astype(np.uint8)
    if pixels.shape[1] != features or not np.array_equal(images, pixels):
        raise DataError(
            f"number {collection.openml} of OpenML holds {pixels.shape[1]} numbers an image, from {pixels.min():g} to "
            f"{pixels.max():g}; {collection.name} has {features} whole ones from 0 to 255.\n{collection.how_to_get(home)}"
        )
    part, whole = collection.share
    count = len(pixels) * part // whole
    return images[:count].reshape(-1, *collection.shape), labels[:count]


@contextmanager
def _impatient() -> Iterator[None]:
    """Give up on a network that swallows what is sent, where scikit-learn would wait for ever, and do not tell each attempt."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_SECONDS_OF_SILENCE)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        socket.setdefaulttimeout(before)
