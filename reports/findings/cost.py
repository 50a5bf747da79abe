"""What the opening says of cost: whether any approximate estimator is cheaper than backprop, and how far it is from it."""

import math
from collections.abc import Sequence

from reports.findings.subject import Offer, Subject
from reports.text import count, interval, listed, number
from reports.worth import ends

_RATIO = "ratio_to_backprop"


def clause(subject: Subject) -> str:
    """Cheaper or dearer than backprop, where intervals say so beyond the noise floor; without ratios the range of multiples."""
    priced = [row for row in subject.approximate if row[_RATIO] > 0]
    if not priced:
        return _multiples([row for row in (*subject.exact, *subject.approximate) if row["multiple"] > 0])
    cheaper = [row for row in priced if row[f"{_RATIO}_high"] * (1 + subject.floor) < 1]
    dearer = [row for row in priced if row[f"{_RATIO}_low"] > 1 + subject.floor]
    if len(priced) == 1:
        return _single(priced[0], "cheaper" if cheaper else "dearer" if dearer else "")
    lowest = min(priced, key=lambda row: float(row[_RATIO]))
    measured = f"the lowest ratio of times measured is {_ratio(lowest)}, of {lowest['label']}"
    of = f"of {count(len(priced), 'approximate estimator')}"
    if cheaper:
        return f"{len(cheaper)} {of} {'is' if len(cheaper) == 1 else 'are'} cheaper than backprop ({measured})"
    if len(dearer) == len(priced):
        return f"none {of} is cheaper than backprop ({measured})"
    return f"none {of} is surely cheaper than backprop ({_undecided([row for row in priced if row not in dearer])})"


def _single(row: Offer, verdict: str) -> str:
    said = f"is {verdict} than backprop" if verdict else "is neither surely cheaper nor surely dearer than backprop"
    return f"{row['label']} {said} (ratio of times {_ratio(row)})"


def _undecided(members: Sequence[Offer]) -> str:
    """Why there is no verdict: intervals that hold 1, or none at all."""
    bare = [row["label"] for row in members if math.isnan(row[f"{_RATIO}_low"])]
    overlapping = [row["label"] for row in members if not math.isnan(row[f"{_RATIO}_low"])]
    told = [f"{listed(overlapping, 4)} cannot be told from it"] if overlapping else []
    few = [f"{listed(bare, 4)} {'was' if len(bare) == 1 else 'were'} measured too few times for an interval"] if bare else []
    return "; ".join([*told, *few])


def _multiples(members: Sequence[Offer]) -> str:
    if not members:
        return ""
    low, high = (pick(members, key=lambda row: float(row["multiple"])) for pick in (min, max))
    if len(members) == 1:
        return f"{low['label']} costs {number(low['multiple'])} base forward passes"
    first, last = (f"{number(row['multiple'])} ({row['label']})" for row in (low, high))
    return f"one gradient costs from {first} to {last} base forward passes, as measured"


def _ratio(row: Offer) -> str:
    value, low, high = (row[end] for end in ends(_RATIO))
    return interval(value, low, high, digits=3)
