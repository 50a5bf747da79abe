"""Of use for reading multiples: the fused kernels that ran, in base and estimate, and what was done otherwise than declared.

A multiple is over the base as torch runs it. Where the estimate had to do without the base's fused kernels, part of the multiple
is the price of that.
"""

from collections.abc import Sequence

from reports.figures.selection import Table
from reports.frames import Results, rows
from reports.text import NOTHING, visible

ELEMENTARY = "elementary operations"


def kernels_table(results: Results) -> Table:
    """One line for an estimator on a problem of which any record names kernels or has remarks; no groups where there is none."""
    groups: dict[str, dict[tuple[str, ...], None]] = {}
    for row in rows(results.cells[["panel", "label", "facts"]]):
        ran, remarks = row["facts"].get("kernels"), row["facts"].get("remarks")
        if ran or remarks:
            both = (_named(ran["estimator"]), _named(ran["base"])) if ran else (NOTHING, NOTHING)
            line = (row["label"], *both, visible("; ".join(remarks or ())) or NOTHING)
            groups.setdefault(row["panel"], {})[line] = None
    columns = ("estimator", "kernels of the estimate", "kernels of the base", "remarks")
    shown = tuple((panel, tuple(lines)) for panel, lines in groups.items())
    return Table("Fused kernels that ran, and what was done otherwise than declared", columns, shown, prose=True)


def _named(kernels: Sequence[str]) -> str:
    return visible(", ".join(kernels)) or ELEMENTARY
