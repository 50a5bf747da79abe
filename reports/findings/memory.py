"""What the opening says of memory: whether an approximate estimator needs less than backprop. Peaks are exact."""

from reports.findings.subject import Subject
from reports.text import count, listed, number, size

_OVER = "peak_to_backprop"


def clause(subject: Subject) -> str:
    """The least peak over backprop's; without backprop nothing."""
    members = [row for row in subject.approximate if row[_OVER] > 0]
    if not members:
        return ""
    least = min(float(row[_OVER]) for row in members)
    alike = [row for row in members if row[_OVER] == least]
    named, need = listed([row["label"] for row in alike], 3), "needs" if len(alike) == 1 else "need"
    if least < 1:
        share = f"{number(100 * least)} %" if least < 0.995 else "just less than all"
        return f"{named} {need} {share} of backprop's memory (a peak of {size(alike[0]['peak_bytes'])})"
    if len(members) == 1:
        return f"{named} needs {_times(least)} backprop's memory"
    none = f"none of {count(len(members), 'approximate estimator')} needs less memory than backprop"
    return f"{none} (the least is {_times(least)} its peak, {named})"


def _times(ratio: float) -> str:
    return "exactly" if ratio == 1 else f"{number(ratio)} times"
