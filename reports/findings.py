"""What a reader must know before the figures: the verdict on the run, and what limits it. Sentences only; pure functions."""

from dataclasses import dataclass
from typing import Any

from benchmarks.records import CONTRACT, MARKS
from reports.frames import Results
from reports.pooling import MISSING
from reports.tables import outcome_counts
from reports.text import count, listed

_LIMITS = {
    "wrong": "failed the contract, so what is shown of them is not what they claim to be",
    MISSING: "planned and not measured (the run was interrupted, or is not finished)",
}


@dataclass(frozen=True)
class Notice:
    """Something that limits what the report says.

    Attributes:
        grave: whether numbers are in doubt, and not only their precision.
        text: one sentence.
    """

    grave: bool
    text: str


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


def notices(results: Results) -> list[Notice]:
    """Everything that limits the report, the grave first."""
    found = [*_outcomes(results), *_damage(results), *_marks(results), *_code(results)]
    if len(results.cells) and results.single:
        found.append(
            Notice(
                False, "Each cell was measured in one process: intervals hold within this process, and two processes may differ."
            )
        )
    return sorted(found, key=lambda notice: not notice.grave)


def _outcomes(results: Results) -> list[Notice]:
    cells, found = results.cells, []
    for outcome, meaning in _LIMITS.items():
        labels = list(dict.fromkeys(cells.loc[cells["outcome"] == outcome, "label"]))
        if labels and outcome == "wrong":
            found.append(Notice(True, f"{count(len(labels), 'estimator')} {meaning}: {listed(labels)}."))
        elif labels:
            number = int((cells["outcome"] == outcome).sum())
            found.append(Notice(True, f"{count(number, 'cell')} {'was' if number == 1 else 'were'} {meaning}."))
    return found


def _damage(results: Results) -> list[Notice]:
    return [
        Notice(True, f"Run {run.name}: {count(len(run.damage), 'line')} of the records could not be read and {verb} left out.")
        for run in results.runs
        if run.damage
        for verb in ["was" if len(run.damage) == 1 else "were"]
    ]


def _marks(results: Results) -> list[Notice]:
    cells = results.cells[results.cells["problem"] != CONTRACT]
    found = []
    for mark, meaning in MARKS.items():
        number = sum(mark in marks for marks in cells["marks"])
        if number:
            found.append(Notice(mark == "throttled", f"{count(number, 'cell')} marked {mark}: {meaning}."))
    return found


def _code(results: Results) -> list[Notice]:
    found = []
    for run in results.runs:
        provenance: dict[str, Any] = run.header.get("provenance") or {}
        for what, meaning in (("ruler", "the ruler"), ("estimators", "the estimators")):
            code = provenance.get(what)
            if isinstance(code, dict) and code.get("dirty"):
                found.append(Notice(False, f"Run {run.name}: {meaning} had changes that were not committed."))
    if len(results.runs) > 1 and results.cells["panel"].str.contains("·").any():
        found.append(Notice(False, "The runs differ in code, machine or versions: they are shown side by side, not pooled."))
    return found
