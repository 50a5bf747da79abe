"""What the device of a run was seen to do at best, as the run's `run.json` holds it under `ceilings`.

A run without such an entry (one of earlier versions, or one that timed nothing) has none; programs that do not know the entry
pass over it. How it is measured is in `benchmarks.harness.ceilings`.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

ENTRY = "ceilings"
"""The key in `run.json`."""


@dataclass(frozen=True)
class Ceilings:
    """The fastest copies and matrix products of one run.

    Attributes:
        device: `cpu` or a GPU UUID.
        dtype: of the products.
        threads: of torch.
        copies: (bytes of the array copied, bytes read and written a second), by size.
        products: (rows of the square matrices multiplied, floating-point operations a second), by size.
    """

    device: str
    dtype: str
    threads: int
    copies: tuple[tuple[int, float], ...]
    products: tuple[tuple[int, float], ...]

    def __post_init__(self) -> None:
        """Check that there is something, and that it is positive.

        Raises:
            ValueError: a number that no measurement gives.
        """
        pairs = (*self.copies, *self.products)
        if not (self.copies and self.products and all(0 < value < math.inf for pair in pairs for value in pair)):
            raise ValueError(f"no ceilings: {self}")

    @property
    def copy(self) -> tuple[int, float]:
        """The fastest copy, whatever its size: array and rate."""
        return max(self.copies, key=lambda pair: pair[1])

    @property
    def largest_copy(self) -> tuple[int, float]:
        """The copy of the largest array: what no small cache holds."""
        return self.copies[-1]

    @property
    def product(self) -> tuple[int, float]:
        """The fastest product: rows and rate."""
        return max(self.products, key=lambda pair: pair[1])

    def roof(self, intensity: float) -> float:
        """Floating-point operations a second that nothing exceeds.

        Args:
            intensity: operations for each byte moved.
        """
        return min(self.product[1], intensity * self.copy[1])

    def to_json(self) -> dict[str, Any]:
        """A JSON object; `from_json` gives back an equal one."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Ceilings":
        """The ceilings of a JSON object.

        Raises:
            KeyError, TypeError, ValueError: it holds none.
        """
        copies, products = (_pairs(values[name]) for name in ("copies", "products"))
        return cls(str(values["device"]), str(values["dtype"]), int(values["threads"]), copies, products)


def ceilings_of(header: Mapping[str, Any]) -> Ceilings | None:
    """The ceilings in the content of a `run.json`; None where it holds none, or none that can be read."""
    try:
        return Ceilings.from_json(header[ENTRY])
    except (KeyError, TypeError, ValueError):
        return None


def highest(several: Iterable[Ceilings]) -> Ceilings | None:
    """Of readings of one device, the fastest at each size; None of none."""
    readings = list(several)
    if not readings:
        return None
    copies, products = (_fastest(pair for one in readings for pair in getattr(one, name)) for name in ("copies", "products"))
    first = readings[0]
    return Ceilings(first.device, first.dtype, first.threads, copies, products)


def _fastest(pairs: Iterable[tuple[int, float]]) -> tuple[tuple[int, float], ...]:
    fastest: dict[int, float] = {}
    for size, rate in pairs:
        fastest[size] = max(rate, fastest.get(size, rate))
    return tuple(sorted(fastest.items()))


def _pairs(values: Iterable[Any]) -> tuple[tuple[int, float], ...]:
    return tuple(sorted((int(size), float(rate)) for size, rate in values))
