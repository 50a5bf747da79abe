"""What GPUs did while cells were measured: temperature, clock, and for how long something held the clock down."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reports.findings.notice import Notice
from reports.frames import Results, rows
from reports.text import number, visible


def boards(results: Results) -> list[Notice]:
    """One sentence a GPU, of what was read before and after each cell, in its last process; nothing for the CPU."""
    seen: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows(results.cells):
        if isinstance(board := row["facts"].get("gpu"), Mapping):
            seen.setdefault(str(row["context"][1]), []).append(board)
    names, when = _names(results), "before and after cells" + ("" if results.single else " (the last process of each)")
    return [Notice(False, f"{visible(names.get(uuid, uuid))}, {when}: {_course(found)}.") for uuid, found in seen.items()]


def _course(found: Sequence[Mapping[str, Any]]) -> str:
    said = [_range(found, "celsius", "°C", "its temperature"), _range(found, "sm_mhz", "MHz", "its clock")]
    known = " and ".join(filter(None, said)) or "neither temperature nor clock could be read"
    return f"{known}; {_held(found)}"


def _range(found: Sequence[Mapping[str, Any]], key: str, unit: str, what: str) -> str:
    values = [float(value) for board in found for value in _numbers(board.get(key))]
    if not values:
        return ""
    low, high = min(values), max(values)
    return f"{what} was {low:,.0f} {unit}" if low == high else f"{what} was between {low:,.0f} and {high:,.0f} {unit}"


def _held(found: Sequence[Mapping[str, Any]]) -> str:
    """The largest share of a cell's time for which one reason held the clock down."""
    shares = [share for board in found for share in _shares(board)]
    counted = sum(isinstance(board.get("throttled_ns"), Mapping) for board in found)
    if not counted:
        return "for how long its clock was held down is not known"
    of = "" if counted == len(found) else f" in the {counted} of {len(found)} cells for which that is known"
    longest, reason = max(shares, default=(0.0, ""))
    if not longest:
        return f"nothing held its clock down{of}"
    return f"its clock was held down for at most {number(100 * longest, 2)} % of a cell's time{of} ({visible(reason)})"


def _shares(board: Mapping[str, Any]) -> Iterator[tuple[float, str]]:
    held, seconds = board.get("throttled_ns"), next(_numbers([board.get("seconds")]), 0.0)
    if isinstance(held, Mapping) and seconds > 0:
        for reason, nanoseconds in held.items():
            yield from ((min(1.0, value / 1e9 / seconds), str(reason)) for value in _numbers([nanoseconds]))


def _numbers(values: Any) -> Iterator[float]:
    """Those members that are numbers."""
    for value in values if isinstance(values, list) else ():
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            yield value


def _names(results: Results) -> dict[str, str]:
    """UUID -> what the driver calls the GPU."""
    drivers = [(run.header.get("provenance") or {}).get("nvml") for run in results.runs]
    return {str(one.get("uuid")): str(one.get("name")) for one in drivers if isinstance(one, Mapping)}
