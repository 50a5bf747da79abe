"""What a sweep shows, in words and in numbers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from reports.figures.selection import NOT_MEASURED, Panel, Row, Selection, Table, became, left_out_sentence, state
from reports.figures.sweeps.courses import COURSES, Course
from reports.text import NOTHING, count, interval, listed, number, size, whole

_COLUMNS = (
    *("estimator", "at", "runtime multiple", "FLOP multiple", "peak of memory"),
    *("mean cosine", "closed form", "draws", "outcome and marks"),
)

_OVER_DRAWS = "95 % interval over the draws"


def finding(selection: Selection) -> str:
    """What changes along the axis, in the family shown at once, for the first estimator that is not exact."""
    lines = _lines(selection.pictures) or _lines(selection.panels)
    if not lines:
        return NOT_MEASURED
    _, (family, label), points = min((_rank(points), key, points) for key, points in lines.items())
    xs = sorted({row["x"] for row in points})
    changes = []
    for course in COURSES:
        ends = sorted(((row["x"], row) for row in points if row["course"] is course), key=lambda end: end[0])
        if len(ends) > 1:
            first, last = (
                _about(course, row) + (f" at {x:g}" if x not in (xs[0], xs[-1]) else "") for x, row in (ends[0], ends[-1])
            )
            changes.append(f"its {course.noun} goes from {first} to {last}")
    return f"On {family}, with {points[0]['axis']} from {xs[0]:g} to {xs[-1]:g}, for {label}: {listed(changes)}."


def describe(selection: Selection) -> str:
    """Panels, series, range by panel."""
    if not selection.panels:
        return f"No picture: {NOT_MEASURED.lower()} {left_out_sentence(selection)}".strip()
    drawn = (*selection.pictures, *selection.folded)
    parts = [
        f"Line charts on logarithmic axes, {count(len(drawn), 'panel')}{_folded(selection)}. Vertical lines at "
        f"runtime multiples are the {selection.scope}, those at mean cosines the {_OVER_DRAWS}."
    ]
    for panel in drawn:
        course: Course = panel.facts["course"]
        shown = [row for row in panel.rows if row["value"] > 0]
        low, high = (pick(shown, key=lambda row: float(row["value"])) for pick in (min, max))
        parts.append(
            f"{panel.title} from {course.words(low['value'])} ({low['label']}{_at(low)}) to {course.words(high['value'])} "
            f"({high['label']}{_at(high)}), {count(len({row['label'] for row in shown}), 'estimator')}."
        )
    return " ".join([*parts, left_out_sentence(selection)]).strip()


def table(selection: Selection) -> Table:
    """All three metrics beside what theory and counting say, by family; one line an estimator and place."""
    cells: dict[str, dict[tuple[Any, ...], dict[str, Row]]] = {}
    for panel in selection.panels:
        for row in panel.rows:
            key = (row["name"], row["x"], row["label"])
            cells.setdefault(panel.facts["family"], {}).setdefault(key, {})[row["kind"]] = row
    groups = tuple((family, tuple(_cells(key, of) for key, of in sorted(lines.items()))) for family, lines in cells.items())
    caption = f"Runtime multiple (with the {selection.scope}), memory, and mean cosine (with its {_OVER_DRAWS}) along the sweep"
    return Table(caption, _COLUMNS, groups)


def _lines(panels: Sequence[Panel]) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """(family, line) -> points with a value, of estimators that are not `wrong` and have several places."""
    lines: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for panel in panels:
        for row in sorted(panel.rows, key=lambda row: row["name"]):
            if row["value"] > 0 and row["x"] > 0 and row["outcome"] != "wrong":
                key = (panel.facts["family"], panel.line(row))
                lines.setdefault(key, []).append({**row, "course": panel.facts["course"]})
    return {key: points for key, points in lines.items() if _is_course(points)}


def _is_course(points: list[dict[str, Any]]) -> bool:
    """Whether any metric has several places."""
    return max(Counter(course for course, _ in {(row["course"], row["x"]) for row in points}).values()) > 1


def _rank(points: list[dict[str, Any]]) -> tuple[Any, ...]:
    """Exact estimators last; the largest problems first; then the order of reports."""
    largest = max((row["n"] for row in points if row["n"] > 0), default=0.0)
    return points[0]["name"].family == "exact", -largest, points[0]["name"]


def _about(course: Course, row: Row) -> str:
    """A value; one whose precision was not reached, or that was disturbed, is about that."""
    return ("about " if state(row) == "doubtful" else "") + course.words(row["value"])


def _folded(selection: Selection) -> str:
    return f" ({len(selection.pictures)} seen at once, the others folded)" if selection.folded else ""


def _at(row: Row) -> str:
    return f" at {row['x']:g}" if row["x"] > 0 else ""


def _cells(key: tuple[Any, ...], of: Mapping[str, Row]) -> tuple[str, ...]:
    """One line of the table; what was not measured there is a dash."""
    _, x, label = key
    cost, memory, quality = (of.get(kind, {}) for kind in ("cost", "memory", "quality"))
    words = list(dict.fromkeys(became(row) for row in of.values()))
    return (
        label,
        f"{x:g}" if x > 0 else NOTHING,
        interval(cost.get("value"), cost.get("low"), cost.get("high")),
        number(cost.get("theory")),
        size(memory.get("value")),
        interval(quality.get("value"), quality.get("low"), quality.get("high")),
        number(quality.get("theory"), 4),
        whole(quality.get("cosine_count")),
        words[0] if len(words) == 1 else "; ".join(f"{kind}: {became(row)}" for kind, row in of.items()),
    )
