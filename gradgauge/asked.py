"""From options by name, as the command line and `gradgauge.run` take them, to a request. No torch."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from benchmarks.problems.data.home import DataError, home
from benchmarks.rates import read_rates
from benchmarks.request import Request, UsageError
from estimators.spec import nearest


def request_of(given: Mapping[str, Any]) -> Request:
    """The request that options stand for; `resume` takes everything from the run's folder.

    Args:
        given: names of `Request`'s fields -> values, as far as somebody gave them. Sequences may be lists, paths texts;
            learning rates are a file of them, or what `benchmarks.rates.read_rates` gave.

    Raises:
        UsageError: an unknown option, a value out of bounds, or one that differs from those of the run to be resumed.
        FolderError: there is no run to be resumed.
    """
    known = [field.name for field in fields(Request)]
    for name in given:
        if name not in known:
            raise UsageError(f"unknown option {name!r}: {nearest(name, known)}")
    options: dict[str, Any] = {name: _value(name, value) for name, value in given.items() if value is not None}
    folder = options.pop("resume", None)
    if folder is None:
        return Request.of(options)
    if "out" in options:
        raise UsageError("out cannot be given with resume: a run goes on in its own folder")
    from benchmarks.runner import reopen  # imports what only a run needs

    return reopen(Path(folder), options)


def several(value: str | Iterable[str]) -> tuple[str, ...]:
    """One name or several, as several."""
    return (value,) if isinstance(value, str) else tuple(value)


_SEQUENCES = ("estimators", "problems", "measures", "executions", "rules")


def _value(name: str, value: Any) -> Any:
    if name == "data":
        try:
            return home(Path(value))  # absolute, since a run may be resumed from elsewhere
        except DataError as error:
            raise UsageError(str(error)) from None
    if name == "learning_rates" and isinstance(value, (str, Path)):
        return read_rates(Path(value))  # its content is kept, since a run may be resumed when the file has changed
    if name == "estimators_from":
        return Path(value).expanduser().absolute()  # for the same reason
    if name not in _SEQUENCES:
        return value
    return several(value)
