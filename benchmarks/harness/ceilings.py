"""Ceilings: how fast this device copies, and how fast it multiplies matrices, at best.

    copy     2 * bytes of the array / time of target.copy_(source), in bytes a second: what is read and what is written
    product  2 * rows^3 / time of a product of square matrices, in floating-point operations a second

at several sizes, each at the fastest of several runs: a ceiling is what was reached once, not what is usual. The copies of small
arrays stay within a cache, those of the largest do not. Both go through torch, with the threads, the type and the device that
estimates are measured with, so no operator of an estimate should be faster than the fastest of them. Matrices are random: the
power that a product takes on a GPU depends on its entries, and products of ones run at clocks that no estimate's do. A worker
reads ceilings once a run, after it has timed its cells; the driver keeps them (`benchmarks.records.ceilings`).
"""

from collections.abc import Callable, Iterable

import torch

from benchmarks.harness.clock import Clock, clock_of, collector_off
from benchmarks.harness.rounds import Side, calibrate
from benchmarks.problems.problem import DTYPES

PASSES = 3  # over all sizes: whatever disturbs one of them for a moment leaves the others
LONG_NS = 10_000_000  # once a single run takes this long, larger sizes are no faster
COPIES = {"cpu": tuple(2**power for power in range(16, 27, 2)), "cuda": tuple(2**power for power in range(20, 31, 2))}  # bytes
PRODUCTS = tuple(2**power for power in range(7, 15))  # rows


class Copy:
    """One array copied into another, both in memory already."""

    def __init__(self, size: int, device: torch.device) -> None:
        """Make two arrays of `size` bytes."""
        self._source = torch.ones(size // 4, dtype=torch.float32, device=device)
        self._target = self._source.clone()

    def run(self, count: int) -> None:
        """Copy `count` times."""
        for _ in range(count):
            self._target.copy_(self._source)

    def restore(self) -> None:
        """Nothing: the copies are equal."""


class Product:
    """The product of two square matrices."""

    def __init__(self, rows: int, device: torch.device, dtype: torch.dtype) -> None:
        """Make two matrices of normal numbers and room for their product."""
        generator = torch.Generator(device).manual_seed(0)
        self._left, self._right = (
            torch.empty(rows, rows, dtype=dtype, device=device).normal_(generator=generator) for _ in range(2)
        )
        self._product = torch.empty_like(self._left)

    def run(self, count: int) -> None:
        """Multiply `count` times."""
        for _ in range(count):
            torch.mm(self._left, self._right, out=self._product)

    def restore(self) -> None:
        """Nothing: the product is the same every time."""


def read_ceilings(device: str, dtype: str) -> dict[str, list[tuple[int, float]]]:
    """Measure both ceilings in this process.

    Args:
        device: `cpu` or `cuda`.
        dtype: a key of `benchmarks.problems.problem.DTYPES`, for the products.

    Returns:
        `copies` and `products`, as in `benchmarks.records.ceilings.Ceilings`: JSON values.
    """
    place, kind = torch.device(device), DTYPES[dtype]
    clock = clock_of(place)
    with torch.no_grad(), collector_off():
        copies = rates(lambda size: Copy(size, place), COPIES[place.type], lambda size: 2 * size, clock)
        products = rates(lambda rows: Product(rows, place, kind), PRODUCTS, lambda rows: 2 * rows**3, clock)
    return {"copies": copies, "products": products}


def rates(make: Callable[[int], Side], sizes: Iterable[int], work: Callable[[int], int], clock: Clock) -> list[tuple[int, float]]:
    """Work a second at each size, the fastest of all passes.

    Args:
        make: size -> what is timed.
        sizes: from small to large; those beyond the first whose work takes `LONG_NS`, or has no room, are left out.
        work: size -> bytes or operations of one run.
        clock: of the device.
    """
    fastest: dict[int, float] = {}
    tried = tuple(sizes)
    for _ in range(PASSES):
        for size in tried:
            try:
                took = calibrate(make(size), clock)
            except torch.OutOfMemoryError:
                break
            fastest[size] = min(took, fastest.get(size, took))
            if took > LONG_NS:
                break
    return [(size, 1e9 * work(size) / took) for size, took in sorted(fastest.items())]
