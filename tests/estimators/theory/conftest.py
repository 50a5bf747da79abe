"""Tangents straight from the definitions of their laws, with numpy alone: the oracle of the closed forms."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from estimators.theory import Law

Array = np.ndarray


@pytest.fixture(scope="session")
def draw() -> Callable[[Law, int, int, int], Array]:
    """(law, n, k, count) -> [count, k, n] tangents, the same for the same arguments."""

    def tangents(law: Law, n: int, k: int, count: int) -> Array:
        name = law.name.removeprefix("antithetic-")
        single = DEFINITIONS[name](law, np.random.default_rng(7), count, k if name == law.name else -(-k // 2), n)
        drawn = single if name == law.name else np.stack([single, -single], 2).reshape(count, -1, n)[:, :k]
        if law.length is None:
            return drawn
        lengths = np.linalg.norm(drawn, axis=2, keepdims=True)
        return drawn * {"sqrt-n": math.sqrt(n), "unit": 1}[law.length] / np.where(lengths > 0, lengths, 1)

    return tangents


def unit(v: Array) -> Array:
    return v / np.linalg.norm(v, axis=-1, keepdims=True)


def gaussian(law: Law, rng: np.random.Generator, count: int, k: int, n: int) -> Array:
    return rng.standard_normal((count, k, n))


def rademacher(law: Law, rng: np.random.Generator, count: int, k: int, n: int) -> Array:
    return rng.choice([-1.0, 1.0], (count, k, n))


def sphere(law: Law, rng: np.random.Generator, count: int, k: int, n: int) -> Array:
    return unit(rng.standard_normal((count, k, n))) * math.sqrt(n)


def sparse(law: Law, rng: np.random.Generator, count: int, k: int, n: int) -> Array:
    p = law["density"]
    return rademacher(law, rng, count, k, n) * (rng.random((count, k, n)) < p) / math.sqrt(p)


def orthogonal(law: Law, rng: np.random.Generator, count: int, k: int, n: int) -> Array:
    sets = [np.linalg.qr(rng.standard_normal((count, n, n)))[0] * math.sqrt(n) for _ in range(0, k, n)]
    return np.concatenate(sets, 1)[:, :k]


def angle(law: Law, rng: np.random.Generator, count: int, k: int, n: int) -> Array:
    x, turn = unit(rng.standard_normal((count, k, n))), math.radians(law["degrees"]) if n > 1 else 0.0
    first, others = x[:, :1], x[:, 1:]
    across = others - (others @ first.transpose(0, 2, 1)) * first
    turned = math.cos(turn) * first + (math.sin(turn) * unit(across) if turn else 0 * across)
    return np.concatenate([first, turned], 1)


def basis(law: Law, rng: np.random.Generator, count: int, k: int, n: int) -> Array:
    return np.broadcast_to(np.eye(k, n), (count, k, n))


def varying_length(law: Law, rng: np.random.Generator, count: int, k: int, n: int) -> Array:
    sets = [rng.permuted(np.broadcast_to(np.arange(n), (count, n)), axis=1) for _ in range(0, k, n)]
    return np.eye(n)[np.concatenate(sets, 1)[:, :k]] * rng.uniform(1, law["longest"], (count, k, 1))


def block(law: Law, rng: np.random.Generator, count: int, k: int, n: int) -> Array:
    sizes = [math.prod(shape) for shape in law.shapes]
    owner = np.repeat(np.arange(len(sizes)), sizes)
    chosen = rng.integers(len(sizes), size=(count, k, 1))
    return rng.standard_normal((count, k, n)) * (owner == chosen) * math.sqrt(len(sizes))


def low_rank(law: Law, rng: np.random.Generator, count: int, k: int, n: int) -> Array:
    rank, parts = int(law["rank"]), []
    for shape in law.shapes:
        if len(shape) < 2:
            parts.append(rng.standard_normal((count, k, math.prod(shape))))
            continue
        left = rng.standard_normal((count, k, shape[0], rank))
        right = rng.standard_normal((count, k, rank, math.prod(shape[1:])))
        parts.append((left @ right / math.sqrt(rank)).reshape(count, k, -1))
    return np.concatenate(parts, 2)


def subspace(law: Law, rng: np.random.Generator, count: int, k: int, n: int) -> Array:
    parts = []
    for shape in law.shapes:
        rows, columns = shape[0], math.prod(shape[1:])
        if len(shape) < 2:
            parts.append(rng.standard_normal((count, k, rows)))
            continue
        rank = min(int(law["rank"]), rows, columns)
        left, right = (np.linalg.qr(rng.standard_normal((count, k, size, rank)))[0] for size in (rows, columns))
        core = rng.standard_normal((count, k, rank, rank)) * math.sqrt(rows * columns) / rank
        parts.append((left @ core @ right.swapaxes(-1, -2)).reshape(count, k, -1))
    return np.concatenate(parts, 2)


DEFINITIONS = {
    "gaussian": gaussian,
    "rademacher": rademacher,
    "sphere": sphere,
    "sparse": sparse,
    "orthogonal": orthogonal,
    "angle": angle,
    "basis": basis,
    "varying-length": varying_length,
    "block": block,
    "low-rank": low_rank,
    "subspace": subspace,
}
