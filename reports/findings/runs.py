"""What limits a report on the side of its runs: parts, budgets, damage, code, versions, and the noise of the place."""

import json
from collections.abc import Mapping
from typing import Any

from benchmarks.doctor.noise import PROCESSES, noise_floor_of
from benchmarks.shard import Shard
from reports.findings.notice import Notice
from reports.frames import Results
from reports.pooling import MISSING
from reports.text import count, duration, listed, number, short, visible

_UNLIKE = ("machine", "cpu", "gpu", "python", "torch", "versions")
"""Provenance on which runs must agree for their numbers to be compared."""


def shards(results: Results) -> list[Notice]:
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


def budget(results: Results) -> list[Notice]:
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


def damage(results: Results) -> list[Notice]:
    """Lines of the records that could not be read."""
    return [
        Notice(True, f"Run {run.name}: {count(len(run.damage), 'line')} of the records could not be read and {verb} left out.")
        for run in results.runs
        if run.damage
        for verb in ["was" if len(run.damage) == 1 else "were"]
    ]


def code(results: Results) -> list[Notice]:
    """Code that no commit holds, and runs that are not pooled."""
    found = []
    for run in results.runs:
        provenance: dict[str, Any] = run.header.get("provenance") or {}
        for what, meaning in (("ruler", "the ruler"), ("estimators", "the estimators")):
            source = provenance.get(what)
            if isinstance(source, dict) and source.get("dirty"):
                found.append(Notice(False, f"Run {run.name}: {meaning} had changes that were not committed."))
    if len(results.runs) > 1 and results.cells["panel"].str.contains("·").any():
        found.append(Notice(False, "The runs differ in code, machine or versions: they are shown side by side, not pooled."))
    return found


def gpus(results: Results) -> list[Notice]:
    """How what needs a GPU had been tested in the version that measured on one."""
    tested: dict[str, list[str]] = {}
    for run in results.runs:
        driver = (run.header.get("provenance") or {}).get("nvml")
        if isinstance(driver, Mapping) and isinstance(said := driver.get("paths_tested"), str):
            tested.setdefault(said, []).append(run.name)
    return [
        Notice(False, f"{_of(names, len(results.runs))} measured on a GPU; what needs one had been tested {visible(said)}.")
        for said, names in tested.items()
    ]


def unlike(results: Results) -> list[Notice]:
    """Machines and versions that are not the same in all runs, by name: a difference of numbers may be theirs."""
    provenances = [run.header.get("provenance") or {} for run in results.runs]
    leaves = [dict(_leaves({name: one.get(name) for name in _UNLIKE})) for one in provenances]
    names = dict.fromkeys(name for one in leaves for name in one if name != "torch.threads")  # which panels say
    differ = []
    for name in names:
        values = list(dict.fromkeys(_text(one.get(name)) for one in leaves))
        if len(values) > 1:
            differ.append(f"{visible(name)} ({listed(values, 3)})")
    if not differ:
        return []
    said = "so that no difference between them is one of the code alone"
    return [Notice(True, f"The runs are of unequal machines or versions, {said}: {listed(differ, 6)}.")]


def noise(results: Results) -> list[Notice]:
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


def _of(names: list[str], every: int) -> str:
    """Some of the runs, as the beginning of a sentence about what was done in them."""
    if len(names) == every:
        return "This was" if every == 1 else "All runs were"
    return f"Run {names[0]} was" if len(names) == 1 else f"The runs {listed(names, 3)} were"


def _leaves(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Nested values as (dotted name, value) pairs."""
    pairs = []
    for name, value in values.items():
        pairs += _leaves(value, f"{prefix}{name}.") if isinstance(value, Mapping) else [(f"{prefix}{name}", value)]
    return pairs


def _text(value: Any) -> str:
    return (
        "none" if value in (None, [], "") else short(value if isinstance(value, str) else json.dumps(value, sort_keys=True), 40)
    )
