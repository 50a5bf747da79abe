"""The pictures of perturbations: change against size by depth, and the size that can be trusted against depth."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes

from estimators.theory.trust import trusted_size
from reports import drawing, style
from reports.figures.perturbation.courses import PROBED, Course, Family, families_of
from reports.figures.selection import Panel, Selection, spread, unmeasured
from reports.frames import Results
from reports.looks import looks_of
from reports.names import Name
from reports.text import count, tick

LEFT, TOP = 58, 26
"""Pixels of a panel; see `reports.figures`."""

MOST_DEPTHS = 5
"""Lines of a picture, evenly spread."""

_MOST_FOLDED = 6
_QUANTITIES = {
    "largest_gradient_change": ("change of the gradient", "relative change of the gradient"),
    "loss_change": ("change of the loss", "relative change of the loss"),
}
"""Column -> noun for titles, label of the axis."""

_BY_MATRIX = "matrices"

_HIGHEST = 1e6  # changes beyond are off the picture
_LOWEST = 1e-6


def height(panel: Panel) -> float:
    """Pixels, the same for every panel."""
    return 290


def select(results: Results) -> Selection:
    """The family of most depths along the first estimator at once, others folded; other families are in the table."""
    families = families_of(results)
    at_once: list[Panel] = []
    folded: list[Panel] = []
    for family in families[:1]:
        at_once = [*_along(family, family.first), *_by_depth(family)]
        others = dict.fromkeys(course.row["name"] for course in family.courses)
        folded = [panel for name in list(others)[1:] for panel in _along(family, family.of(name))]
    rest = [_panel(family.title, family, family.courses, "") for family in families[1:]]
    hidden = [count(len(rest), "further model (without a picture)", "further models (without a picture)")] if rest else []
    more = len(folded) - _MOST_FOLDED
    hidden += [count(more, "further picture of other estimators", "further pictures of other estimators")] if more > 0 else []
    panels = (*at_once, *folded[:_MOST_FOLDED], *rest)
    left_out = (*unmeasured(results, "perturbation"), *hidden) if panels else ()
    fold = "The same along other estimates" if folded else ""
    return Selection(panels, left_out, results.scope, True, tuple(at_once), tuple(folded[:_MOST_FOLDED]), fold)


def draw(axes: Axes, panel: Panel) -> None:
    """Draw one picture."""
    if panel.facts["quantity"] in _QUANTITIES:
        _draw_by_size(axes, panel, panel.facts["quantity"])
    elif panel.facts["quantity"] == _BY_MATRIX:
        _draw_by_matrix(axes, panel)
    else:
        _draw_by_depth(axes, panel)


def _along(family: Family, courses: Sequence[Course]) -> list[Panel]:
    """What changes along one estimator's direction: against size, and by weight matrix where there are several."""
    label, shown = courses[0].row["label"], spread(courses, MOST_DEPTHS)
    nouns = {name: noun for name, (noun, _) in _QUANTITIES.items()}
    if any(len(course.matrices) > 1 for course in shown):
        nouns |= {_BY_MATRIX: f"change by weight matrix at {PROBED:g}"}
    return [_panel(f"{family.title}: {noun} along {label}", family, shown, name) for name, noun in nouns.items()]


def _by_depth(family: Family) -> list[Panel]:
    """The picture of trusted sizes, where there are two depths with one."""
    known = {course.depth for course in family.courses if course.trusted > 0 and course.depth > 0}
    return (
        [_panel(f"{family.title}: size at which the gradient is another", family, family.courses, "trusted")]
        if len(known) > 1
        else []
    )


def _panel(title: str, family: Family, courses: Sequence[Course], quantity: str) -> Panel:
    """A panel whose lines are depths, or estimators."""
    depths = [_depth(course) for course in spread(family.first, MOST_DEPTHS)]
    labels = list(dict.fromkeys(course.row["label"] for course in family.courses))
    lines = [*dict.fromkeys(depths), *(label for label in labels if label not in depths)]
    names = {line: Name(place, line, 0, line) for place, line in enumerate(lines)}
    called = [_depth(course) if quantity in (*_QUANTITIES, _BY_MATRIX) else course.row["label"] for course in courses]
    data = [
        {"name": names.get(line, Name(len(lines), line, 0, line)), "course": course}
        for line, course in zip(called, courses, strict=True)
    ]
    looks = looks_of([*lines, *(line for line in called if line not in names)])
    return Panel(title, pd.DataFrame(data), looks, {"family": family, "quantity": quantity}, "text")


def _depth(course: Course) -> str:
    return course.called or str(course.row["panel"])


def _draw_by_size(axes: Axes, panel: Panel, quantity: str) -> None:
    rows = panel.rows
    sizes = sorted({size for row in rows for size in row["course"].sizes})
    style.log_axis(axes, "x", sizes, "relative size of the move", tick)
    trust = ["deep_relative_trust"] if quantity == "largest_gradient_change" else []
    shown = [abs(value) for row in rows for name in (quantity, *trust) for value in row["course"].values[name]]
    style.log_axis(axes, "y", [value for value in shown if _LOWEST <= value <= _HIGHEST], _QUANTITIES[quantity][1], tick)
    drawing.rule(axes, "y", 1.0)
    for row in rows:
        course, look = row["course"], panel.look(row)
        points = _positive(course.sizes, [abs(value) for value in course.values[quantity]])
        drawing.curve(axes, [x for x, _ in points], [y for _, y in points], look)
        drawing.points(axes, points, look, size=4)
        for name in trust:
            drawing.reference(axes, _positive(course.sizes, course.values[name]), look.color, ":")


def _draw_by_matrix(axes: Axes, panel: Panel) -> None:
    lines = [(panel.look(row), row["course"].by_matrix(PROBED)) for row in panel.rows]
    places = [(look, _positive(range(1, len(values) + 1), values)) for look, values in lines]
    most = max(len(values) for _, values in lines)
    doubling = [2.0**power for power in range(most.bit_length())]
    style.doubling_axis(axes, [*doubling, float(most)], "weight matrix, counted from the input")
    style.log_axis(axes, "y", [1.0, *(y for _, points in places for _, y in points)], "relative change of the gradient", tick)
    drawing.rule(axes, "y", 1.0)
    for look, points in places:
        drawing.curve(axes, [x for x, _ in points], [y for _, y in points], look)
        drawing.points(axes, points[:: max(1, len(points) // 8)], look, size=4)


def _draw_by_depth(axes: Axes, panel: Panel) -> None:
    family: Family = panel.facts["family"]
    law = sorted({(course.depth, trusted_size(course.layers)) for course in family.courses if course.layers and course.depth > 0})
    values = [row["course"].trusted for row in panel.rows]
    style.log_axis(axes, "y", [*values, *(y for _, y in law)], "relative size of the move", tick)
    style.doubling_axis(axes, family.depths, family.courses[0].unit)
    drawing.reference(axes, law, style.MUTED, ":")
    lines: dict[str, list[tuple[float, float]]] = {}
    for row in panel.rows:
        lines.setdefault(panel.line(row), []).append((row["course"].depth, row["course"].trusted))
    for line, places in lines.items():
        points = sorted((x, y) for x, y in places if y > 0)
        drawing.curve(axes, [x for x, _ in points], [y for _, y in points], panel.looks[line])
        drawing.points(axes, points, panel.looks[line])


def _positive(x: Sequence[float], y: Sequence[float]) -> list[tuple[float, float]]:
    """The places that logarithmic axes hold."""
    return [(a, b) for a, b in zip(x, y, strict=True) if a > 0 and _LOWEST <= b <= _HIGHEST]
