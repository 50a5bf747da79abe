"""Reading what people type for an option: durations such as 5m, percentages such as 2%. Pure functions."""

import re

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h)")
_PERCENTAGE = re.compile(r"(\d+(?:\.\d+)?)\s*%")


def duration(text: str) -> float:
    """Seconds from a text such as `10s`, `5m`, `1.5h` or `250ms`.

    Raises:
        ValueError: it is none, or not above zero.
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None or float(match[1]) == 0:
        raise ValueError(f"expected a duration such as 10s or 5m (units ms, s, m, h), got {text!r}")
    return float(match[1]) * _UNITS[match[2]]


def percentage(text: str) -> float:
    """A fraction from a text such as `2%`.

    Raises:
        ValueError: it is none, or not between 0 and 100 (both excluded).
    """
    match = _PERCENTAGE.fullmatch(text.strip())
    if match is None or not 0 < float(match[1]) < 100:
        raise ValueError(f"expected a percentage such as 2% (above 0%, below 100%), got {text!r}")
    return float(match[1]) / 100


def written(seconds: float) -> str:
    """A duration for people: `4 s`, `1 min 30 s`, `2 h 5 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
