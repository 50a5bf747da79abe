"""One number of one commit, and what it is a number of: what readers of results yield and pages show."""

from dataclasses import dataclass

from reports.history.quantities import Quantity
from reports.names import Name

FAILED, SKIPPED = "failed", "skipped"

DIRTY = "dirty"
"""The mark of a number of code that differed from its commit."""

Place = tuple[tuple[str, str], ...]
"""Where and with what was measured, as pairs of a word and its value, the machine first. Different places are never joined."""


@dataclass(frozen=True)
class Track:
    """What is followed across commits.

    Attributes:
        quantity: what is measured.
        benchmark: by which benchmark of asv, or on which problem (canonical spec).
        variant: the benchmark's other parameters, such as `width=64`; empty for none.
        name: of the estimator, or of what else tells the series of a panel apart.
        place: where.
        version: of the way of measuring; numbers of different versions are not joined.
        from_asv: whether asv measured it, and not `gradgauge run`.
    """

    quantity: Quantity
    benchmark: str
    variant: str
    name: Name
    place: Place
    version: str
    from_asv: bool


@dataclass(frozen=True)
class Found:
    """One number of one commit.

    Attributes:
        track: what it is a number of.
        commit: the hash of what was measured.
        date: seconds since 1970: of the commit as asv noted it, or of the run; None where neither is known.
        value: the number; None where there is none.
        low: lower end of its interval, where it has one.
        high: upper end.
        outcome: of `benchmarks.records.Outcome`.
        marks: what else is said of it, `DIRTY` among them.
        source: the run, or asv's environment.
    """

    track: Track
    commit: str
    date: float | None
    value: float | None
    low: float | None = None
    high: float | None = None
    outcome: str = "ok"
    marks: frozenset[str] = frozenset()
    source: str = ""
