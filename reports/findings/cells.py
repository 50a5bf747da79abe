"""What limits a report on the side of its cells: outcomes, marks, estimates that remember, counters that disagree, small gaps."""

from benchmarks.records import CONTRACT, MARKS
from reports.findings.noise import floor_of
from reports.findings.notice import Notice
from reports.frames import Results, column, rows
from reports.pooling import MISSING
from reports.text import count, listed, number, size

_LIMITS = {
    "wrong": "failed the contract, so what is shown of them is not what they claim to be",
    MISSING: "planned and not measured (the run was interrupted, or is not finished)",
}

_LOST = ("failed", "out-of-memory", "timeout", "interrupted")
"""Outcomes that leave no number where one was wanted."""

_COUNTERS = {  # whether the cross-check counted more than the allocator
    True: "it counted more than the allocator, so these peaks are suspect",
    False: (
        "the allocator, whose peak is shown, saw more than operators return, such as temporaries inside kernels or a saved state "
        "of the random generator"
    ),
}


def outcomes(results: Results) -> list[Notice]:
    """Estimators that failed their contract, and cells without the number that was wanted."""
    cells, found = results.cells, []
    if wrong := list(dict.fromkeys(cells.loc[cells["outcome"] == "wrong", "label"])):
        found.append(Notice(True, f"{count(len(wrong), 'estimator')} {_LIMITS['wrong']}: {listed(wrong)}."))
    if missing := int((cells["outcome"] == MISSING).sum()):
        found.append(Notice(True, f"{count(missing, 'cell')} {'was' if missing == 1 else 'were'} {_LIMITS[MISSING]}."))
    lost = cells["outcome"].value_counts(sort=False)
    said = [f"{int(lost[outcome])} {outcome}" for outcome in _LOST if outcome in lost]
    if said:
        every = sum(int(lost[outcome]) for outcome in _LOST if outcome in lost)
        left = "leaves no number, and no statement covers it" if every == 1 else "leave no number, and no statement covers them"
        found.append(Notice(False, f"{count(every, 'cell')} ({listed(said)}) {left}."))
    return found


def memories(results: Results) -> list[Notice]:
    """Qualities that are those of a series of estimates."""
    remembering = [row for row in rows(results.of("quality")) if (row["facts"].get("declared") or {}).get("remembers")]
    if not remembering:
        return []
    names = listed(sorted({row["label"] for row in remembering}), 6)
    said = "depend on the estimates before them: their quality is that of a series at one point, which changes with its length"
    return [Notice(False, f"Estimates of {names} {said}; the intervals take draws for independent.")]


def marks(results: Results) -> list[Notice]:
    """Cells that were disturbed, or whose precision or contract is in doubt."""
    cells = results.cells[results.cells["problem"] != CONTRACT]
    found = []
    for mark, meaning in MARKS.items():
        quantity = sum(mark in marks for marks in cells["marks"])
        if quantity:
            found.append(Notice(mark == "throttled", f"{count(quantity, 'cell')} marked {mark}: {meaning}."))
    return found


def peaks(results: Results) -> list[Notice]:
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


def within_noise(results: Results) -> list[Notice]:
    """Ratios to backprop whose interval excludes 1 by less than what two runs of equal code differ by."""
    floor = floor_of(results)
    if floor is None:
        return []
    cost = results.of("cost")
    low, high = (column(cost, f"ratio_to_backprop_{end}") for end in ("low", "high"))
    sure = (low > 1) | (high < 1)
    settled = (low > 1 + floor) | (high < 1 / (1 + floor))
    near = [f"{row['label']} on {row['panel']}" for row in rows(cost[sure & ~settled & (cost["outcome"] == "ok")])]
    if not near:
        return []
    differ = count(len(near), "ratio to backprop differs", "ratios to backprop differ")
    said = (
        f"{differ} from 1 by no more than the noise floor of ±{number(100 * floor, 2)} %, which two runs of equal code also show"
    )
    return [Notice(False, f"{said}: cheaper or dearer is not settled there ({listed(near, 4)}).")]
