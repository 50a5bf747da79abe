"""Two run folders compared: `sides` matches cells, `differing` names what else differs, `judging` draws verdicts, `show` tells.

The statistics are in `benchmarks.comparison`.
"""

from reports.compare.comparison import COLUMNS, FINE, LOSS, NOTHING, Comparison, compare
from reports.compare.rows import THRESHOLD, Rule

__all__ = ["COLUMNS", "FINE", "LOSS", "NOTHING", "THRESHOLD", "Comparison", "Rule", "compare"]
