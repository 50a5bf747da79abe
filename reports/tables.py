"""Tables that no figure owns: what became of the planned cells, the contract, and the summary for a terminal."""

import io
from collections.abc import Iterable
from typing import Any

import pandas as pd
from rich.table import Table as RichTable

from benchmarks.records import CONTRACT
from reports.figures.selection import Table
from reports.frames import Results, column, rows
from reports.pooling import OUTCOMES
from reports.terminal import plain, trimmed
from reports.text import NOTHING, count, number, short, whole

_REASONS_SHOWN = 12  # in a terminal; the page has them all


def outcome_counts(results: Results) -> dict[str, int]:
    """Outcome -> number of planned cells it befell, in the order of reports; only outcomes that occurred."""
    counts = results.cells["outcome"].value_counts()
    return {outcome: int(counts[outcome]) for outcome in OUTCOMES if outcome in counts}


def counts_table(results: Results) -> Table:
    """Outcomes by kind of measurement."""
    present = tuple(outcome_counts(results))
    lines = []
    for kind, group in results.cells.groupby("kind", sort=True):
        found = group["outcome"].value_counts()
        lines.append((str(kind), *(str(int(found.get(outcome, 0))) for outcome in present), str(len(group))))
    return Table("Planned cells by kind of measurement and outcome", ("kind", *present, "all"), (("", tuple(lines)),))


def reasons_table(results: Results) -> Table:
    """Every cell that is not `ok`, with its reason, grouped by outcome; one line for cells that share all of it."""
    cells = results.cells[results.cells["outcome"] != "ok"]
    groups = []
    for outcome in OUTCOMES:
        lines: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for row in rows(cells[cells["outcome"] == outcome]):
            lines.setdefault((row["label"], row["reason"]), []).append(row)
        if lines:
            shown = tuple((label, _where(members), reason or NOTHING) for (label, reason), members in lines.items())
            groups.append((outcome, shown))
    return Table("Cells that are not ok, and why", ("estimator", "where", "reason"), tuple(groups), prose=True)


def contract_table(results: Results) -> Table:
    """What each estimator promised and whether it kept its word."""
    lines = []
    for row in rows(results.of(CONTRACT)):
        clauses = (whole(row.get(f"clauses_{verdict}")) for verdict in ("passed", "failed", "omitted", "not_applicable"))
        kept = row["facts"].get("kept") if isinstance(row["facts"], dict) else None
        lines.append((row["label"], row["outcome"], *clauses, f"kept, of {kept}" if kept else "now", row["reason"] or NOTHING))
    columns = ("estimator", "outcome", "clauses passed", "failed", "omitted", "do not apply", "checked", "reason")
    return Table("The contract, clause by clause, counted", columns, (("", tuple(lines)),), prose=True)


def summary(results: Results, width: int = 120) -> str:
    """For a terminal: multiples by estimator and problem, the outcomes counted, and the reasons of what is not ok.

    Args:
        results: of one or more runs.
        width: columns of the terminal.
    """
    stream = io.StringIO()
    console = plain(stream, width)
    cost = results.of("cost")
    if len(cost):
        console.print(f"Multiples of the base forward pass (the report adds the {results.scope}; ~ marks an imprecise one)")
        for panels in _chunks(list(dict.fromkeys(cost["panel"])), max(1, (width - 44) // 15)):
            console.print(_multiples(cost, panels))
    console.print(_counted(results))
    bad = reasons_table(results)
    lines = [f"  {outcome}: {line[0]} ({line[1]}): {line[2]}" for outcome, group in bad.groups for line in group]
    for line in lines[:_REASONS_SHOWN]:
        console.print(short(line, 2 * width), soft_wrap=True)
    if len(lines) > _REASONS_SHOWN:
        console.print(f"  and {count(len(lines) - _REASONS_SHOWN, 'further reason')} in the report")
    return trimmed(stream)


def _multiples(cost: pd.DataFrame, panels: list[str]) -> RichTable:
    table = RichTable(box=None, pad_edge=False)
    table.add_column("estimator", no_wrap=True)
    for panel in panels:
        table.add_column(short(panel, 28), justify="right", overflow="fold")
    shown = cost.assign(value=column(cost, "multiple")).sort_values("name", kind="stable")
    for label, group in shown[shown["panel"].isin(panels)].groupby("label", sort=False):
        said = {row["panel"]: _brief(row) for row in rows(group)}
        table.add_row(short(str(label), 42), *(said.get(panel, "") for panel in panels))
    return table


def _brief(row: dict[str, Any]) -> str:
    value = number(row["value"])
    flag = "" if row["outcome"] == "ok" else row["outcome"]
    marks = "".join("~" if mark == "imprecise" else "" for mark in row["marks"])
    return flag if value == NOTHING and flag else f"{marks}{value} {flag}".rstrip()


def _counted(results: Results) -> str:
    counts, repeated = outcome_counts(results), int(results.cells["planned"].sum())
    repetitions = f" ({repeated} with those of further seeds and processes)" if repeated > len(results.cells) else ""
    return f"{count(len(results.cells), 'planned cell')}{repetitions}: " + (
        ", ".join(f"{quantity} {outcome}" for outcome, quantity in counts.items()) or "none"
    )


def _where(members: Iterable[dict[str, Any]]) -> str:
    places: dict[str, list[str]] = {}
    for row in members:
        places.setdefault(row["panel"], []).append(row["kind"])
    return "; ".join(panel if kinds == [CONTRACT] else f"{panel}: {', '.join(kinds)}" for panel, kinds in places.items())


def _chunks(items: list[str], length: int) -> list[list[str]]:
    return [items[start : start + length] for start in range(0, len(items), length)]
