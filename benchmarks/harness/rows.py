"""From numbers to the metrics of a record; units come from the closed list of names."""

from benchmarks.records import Metric, about
from benchmarks.statistics import Interval


def row(metric: str, value: float | int | None, *, method: str = "", count: int | None = None) -> Metric:
    """A number without an interval."""
    return Metric(metric, value, about(metric).unit, method=method, count=count)


def interval_row(
    metric: str, interval: Interval, *, layer: str | None = None, method: str = "", count: int | None = None
) -> Metric:
    """A number with its interval."""
    unit = about(metric).unit
    return Metric(metric, interval.value, unit, layer, interval.low, interval.high, method, count)
