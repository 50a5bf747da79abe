"""Cost across commits, for asv: the runtime multiple, and the costs that no machine enters. Run by asv alone."""

from benchmarks.tracking import Grid, measured


class RuntimeMultiple(Grid):
    """Time of one gradient over that of one base forward pass, the median of paired ratios."""

    unit = "x base"

    def track_runtime_multiple(self, estimator: str, model: str, k: int) -> float:
        """Measured anew in asv's process."""
        return measured("multiple", estimator, model, k)


class ForwardCalls(Grid):
    """Evaluations of the loss in one gradient; a vectorised evaluation counts once."""

    unit = "calls"

    def track_forward_calls(self, estimator: str, model: str, k: int) -> float:
        """Counted; the same on every machine."""
        return measured("forward_calls", estimator, model, k)


class FlopMultiple(Grid):
    """Floating-point operations of one gradient over those of one base forward pass."""

    unit = "x base"

    def track_flop_multiple(self, estimator: str, model: str, k: int) -> float:
        """Counted; the same on every machine."""
        return measured("flop_multiple", estimator, model, k)
