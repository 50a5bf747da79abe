"""One panel of a sweep: a line an estimator, and dotted what theory or counting says."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from reports import drawing, style
from reports.figures.selection import Panel, Row, state
from reports.figures.sweeps.courses import Course


def height(panel: Panel) -> float:
    """Pixels, the same for every panel."""
    return 290


def draw(axes: Axes, panel: Panel) -> None:
    """Draw one metric of one family."""
    course: Course = panel.facts["course"]
    places = sorted({row["x"] for row in panel.rows if row["x"] > 0})
    floor = sorted({(row["x"], row[course.floor]) for row in panel.rows if course.floor and row.get(course.floor, 0) > 0})
    shown = [row[name] for row in panel.rows for name in ("value", "low", "high", "theory")]
    style.log_axis(axes, "y", [*shown, *(y for _, y in floor)], course.label, course.tick, binary=course.binary)
    style.doubling_axis(axes, places, str(panel.rows[0]["axis"]))
    _draw_base(axes, course, [point for point in floor if point[0] > 0])
    lines: dict[str, list[Row]] = {}
    for row in sorted(panel.rows, key=lambda row: row["name"]):
        lines.setdefault(panel.line(row), []).append(row)
    for place, members in enumerate(lines.values()):
        _draw_line(axes, panel, members, places, place)


def _draw_base(axes: Axes, course: Course, floor: Sequence[tuple[float, float]]) -> None:
    if course.metric == "multiple":
        drawing.rule(axes, "y", 1.0)
    if floor:
        drawing.reference(axes, floor, style.MUTED, "--")


def _draw_line(axes: Axes, panel: Panel, members: Sequence[Row], places: Sequence[float], place: int) -> None:
    """The measured points of one series joined, and dotted what they should be; a series without k is a level."""
    look = panel.look(members[0])
    spread = [(x, row) for row in members for x in ([row["x"]] if row["x"] > 0 else [places[0], places[-1]])]
    points = sorted(((x, row) for x, row in spread if row["value"] > 0), key=lambda point: point[0])
    drawing.curve(axes, [x for x, _ in points], [row["value"] for _, row in points], look)
    expected = sorted((x, row["theory"]) for x, row in spread if row["theory"] > 0)
    if len(expected) > 1:
        drawing.reference(axes, expected, look.color, ":")
    drawing.whiskers(axes, [(x, row["low"], row["high"]) for x, row in points], look)
    for clean in dict.fromkeys(state(row) for _, row in points):
        alike = [(x, row["value"]) for x, row in points if state(row) == clean]
        drawing.points(axes, alike, look, state=clean, size=max(3.0, 7.0 - 0.5 * place))
