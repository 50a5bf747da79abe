"""From asv's result files to numbers of commits. asv itself reads them; nothing here knows how they are laid out.

A value that is null failed, NaN was skipped or not asked for: asv stores no reason with either. Trackers have no samples and so
no interval; what asv times has the 99 % interval that it keeps.
"""

import ast
import itertools
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from estimators.registry import ESTIMATORS
from estimators.spec import SpecError
from reports import names
from reports.history.quantities import tracked_by_asv
from reports.history.rows import FAILED, SKIPPED, Found, Place, Track
from reports.text import visible

_ABOUT, _MACHINE = "benchmarks.json", "machine.json"
_SERIES = "estimator"  # the parameter that tells series apart; without one of this name it is the first
_DAMAGE = (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError)

Benchmarks = Mapping[str, Mapping[str, Any]]
"""Name of a benchmark -> what asv says about it."""

Numbers = tuple[float | None, float | None, float | None, str]
"""Value, lower and upper end of its interval, and outcome."""


@dataclass(frozen=True)
class Read:
    """What result files hold.

    Attributes:
        found: the numbers, in the order of the files' names.
        notes: a sentence on every file that could not be read.
    """

    found: tuple[Found, ...]
    notes: tuple[str, ...]


def read(folder: Path) -> Read:
    """Read a folder of asv's results, with one folder for each machine.

    Args:
        folder: asv's `results_dir`.

    Returns:
        What could be read; nothing of a folder that is not asv's. A file that could not be read is named.
    """
    from asv.results import Results
    from asv.util import UserError

    if not (folder / _ABOUT).is_file() and not any(folder.glob(f"*/{_MACHINE}")):
        return Read((), ())
    about, notes = _about(folder)
    found: list[Found] = []
    for path in sorted(folder.absolute().glob("*/*.json")):
        if path.name == _MACHINE:
            continue
        try:
            found += _of_file(Results.load(str(path)), about)
        except (UserError, *_DAMAGE) as error:
            reason = str(error).partition("\n")[0].replace(f"{path.parent}/", "")
            notes.append(f"{visible(f'{path.parent.name}/{path.name}')} cannot be read and is left out: {visible(reason)}")
    return Read(tuple(found), tuple(notes))


def _about(folder: Path) -> tuple[Benchmarks, list[str]]:
    """What asv says about its benchmarks; empty with a note where it does not."""
    try:
        stored = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
        return {str(name): about for name, about in stored.items() if isinstance(about, Mapping)}, []
    except _DAMAGE:
        return {}, [f"{_ABOUT} of asv's results is missing or cannot be read: units and names of parameters are not known."]


def _of_file(results: Any, about: Benchmarks) -> list[Found]:
    """All numbers of one file.

    Raises:
        ValueError, TypeError, LookupError: the file does not hold what asv writes.
    """
    commit, date = results.commit_hash, results.date
    if not isinstance(commit, str) or not all(digit in "0123456789abcdef" for digit in commit) or not 7 <= len(commit) <= 64:
        raise ValueError("it names no commit")
    machine, environment = str(results.params["machine"]), str(results.env_name)
    place = (("machine", visible(machine)), ("environment", visible(environment)))
    seconds = float(date) / 1000 if date is not None else None
    return [
        Found(track, commit, seconds, value, low, high, outcome, source="asv")
        for key in results.get_all_result_keys()
        for track, (value, low, high, outcome) in _of_benchmark(results, key, about.get(key, {}), place)
    ]


def _of_benchmark(results: Any, key: str, about: Mapping[str, Any], place: Place) -> Iterator[tuple[Track, Numbers]]:
    """One benchmark's combinations of parameters: the track, and value, low, high and outcome."""
    params = results.get_result_params(key) or []
    combinations = [tuple(map(str, values)) for values in itertools.product(*params)]
    values = results.get_result_value(key, params)
    stats = results.get_result_stats(key, params)
    benchmark, _, method = key.rpartition(".")
    quantity = tracked_by_asv(method, str(about.get("unit") or ""))
    if quantity.name.startswith("unit"):
        benchmark = key
    called = [str(name) for name in about.get("param_names") or ()]
    called += [f"parameter {place + 1}" for place in range(len(called), len(params))]
    version = str(results.benchmark_version.get(key) or "")
    for combination, value, about_value in zip(combinations, values, stats, strict=True):
        name, variant = _series(dict(zip(called, combination, strict=False)), method)
        yield Track(quantity, visible(benchmark), variant, name, place, version, True), _numbers(value, about_value)


def _series(parameters: Mapping[str, str], method: str) -> tuple[names.Name, str]:
    """What tells a combination of parameters apart within a panel, and what sets its panel apart."""
    if not parameters:
        return named(method), ""
    by = _SERIES if _SERIES in parameters else next(iter(parameters))
    others = ", ".join(f"{name}={_literal(value)}" for name, value in parameters.items() if name != by)
    own = _literal(parameters[by])
    return (_estimator(own) if by == _SERIES else named(f"{by}={own}")), visible(others)


def named(text: str) -> names.Name:
    """A series that is no estimator."""
    return names.Name(names.FAMILIES.index(names.OTHER), visible(text), 0, visible(text))


def _estimator(spec: str) -> names.Name:
    """An estimator by the spec it has among asv's parameters, which need not be canonical."""
    try:
        return names.estimator(ESTIMATORS.canonical(spec))
    except SpecError:
        return named(spec)


def _literal(text: str) -> str:
    """A parameter as people write it: asv keeps its `repr`."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
    return value if isinstance(value, str) else text


def _numbers(value: Any, stats: Mapping[str, Any] | None) -> Numbers:
    """What a value and its statistics say.

    Raises:
        TypeError: the value is no number.
    """
    if value is None:
        return None, None, None, FAILED
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"a result is no number: {str(value)[:40]}")
    if math.isnan(value):
        return None, None, None, SKIPPED
    if math.isinf(value):
        return None, None, None, FAILED
    low, high = (_finite((stats or {}).get(f"ci_99_{end}")) for end in "ab")
    return float(value), low, high, "ok"


def _finite(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None
