"""How hard the three sweeps try. A sweep shows a course over decades, so each point may be coarser than that of a single look."""

SWEEP_PRECISION = 0.04
"""Half-width of the 95 % interval of a multiple, relative to it: the width of a marker on an axis of three decades."""

SWEEP_DRAWS = 400
"""Estimates for quality: a mean cosine to 4 % (standard error) for one tangent, to 1 % for sixteen."""

LONGEST_S = 1.5
"""Seconds for the adaptive part of a cell: only problems of millions of parameters need more, and are marked `imprecise`."""

LIMIT_S = 120.0
"""No cell is ended sooner: on the largest problems, what is not adaptive takes ten times the budget."""
