"""What the asv classes in `track_*.py` share: the grid of parameters, and one number of one cell.

The lists are literal, so that the axes of asv's graphs do not change with the commit that is measured. asv installs `estimators`
from each commit and nothing but torch and numpy beside it: so data are synthetic, everything of a commit is imported where it is
used, and all is measured in the process that asv gave (a process started from here would import the commit's own, older ruler).
"""

from benchmarks.records import PROTOCOL_VERSION

ESTIMATORS = (
    "backprop",
    "checkpointed-backprop",
    "forward-gradient",
    "forward-gradient[directions=rademacher]",
    "multi-tangent",
    "spsa",
)

MODELS = {
    "logistic-regression": "logistic-regression[data=synthetic]",
    "mlp": "mlp[data=synthetic]",
    "deep-mlp": "mlp[data=synthetic,depth=5,width=256]",
}
"""Name on the graphs -> spec of the problem."""

TANGENTS = (1, 4, 16)

WITHOUT_TANGENTS = ("backprop", "checkpointed-backprop")
"""Estimators without a parameter k; measured at k = 1 only."""


class Grid:
    """The attributes by which asv knows a benchmark; a class of trackers inherits them.

    Attributes:
        version: raised with the protocol, never by a change of these files: asv joins the results of equal versions.
    """

    param_names = ("estimator", "model", "k")
    params = (ESTIMATORS, tuple(MODELS), TANGENTS)
    version = str(PROTOCOL_VERSION)

    def setup(self, estimator: str, model: str, k: int) -> None:
        """Skip what this commit does not have, before anything heavy is imported.

        Raises:
            SkipNotImplemented: the combination makes no sense, or the commit lacks the estimator or its parameter.
        """
        from asv_runner.benchmarks.mark import SkipNotImplemented

        from estimators.registry import ESTIMATORS as REGISTERED
        from estimators.spec import SpecError

        if estimator in WITHOUT_TANGENTS and k != TANGENTS[0]:
            raise SkipNotImplemented(f"{estimator} has no tangents")
        try:
            REGISTERED.resolve(spec_of(estimator, k))
        except SpecError as error:
            raise SkipNotImplemented(str(error)) from None


def spec_of(estimator: str, k: int) -> str:
    """The spec of an estimator of the grid with k tangents."""
    from estimators.spec import Spec, parse

    spec = parse(estimator)
    return str(spec if estimator in WITHOUT_TANGENTS else Spec(spec.name, tuple(sorted((*spec.parameters, ("k", k))))))


def measured(metric: str, estimator: str, model: str, k: int) -> float:
    """One number of one cell, measured here and now on one thread.

    Args:
        metric: a name of `benchmarks.records.METRICS`; it decides the kind of measurement.
        estimator: an entry of `ESTIMATORS`.
        model: a key of `MODELS`.
        k: an entry of `TANGENTS`.

    Raises:
        RuntimeError: the cell's outcome is not `ok`, or it has no such number; asv notes it as failed and goes on.
    """
    import torch

    from benchmarks.cell import Effort, measure_cell
    from benchmarks.records import Cell, about

    torch.set_num_threads(1)
    cell = Cell(spec_of(estimator, k), MODELS[model], about(metric).kind)
    record = measure_cell(cell, Effort(*(_TIMED if metric == "multiple" else _COUNTED)))
    values = [row.value for row in record.metrics if row.metric == metric and row.layer is None]
    if not values or values[0] is None:
        raise RuntimeError(f"{record.outcome}: {record.reason or f'{cell.estimator} has no {metric}'}")
    return float(values[0])


_TIMED = (0.01, 4.0)  # precision, seconds; asv compares bare numbers, so noise must stay far below its factor of 1.1
_COUNTED = (0.5, 0.05)  # what is counted needs no precision
