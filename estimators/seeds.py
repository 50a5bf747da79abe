"""Seeds that follow from a key, so that neighbouring keys lead to streams that have nothing in common."""

import hashlib


def seed_of(*key: object) -> int:
    """A seed for one generator: the same for the same key, whenever and wherever; below 2³², of which a generator uses no more.

    Args:
        *key: what it follows from, such as a seed and a name; numbers and text only, whose `repr` is the same everywhere.
    """
    return int.from_bytes(hashlib.sha256(repr(key).encode()).digest()[:4], "little")
