"""What the figures of sweeps share: runtime multiple, peak of memory and mean cosine against whatever is varied.

A family is a set of cells that differ in nothing but what is varied (and in their estimator); it has one row of three panels, one
a metric. One family of a sweep is seen at once, beside the same of another run where there are several; others are folded.
`places` reads from the cells' specs where they stand, so that a run over widths of one's own has the same pictures as the suite;
`courses` names the metrics; `panels` selects, `lines` draws, `words` tells. Needs the metrics `multiple`, `flop_multiple`,
`peak_bytes`, `base_peak_bytes`, `cosine` and `cosine_expected`.
"""

from reports.figures.sweeps.lines import draw, height
from reports.figures.sweeps.panels import select
from reports.figures.sweeps.places import Place, by_depth, of_problem
from reports.figures.sweeps.words import describe, finding, table

__all__ = ["LEFT", "LINES", "TOP", "Place", "by_depth", "describe", "draw", "finding", "height", "of_problem", "select", "table"]

LEFT, TOP = 58, 26
"""Pixels of a panel; see `reports.figures`."""

LINES = (
    "The first panel of a row is the time of one gradient over that of one base forward pass, the second the exact peak of "
    "tensor bytes, the third the mean cosine similarity with the exact gradient; upright lines are intervals. Lines join what "
    "was measured; dotted ones are floating-point operations over those of the base, as counted, and the closed form of the "
    "cosine, where there is one. Grey and dashed: the base forward pass. A hollow marker carries a mark, such as imprecise."
)
"""How to read them."""
