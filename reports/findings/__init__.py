"""What a reader must know before the figures: what was found, and what limits it. Sentences only; pure functions.

`opening` says what was found, from the clauses in `cost`, `closeness`, `memory`, `energy` and `worth`, each about the `subject`
of the report; `title` says what it is about and `headline` counts outcomes; `notices` tells what puts numbers in doubt, of cells
in `cells` and of runs in `runs`.
"""

from reports.findings.headline import headline, title
from reports.findings.notices import Notice, notices
from reports.findings.opening import opening

__all__ = ["Notice", "headline", "notices", "opening", "title"]
