"""What the opening says of value: whether an estimator's efficiency makes up for its price, here and along sizes."""

from collections.abc import Collection

from reports.figures import break_even
from reports.findings.subject import Subject
from reports.frames import Results
from reports.paying import Verdict, verdict
from reports.text import count, listed, number
from reports.worth import bought


def clause(subject: Subject) -> str:
    """Which approximate estimators buy more efficiency a second than backprop, whose efficiency is 1."""
    members = [(row, bought(row, "ratio_to_backprop")) for row in subject.approximate if not row["remembers"]]
    members = [(row, buys) for row, buys in members if buys["value"] > 0]
    if not members:
        return ""
    margin = 1 + subject.floor
    said = {row["label"]: verdict(buys["least"] / margin, buys["most"] * margin) for row, buys in members}
    more = [label for label, of in said.items() if of is Verdict.PAYS]
    if more:
        return f"{listed(more, 4)} {'buys' if len(more) == 1 else 'buy'} more efficiency η a second than backprop"
    best, buys = max(members, key=lambda pair: float(pair[1]["value"]))
    surely = "" if all(of is Verdict.NOT for of in said.values()) else "surely "
    most = f"{number(buys['value'])} times as much at best, {best['label']}"
    return f"none {surely}buys more efficiency η a second than backprop ({most})"


def along_sizes(results: Results) -> str:
    """From which size on none pays against backprop, on the family that the break-even shows; empty where that is undecided."""
    panel = next((panel for panel in break_even.select(results).pictures if panel.facts["reference"] == "backprop"), None)
    courses = break_even.courses(panel) if panel is not None else {}
    if panel is None or not courses:
        return ""
    sizes = [row["n"] for row in panel.rows if row["outcome"] == "ok"]
    span = f"Along {panel.facts['family']}, measured from n = {min(sizes):,.0f} to {max(sizes):,.0f},"
    lasting = [line for line, course in courses.items() if course.last == max(sizes)]
    if lasting:
        return f"{span} {listed(lasting, 3)} still {'pays' if len(lasting) == 1 else 'pay'} against backprop at the largest."
    if not any(course.refuted for course in courses.values()):
        return ""
    if all(course.last is None for course in courses.values()):
        surely = "" if all(course.decided for course in courses.values()) else "surely "
        return f"{span} {_none(courses, surely)} against backprop at any of these sizes."
    firsts = [course.first for course in courses.values() if course.first is not None]
    if len(firsts) < len(courses):
        return ""
    return f"{span} {_none(courses)} against backprop at any measured size from n = {max(firsts):,.0f} on."


def _none(lines: Collection[str], surely: str = "") -> str:
    if len(lines) == 1:
        return f"{next(iter(lines))} does not {surely}pay"
    return f"none of {count(len(lines), 'approximate estimator')} {surely}pays"
