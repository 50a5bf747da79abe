"""What a report is about, and what became of the planned cells: one sentence each."""

import pandas as pd

from benchmarks.records import CONTRACT
from reports.frames import Results
from reports.tables import outcome_counts
from reports.text import count, listed


def headline(results: Results) -> str:
    """How many of the planned cells were measured, and what became of the others."""
    planned = len(results.cells)
    if planned == 0:
        return "Nothing was planned, and nothing measured."
    counts = outcome_counts(results)
    others = [f"{number} {outcome}" for outcome, number in counts.items() if outcome != "ok"]
    good = counts.get("ok", 0)
    if not others:
        return "The one planned cell is ok." if planned == 1 else f"All {planned} planned cells are ok."
    return f"{good} of {count(planned, 'planned cell')} {'is' if good == 1 else 'are'} ok; {listed(others, 9)}."


def title(results: Results) -> str:
    """What the report is about, as a heading."""
    cells = results.cells[results.cells["problem"] != CONTRACT]
    if cells.empty:
        contracts = f"The contract of {count(_distinct(results.cells), 'gradient estimator')}"
        return "An empty run" if results.cells.empty else contracts
    return f"{count(_distinct(cells), 'gradient estimator')} on {count(cells['problem'].nunique(), 'problem')}"


def _distinct(cells: pd.DataFrame) -> int:
    return int(cells["estimator"].nunique())
