"""What the opening says of one step: along which estimate it gains most, and how best steps agree with their closed forms."""

from reports.figures import best_step, decrease
from reports.frames import Results


def sentences(results: Results) -> list[str]:
    """About estimates that are not exact and keep their contract; none where no step was measured."""
    if results.of("step").empty:
        return []
    gained = decrease.found(decrease.select(results))
    held = best_step.held(best_step.select(results))
    return [said for said in (gained, held) if said]
