"""How long are estimates, compared with the exact gradient?

Each point is the mean of an estimate's norm over that of the exact gradient, with its interval over the draws;
the curve is the closed form, drawn densely over the panel's measured range. Needs the metrics `norm_ratio`,
`norm_ratio_expected` and `norm_ratio_z`.
"""

from matplotlib.axes import Axes

from reports.figures import closed_forms
from reports.figures.selection import FEW_PANELS, Panel, Selection, Table
from reports.frames import Results

NAME = "norm-ratio"
TITLE = "Length"
QUESTION = "How long are estimates, compared with the exact gradient?"
READING = (
    "Each point is the mean of an estimate's norm over that of the exact gradient; the vertical line "
    "through it is its interval over the draws. Curves are closed forms, not fits: a series without a curve has none that holds "
    "for every gradient. Where series agree, their markers lie one around the other. The first panels go by the number of "
    "tangents k, the others by the dimension n."
)

LEFT, TOP = 50, 26


def select(results: Results) -> Selection:
    """The cells of kind `quality` of estimators that are not exact."""
    return closed_forms.select(results, "norm_ratio", FEW_PANELS)


def finding(selection: Selection) -> str:
    """How far measured values lie from their closed forms."""
    return closed_forms.finding(selection, "norm_ratio", "norm ratio")


def height(panel: Panel) -> float:
    """The same for every panel."""
    return 270


def draw(axes: Axes, panel: Panel) -> None:
    """Draw one dimension or one number of tangents."""
    closed_forms.draw(axes, panel, "mean norm ratio ‖e‖ / ‖g‖")


def describe(selection: Selection) -> str:
    """Panels, series, range by panel."""
    return closed_forms.describe(selection, "norm_ratio", "norm ratio")


def table(selection: Selection) -> Table:
    """Measured values, closed forms and z."""
    return closed_forms.table(selection, "norm_ratio", "norm ratio")
