"""Cost, memory and quality across commits, for asv: the axes of the three sweeps, each on a small grid. Run by asv alone.

The grids are literal, so that the axes of asv's graphs do not change with the commit that is measured. Bytes, calls, operations
and quality are the same whenever the same code is measured; only the runtime multiple moves, by a few percent.
"""

from abc import ABC, abstractmethod
from typing import Any

from benchmarks.tracking import VERSION, in_unit, measured, require, with_tangents


class _Tracked(ABC):
    """The numbers that are tracked along each axis; asv looks at concrete classes alone.

    Attributes:
        version: by which asv tells what can be compared.
    """

    version = VERSION

    @abstractmethod
    def specs(self, *point: Any) -> tuple[str, str]:
        """Estimator and problem at a point of the grid."""

    def setup(self, *point: Any) -> None:
        """Skip what this commit does not have."""
        require(self.specs(*point)[0])

    @in_unit("x base")
    def track_runtime_multiple(self, *point: Any) -> float:
        """Time of one gradient over that of one base forward pass, the median of paired ratios."""
        return measured("multiple", *self.specs(*point))

    @in_unit("calls")
    def track_forward_calls(self, *point: Any) -> float:
        """Evaluations of the loss in one gradient; a vectorised evaluation counts once. Counted, the same on every machine."""
        return measured("forward_calls", *self.specs(*point))

    @in_unit("x base")
    def track_flop_multiple(self, *point: Any) -> float:
        """Floating-point operations of one gradient over those of one base forward pass. Counted, the same on every machine."""
        return measured("flop_multiple", *self.specs(*point))

    @in_unit("bytes")
    def track_peak_bytes(self, *point: Any) -> float:
        """Exact peak of tensor bytes beyond parameters, buffers and batch, what is kept between calls included."""
        return measured("peak_bytes", *self.specs(*point))

    @in_unit("1 - cos")
    def track_cosine_distance(self, *point: Any) -> float:
        """1 - mean cosine similarity with the exact gradient, over 256 draws from fixed seeds: the same draws at every commit.

        It moves where estimates do. Where only the drawing changes, so that the draws are others, it moves by chance: the mean
        cosine by 5 % with one tangent (standard error), by 1 % with sixteen.
        """
        return 1 - measured("cosine", *self.specs(*point))

    @in_unit("|e-g|^2/|g|^2")
    def track_relative_error(self, *point: Any) -> float:
        """Mean squared distance from the exact gradient over its squared norm, over the same 256 draws.

        Heavy-tailed with one Gaussian tangent: other draws alone move it by 9 % (standard error), by 2 % with sixteen.
        """
        return measured("relative_error", *self.specs(*point))


_ESTIMATORS = (
    "backprop",
    "checkpointed-backprop",
    "forward-gradient",
    "forward-gradient[directions=rademacher]",
    "multi-tangent",
    "spsa",
)


class Width(_Tracked):
    """Along the width of a perceptron of two hidden layers."""

    param_names = ("estimator", "width")
    params = (_ESTIMATORS, (64, 256, 1024))

    def specs(self, estimator: str, width: int) -> tuple[str, str]:
        """See `_Tracked.specs`."""
        return estimator, f"mlp[data=synthetic,width={width}]"


class Depth(_Tracked):
    """Along the number of hidden layers of width 256."""

    param_names = ("estimator", "depth")
    params = (_ESTIMATORS, (1, 5, 20))

    def specs(self, estimator: str, depth: int) -> tuple[str, str]:
        """See `_Tracked.specs`."""
        return estimator, f"mlp[data=synthetic,depth={depth},width=256]"


class Tangents(_Tracked):
    """Along the number of tangents, on a perceptron of two hidden layers of width 128."""

    param_names = ("estimator", "k")
    params = (_ESTIMATORS[2:], (1, 4, 16))

    def specs(self, estimator: str, k: int) -> tuple[str, str]:
        """See `_Tracked.specs`."""
        return with_tangents(estimator, k), "mlp[data=synthetic]"
