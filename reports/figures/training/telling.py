"""The words for a group of trainings: who came how far at which learning rate, and when backprop's lowest loss was reached."""

import math
from collections.abc import Sequence

import numpy as np

from reports.figures.selection import Row
from reports.figures.training.groups import Group
from reports.targets import Ratio, lowest
from reports.text import NOTHING, count, listed, number

MOST = 9
"""Methods that a sentence names at most; of more the rest are counted."""


def came_to(group: Group, most: int = MOST) -> str:
    """How far each method came, at which learning rate and with how many seeds, as a part of a sentence.

    Args:
        group: at least one member has a curve.
        most: methods that are named.
    """
    members = group.trained
    common = len({row["lr"] for row in members}) == 1
    shared = f" ({rate(members[0])})" if common else ""
    lows = [_low(row, rated=not common) for row in members]
    return f"lowest losses in {count(group.steps, 'step')}, {group.rates}{shared}, {_seeds(members)}: {listed(lows, most)}"


def reached(group: Group, most: int = MOST) -> str:
    """When backprop reached its lowest loss, and when the others reached that; one sentence, empty where nothing was trained.

    Args:
        group: of trainings.
        most: methods that are named.
    """
    others = [row for row in group.trained if row is not group.reference]
    if group.reference is None:
        return "Backprop was not trained, so there is no target." if others else ""
    steps = group.reached_after("step")
    if steps is None:
        return "Backprop never came below where it began, so there is no target."
    lead = f"Backprop's lowest came after {_of_steps(steps)}"
    if not others:
        return f"{lead}."
    found = [(row["name"].text, group.ratio(row, "seconds")) for row in others]
    ever = [f"{name} {_when(times)}" for name, times in found if times.reached]
    never = [f"{name} in {number(times.beyond)}" for name, times in found if times.of and not times.reached]
    unknown = [name for name, times in found if not times.of]
    said = [f"{lead} and was reached by {listed(ever, most) if ever else 'no other'}"]
    if never:
        said.append(f"not by {listed(never, most)} times its time")
    if unknown:
        said.append(f"with no seed in common, nothing is known of {listed(unknown, most)}")
    return f"{'; '.join(said)}."


def rate(row: Row) -> str:
    """A learning rate to three digits; a rule that names none has its own default."""
    lr = row["lr"]
    return "the rule's default" if lr is None or not math.isfinite(lr) else f"{lr:.3g}"


def lowest_of(row: Row) -> float | None:
    """The lowest loss of a method, median over its seeds."""
    found = [value for value in map(lowest, row["curves"].values()) if value is not None]
    return float(np.median(found)) if found else None


def interval_of(found: Ratio) -> str:
    """A ratio of times with its interval over seeds, or what it is larger than where a seed never got there."""
    if found.value is None:
        return NOTHING if found.beyond is None else f"> {number(found.beyond)}"
    if found.low is None or found.high is None:
        return f"{number(found.value)} (one seed)"
    return f"{number(found.value)} [{number(found.low)}, {number(found.high)}]"


def _low(row: Row, *, rated: bool) -> str:
    """A method with its lowest loss, and in brackets what a reader must know of it."""
    low = lowest_of(row)
    notes = [f"at {rate(row)}"] if rated else []
    if low is not None and all(_stuck(curve["loss"]) for curve in row["curves"].values()):
        notes.append("never below where it began")
    if gone := len(row["seeds_diverged"]):
        every = gone == len(row["curves"])
        notes.append("diverged" if every else f"diverged with {gone} of {count(len(row['curves']), 'seed')}")
    if row["outcome"] == "wrong":
        notes.append("failed its contract")
    value = "no loss that is a number" if low is None else number(low)
    return f"{row['name'].text} {value}" + (f" ({', '.join(notes)})" if notes else "")


def _stuck(losses: Sequence[float]) -> bool:
    values = np.asarray(losses, dtype=float)
    return not bool((values[1:] < values[0]).any())


def _seeds(members: Sequence[Row]) -> str:
    numbers = sorted({len(row["curves"]) for row in members})
    if numbers == [1]:
        return "with one seed"
    span = count(numbers[0], "seed") if len(numbers) == 1 else f"{numbers[0]} to {count(numbers[-1], 'seed')}"
    return f"medians of {span}"


def _of_steps(steps: float) -> str:
    return count(int(steps), "step") if steps == int(steps) else f"{number(steps)} steps"


def _when(times: Ratio) -> str:
    """When a method reached backprop's lowest, in backprop's time."""
    if times.value is None:
        rest = f", with the others not within {_times(times.beyond)}" if times.beyond is not None else ""
        return f"with {times.reached} of {count(times.of, 'seed')}{rest}"
    if times.low is None or times.high is None:
        return f"in {_times(times.value)} (one seed)"
    sure = times.low > 1 or times.high < 1
    return f"in {interval_of(times)} times its time{'' if sure else ', which may be as soon'}"


def _times(value: float | None) -> str:
    return f"{number(value)} times its time"
