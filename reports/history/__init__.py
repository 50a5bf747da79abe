"""What is tracked, commit by commit: `asv_results` and `runs` read it, `gathering` puts it in order, `steps` finds what changed.

`selecting`, `figure` and `telling` draw a quantity and put it into words, `findings` the whole; `page` and `landing` write.
"""

from reports.history.gathering import COLUMNS, Commit, History, gathered
from reports.history.steps import THRESHOLD

__all__ = ["COLUMNS", "THRESHOLD", "Commit", "History", "gathered"]
