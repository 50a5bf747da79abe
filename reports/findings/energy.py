"""What the opening says of energy: whether an approximate estimator surely takes less than backprop.

Its intervals over windows hold the error bounds of the counter, see `reports.joules`.
"""

from reports.findings.subject import Subject
from reports.joules import joules
from reports.text import count, number

_OVER = "energy_to_backprop"


def clause(subject: Subject) -> str:
    """The least energy over backprop's; where no energy over backprop's is known, nothing."""
    members = [row for row in subject.approximate if row[_OVER] > 0]
    if not members:
        return ""
    least = min(members, key=lambda row: float(row[_OVER]))
    if least[f"{_OVER}_high"] < 1:
        share = f"{number(100 * least[_OVER])} %"
        return f"{least['label']} takes {share} of backprop's energy ({joules(least['energy'])} a gradient)"
    surely = "" if all(row[f"{_OVER}_low"] > 1 for row in members) else "surely "
    times = f"{number(least[_OVER])} times as much"
    if len(members) == 1:
        return f"{least['label']} does not {surely}take less energy than backprop ({times})"
    none = f"none of {count(len(members), 'approximate estimator')} {surely}takes less energy than backprop"
    return f"{none} (at least {times}, {least['label']})"
