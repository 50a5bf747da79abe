"""Where the numbers of a run come from, as pairs of words: what was asked, and where and with what it was measured."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.records.ceilings import ceilings_of
from reports.frames import Run
from reports.roofs import in_words
from reports.shareable import shareable
from reports.text import size, visible

Pairs = tuple[tuple[str, str], ...]

_ELSEWHERE = ("cells", "provenance", "noise_floor", "ceilings")  # parts of `run.json` that are no answer to what was asked


@dataclass(frozen=True)
class Origin:
    """One run, as the pages show where it comes from.

    Attributes:
        name: its name.
        asked: (dotted name, visible text) of what was asked.
        measured_on: the same of the machine, the versions and the noise floor that holds there; empty where the run does not say.
    """

    name: str
    asked: Pairs
    measured_on: Pairs


def origin(run: Run) -> Origin:
    """Where a run comes from."""
    header = shareable(run.header)
    asked = {name: value for name, value in header.items() if name not in _ELSEWHERE}
    noise = {"noise_floor": run.header["noise_floor"]} if run.header.get("noise_floor") else {}
    seen = ceilings_of(run.header)
    best = {} if seen is None else {"ceilings": in_words(seen)}
    return Origin(run.name, _flat(asked), _flat({**(header.get("provenance") or {}), **noise, **best}))


def _flat(values: Any, name: str = "") -> Pairs:
    """Nested values as pairs of a dotted name and a visible text."""
    if isinstance(values, Mapping):
        return tuple(pair for key, value in values.items() for pair in _flat(value, f"{name}.{key}".strip(".")))
    if isinstance(values, list) and any(isinstance(value, (dict, list)) for value in values):
        return tuple(pair for place, value in enumerate(values) for pair in _flat(value, f"{name}.{place}"))
    return ((visible(name), visible(_said(name, values))),)


def _said(name: str, value: Any) -> str:
    if value is None or value == []:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and name.endswith("_bytes"):
        return size(value)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value) or "(empty)"
