"""What stands before and after the sections of a comparison, as lines of text: which runs, what differs, what was left out."""

from reports.compare.alerts import kinds_forbidden
from reports.compare.comparison import Comparison
from reports.compare.opening import headline
from reports.compare.sections import outcome, unmatched
from reports.compare.sides import Side
from reports.text import count, short

NAME, PATH, REASON = 120, 200, 400
"""Characters shown at most of a name, of a path or difference, and of a reason."""


def head(comparison: Comparison, most: int | None = None) -> list[str]:
    """What it comes to, which runs, what differs, and what puts numbers in doubt; indented lines belong to the one above.

    Args:
        comparison: what is shown.
        most: differences that are named; None for all.
    """
    lines = [headline(comparison), f"BASE {_named(comparison.base)}", f"NEW  {_named(comparison.new)}"]
    return [*lines, *_differences(comparison, most), *(f"Caution: {short(said, REASON)}" for said in comparison.alerts)]


def foot(comparison: Comparison, most: int | None = None) -> list[str]:
    """What could not be compared, what a reader of the verdicts must know, and what a gate makes of it.

    Args:
        comparison: what is shown.
        most: reasons for which something was left out that are named; None for all.
    """
    reasons = [f"Not compared: {short(line, REASON)}" for line in unmatched(comparison)]
    lines = _at_most(reasons, most, "further reason") or ["Every cell is on both sides."]
    return [*lines, *comparison.notes, outcome(comparison)]


def _named(side: Side) -> str:
    more = f" and {len(side.paths) - 1} more" if len(side.paths) > 1 else ""
    return f"{short(side.run, NAME)} ({short(str(side.path), PATH)}{more})"


def _differences(comparison: Comparison, most: int | None) -> list[str]:
    differences = comparison.differences
    if not differences:
        return ["Nothing differs between them but the numbers."]
    forbidding = sum(bool(one.forbids) for one in differences)
    kinds = ", ".join(kinds_forbidden(differences))
    said = f", of which {forbidding} forbid verdicts about {kinds}" if forbidding else ""
    named = _at_most([f"  {short(str(one), PATH)}" for one in differences], most, "further difference", "  ")
    return [f"{count(len(differences), 'difference')} beside the numbers{said}:", *named]


def _at_most(lines: list[str], most: int | None, what: str, indent: str = "") -> list[str]:
    """The first lines, and how many others there are."""
    if most is None or len(lines) <= most:
        return lines
    return [*lines[:most], f"{indent}and {count(len(lines) - most, what)}"]
