"""The contract as one kind of measurement: the clauses counted, each with what was seen; from the cache where it holds them."""

from collections import Counter
from collections.abc import Sequence

from benchmarks.contract import cache
from benchmarks.contract.check import check_estimator
from benchmarks.contract.clause import Verdict
from benchmarks.contract.result import ClauseResult
from benchmarks.records import Measurement, Metric
from estimators.estimator import Estimator


def measure(estimator: Estimator, *, seed: int, device: str) -> Measurement:
    """Hold an estimator to its contract, here and now.

    Args:
        estimator: who.
        seed: of the generators handed to it.
        device: `cpu` or `cuda`.
    """
    return _counted(check_estimator(estimator, seed=seed, device=device))


def measure_or_recall(estimator: Estimator, spec: str, *, seed: int, device: str, dtype: str) -> Measurement:
    """The same, unless the verdict on this very estimator is known from an earlier run; the fact `kept` says from when.

    Args:
        estimator: what `spec` stands for, built in a process that had not imported it before: its source on disk is what runs.
        spec: canonical.
        seed: of the generators handed to it.
        device: `cpu` or `cuda`.
        dtype: of the cell.
    """
    name = cache.key(spec, seed=seed, device=device, dtype=dtype)
    kept = cache.load(name) if name else None
    if kept is not None:
        return _counted(kept.results, kept.measured)
    results = check_estimator(estimator, seed=seed, device=device)
    if name:
        cache.store(name, results)
    return _counted(results)


def _counted(results: Sequence[ClauseResult], kept: str | None = None) -> Measurement:
    counts = Counter(result.verdict for result in results)
    metrics = tuple(
        Metric(
            f"clauses_{verdict.value.replace(' ', '_')}",
            counts[verdict],
            "clauses",
            method="kept from an earlier run" if kept else "",
            count=len(results),
        )
        for verdict in Verdict
    )
    clauses = [{**vars(result), "verdict": result.verdict.value} for result in results]
    return Measurement(metrics, facts={"clauses": clauses, **({"kept": kept} if kept else {})})
