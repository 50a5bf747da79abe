"""Of use for reading multiples: the fused kernels that ran, in base and estimate, what was compiled, what was done otherwise.

A multiple is over the base as torch runs it. Where the estimate had to do without the base's fused kernels, part of the multiple
is the price of that.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.records import EAGER
from reports.figures.selection import Table
from reports.frames import Results, rows
from reports.text import NOTHING, count, listed, visible

ELEMENTARY = "elementary operations"

CUDA_GRAPH = "CUDA graph"
"""The backend that captures what others compile."""


def kernels_table(results: Results) -> Table:
    """One line for an estimator on a problem of which any record names kernels or has remarks; no groups where there is none."""
    groups: dict[str, dict[tuple[str, ...], None]] = {}
    for row in rows(results.cells[["panel", "label", "facts"]]):
        ran, remarks = row["facts"].get("kernels"), row["facts"].get("remarks")
        said = [*_compiled(row["facts"].get("prepared")), *(remarks or ())]
        if ran or said:
            both = (_named(ran["estimator"]), _named(ran["base"])) if ran else (NOTHING, NOTHING)
            line = (row["label"], *both, visible("; ".join(said)) or NOTHING)
            groups.setdefault(row["panel"], {})[line] = None
    columns = ("estimator", "kernels of the estimate", "kernels of the base", "remarks")
    shown = tuple((panel, tuple(lines)) for panel, lines in groups.items())
    caption = "Fused kernels that ran, what was compiled, and what was done otherwise than declared"
    return Table(caption, columns, shown, prose=True)


def _compiled(prepared: Mapping[str, Any] | None) -> list[str]:
    """Of a cell that is not eager: by what its graphs were made, and each with the number of its operations."""
    if not prepared or prepared["backend"] == EAGER:  # how derivatives were taken is in the records, and nothing to remark
        return []
    graphs = (f"{graph['name']} ({count(graph['operations'], 'operation')})" for graph in prepared["graphs"])
    made = f"captured as a {prepared['backend']}" if prepared["backend"] == CUDA_GRAPH else f"compiled by {prepared['backend']}"
    return [f"{made}: {listed(list(graphs))}"]


def _named(kernels: Sequence[str]) -> str:
    return visible(", ".join(kernels)) or ELEMENTARY
