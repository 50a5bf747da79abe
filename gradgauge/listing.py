"""What there is: estimators, problems, suites and devices, each with one line. Loads neither torch nor pandas."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from estimators.naming import Entry, Registry
from estimators.registry import ESTIMATORS
from estimators.spec import write

if TYPE_CHECKING:
    from benchmarks.suites import Suite


class Item(NamedTuple):
    """One thing there is.

    Attributes:
        name: what to type.
        summary: one line.
        details: parameters with their defaults, as they are written in a spec; or what else there is to say.
    """

    name: str
    summary: str
    details: str


def estimators() -> list[Item]:
    """Every estimator, then the parts that directional ones are made of (their names begin with the kind of part)."""
    return _registered(ESTIMATORS)


def problems() -> list[Item]:
    """Every problem, then the parts they are made of."""
    from benchmarks.problems.registry import PROBLEMS

    return _registered(PROBLEMS)


def suites() -> list[Item]:
    """Every suite, with its size."""
    from benchmarks.suites import SUITES

    return [Item(suite.name, suite.summary, _size(suite)) for suite in SUITES.values()]


def devices() -> list[Item]:
    """The CPU and every GPU that the driver reports, by the names `--device` takes."""
    from benchmarks.harness.gpu import gpus
    from benchmarks.harness.machine import cpu_name

    return [Item("cpu", cpu_name(), ""), *(Item(f"cuda:{gpu.index}", gpu.name, gpu.uuid) for gpu in gpus())]


def _size(suite: "Suite") -> str:
    return f"estimators: {len(suite.estimators)}, problems: {len(suite.problems)}, pairs: {len(suite.pairs())}"


def _registered(registry: Registry) -> list[Item]:
    plugins = [Item(name, "from an installed package", "") for name in registry.names() if name not in registry.entries]
    parts = [_item(f"{part}={name}", entry) for part, table in registry.parts.items() for name, entry in table.items()]
    return [*_items(registry.entries), *plugins, *parts]


def _items(entries: Mapping[str, Entry]) -> Iterable[Item]:
    return (_item(name, entry) for name, entry in entries.items())


def _item(name: str, entry: Entry) -> Item:
    summary = f"{entry.summary} ({entry.source})" if entry.source else entry.summary
    return Item(name, summary, ", ".join(f"{key}={write(p.default)}" for key, p in entry.parameters.items()))
