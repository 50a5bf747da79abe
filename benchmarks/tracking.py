"""What asv's trackers share: one number of one cell, measured in the process that asv gave.

asv installs `estimators` from each commit and nothing but torch and numpy beside it: so data are synthetic, everything of a
commit is imported where it is used, and nothing is started (such a process would import the commit's own, older ruler).
"""

from benchmarks.records import PROTOCOL_VERSION

VERSION = str(PROTOCOL_VERSION)
"""Of every tracker; raised with the protocol, never by a change of these files: asv joins the results of equal versions."""

_TIMED = (0.01, 4.0, None)  # precision, seconds, draws; asv compares bare numbers: noise must stay far below its factor of 1.1
_COUNTED = (0.5, 0.05, None)  # what is counted needs no precision
_DRAWN = (0.5, 60.0, 256)  # time must not decide about the number of draws: the same ones give the same number
_EFFORT = {"multiple": _TIMED, "cosine": _DRAWN, "relative_error": _DRAWN}


def require(estimator: str) -> None:
    """Skip what this commit does not have, before anything heavy is imported.

    Args:
        estimator: a spec.

    Raises:
        SkipNotImplemented: the commit lacks the estimator or one of its parameters.
    """
    from asv_runner.benchmarks.mark import SkipNotImplemented

    from estimators.registry import ESTIMATORS
    from estimators.spec import SpecError

    try:
        ESTIMATORS.resolve(estimator)
    except SpecError as error:
        raise SkipNotImplemented(str(error)) from None


def with_tangents(estimator: str, k: int) -> str:
    """The spec of an estimator with k tangents."""
    from estimators.spec import Spec, parse

    spec = parse(estimator)
    return str(Spec(spec.name, tuple(sorted({**dict(spec.parameters), "k": k}.items()))))


def measured(metric: str, estimator: str, problem: str) -> float:
    """One number of one cell, measured here and now on one thread.

    Args:
        metric: a name of `benchmarks.records.METRICS`; it decides the kind of measurement.
        estimator: a spec.
        problem: a spec, of synthetic data.

    Raises:
        RuntimeError: the cell's outcome is not `ok`, or it has no such number; asv notes it as failed and goes on.
    """
    import torch

    from benchmarks.cell import Effort, measure_cell
    from benchmarks.records import Cell, about

    torch.set_num_threads(1)
    record = measure_cell(Cell(estimator, problem, about(metric).kind), Effort(*_EFFORT.get(metric, _COUNTED)))
    values = [row.value for row in record.metrics if row.metric == metric and row.layer is None]
    if not values or values[0] is None:
        raise RuntimeError(f"{record.outcome}: {record.reason or f'{estimator} has no {metric}'}")
    return float(values[0])
