"""What a reader must know before the figures: the verdict on the run, and what limits it. Sentences only; pure functions."""

import json
from dataclasses import dataclass
from typing import Any

from benchmarks.doctor.noise import PROCESSES, noise_floor_of
from benchmarks.records import CONTRACT, MARKS
from benchmarks.shard import Shard
from reports.frames import Results, rows
from reports.pooling import MISSING
from reports.tables import outcome_counts
from reports.text import count, duration, listed, number, size

_LIMITS = {
    "wrong": "failed the contract, so what is shown of them is not what they claim to be",
    MISSING: "planned and not measured (the run was interrupted, or is not finished)",
}

_COUNTERS = {  # whether the cross-check counted more than the allocator
    True: "it counted more than the allocator, so these peaks are suspect",
    False: (
        "the allocator, whose peak is shown, saw more than operators return, such as temporaries inside kernels or a saved state "
        "of the random generator"
    ),
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
    found = [
        *_outcomes(results),
        *_shards(results),
        *_budget(results),
        *_memories(results),
        *_damage(results),
        *_marks(results),
        *_memory(results),
        *_code(results),
        *_noise(results),
    ]
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


def _shards(results: Results) -> list[Notice]:
    """Runs that are parts of a larger one whose other parts are not here."""
    here: dict[str, list[Shard]] = {}
    for run in results.runs:
        options = dict(run.header.get("options") or {})
        if shard := options.pop("shard", None):
            here.setdefault(json.dumps(options, sort_keys=True), []).append(Shard.parse(shard))
    found = []
    for shards in here.values():
        for of in sorted({shard.of for shard in shards}):
            numbers = {shard.number for shard in shards if shard.of == of}
            if absent := [str(number) for number in range(1, of + 1) if number not in numbers]:
                which = f"shard {absent[0]} of {of} is" if len(absent) == 1 else f"shards {listed(absent, 12)} of {of} are"
                found.append(Notice(True, f"This is a part of a run: {which} not among the folders named and not counted."))
    return found


def _budget(results: Results) -> list[Notice]:
    """Runs that passed their total budget, or had one and lack cells."""
    missing, found = bool((results.cells["outcome"] == MISSING).any()), []
    for run in results.runs:
        budget = (run.header.get("options") or {}).get("total_budget")
        longest = max((session["seconds"] for session in run.header.get("sessions") or []), default=0.0)
        if budget is not None and (missing or longest > budget):
            passed = [f"took {duration(1e9 * longest)}"] if longest > budget else []
            lacks = ["cells are missing"] if missing else []
            said = listed([f"had a total budget of {duration(1e9 * budget)}", *passed, *lacks])
            found.append(Notice(False, f"Run {run.name} {said}: every cell is tried, with less time each where not all fit."))
    return found


def _memories(results: Results) -> list[Notice]:
    """Qualities that are those of a series of estimates."""
    remembering = [row for row in rows(results.of("quality")) if (row["facts"].get("declared") or {}).get("remembers")]
    if not remembering:
        return []
    names = listed(sorted({row["label"] for row in remembering}), 6)
    said = "depend on the estimates before them: their quality is that of a series at one point, which changes with its length"
    return [Notice(False, f"Estimates of {names} {said}; the intervals take draws for independent.")]


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


def _memory(results: Results) -> list[Notice]:
    """Peaks on which the two counters of memory disagree, by what that means."""
    checked = [row for row in rows(results.of("memory")) if row["facts"].get("tracker_agrees") is False]
    differences = [(row["facts"]["tracker_difference"], f"{row['label']} on {row['panel']}") for row in checked]
    found = []
    for grave, meaning in _COUNTERS.items():
        members = [pair for pair in differences if (pair[0] > 0) is grave]
        if members:
            largest, where = max(members, key=lambda pair: abs(pair[0]))
            differ = count(len(members), "peak of memory differs", "peaks of memory differ")
            bound = f"{differ} from the cross-check by more than 1 KiB + 0.1 %, the largest difference being {size(abs(largest))}"
            found.append(Notice(grave, f"{bound} ({where}): {meaning}."))
    return found


def _noise(results: Results) -> list[Notice]:
    """What two runs of equal code differ by, where `gradgauge doctor` had measured it."""
    found = []
    for run in results.runs:
        floor = noise_floor_of(run.header)
        if floor is not None:
            half, limit = (
                f"{number(100 * of(PROCESSES[0], in_turns=False), 2)} %" for of in (floor.half_width, floor.detection_limit)
            )
            found.append(
                Notice(
                    False,
                    f"Run {run.name}: with {PROCESSES[0]} processes on each side two runs of equal code differ by up to ±{half} "
                    f"on this machine (95 % interval), and changes of times below {limit} are missed "
                    f"(from {floor.pairs} pairs on {floor.taken[:10]}).",
                )
            )
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
