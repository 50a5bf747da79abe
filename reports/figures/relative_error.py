"""How far do estimates lie from the exact gradient, length and direction together?

Each point is the mean of ‖e - g‖² / ‖g‖², with its interval over the draws; the curve is the closed form, drawn densely over the
panel's measured range. Needs the metrics `relative_error`, `relative_error_expected` and `relative_error_z`.
"""

from matplotlib.axes import Axes

from reports.figures import closed_forms
from reports.figures.selection import FEW_PANELS, Panel, Selection, Table
from reports.frames import Results

NAME = "relative-error"
TITLE = "Relative error"
QUESTION = "How far do estimates lie from the exact gradient?"
READING = (
    "Each point is the mean of ‖e − g‖² / ‖g‖², which is 0 for the exact gradient and 1 for an estimate that is zero; the "
    "vertical line through it is its interval over the draws. Curves are closed forms, not fits. A large error is often length "
    "alone: an unbiased estimate from one random tangent is about √n times too long. The first panels go by the number of "
    "tangents k, the others by the dimension n."
)

LEFT, TOP = 50, 26


def select(results: Results) -> Selection:
    """The cells of kind `quality` of estimators that are not exact."""
    return closed_forms.select(results, "relative_error", FEW_PANELS)


def finding(selection: Selection) -> str:
    """How far measured values lie from their closed forms."""
    return closed_forms.finding(selection, "relative_error", "relative error")


def height(panel: Panel) -> float:
    """The same for every panel."""
    return 270


def draw(axes: Axes, panel: Panel) -> None:
    """Draw one dimension or one number of tangents."""
    closed_forms.draw(axes, panel, "mean relative error ‖e − g‖² / ‖g‖²")


def describe(selection: Selection) -> str:
    """Panels, series, range by panel."""
    return closed_forms.describe(selection, "relative_error", "relative error")


def table(selection: Selection) -> Table:
    """Measured values, closed forms and z."""
    return closed_forms.table(selection, "relative_error", "relative error")
