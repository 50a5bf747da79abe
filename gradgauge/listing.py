"""What there is: estimators, problems, update rules, suites and devices, each with one line. Loads neither torch nor pandas."""

from typing import TYPE_CHECKING, NamedTuple

from estimators.naming import Entry, Registry
from estimators.registry import ESTIMATORS, FAMILIES
from estimators.spec import write

if TYPE_CHECKING:
    from benchmarks.suites import Suite


class Item(NamedTuple):
    """One thing there is.

    Attributes:
        name: what to type.
        summary: one line.
        details: parameters with their defaults, as they are written in a spec; or what else there is to say.
        family: what it is listed with; empty where nothing is grouped.
        rank: how much the field needs an estimator: `must`, `should` or `nice`; empty for what has none.
        source: where a method is published; empty where nobody is named.
    """

    name: str
    summary: str
    details: str
    family: str = ""
    rank: str = ""
    source: str = ""


def estimators() -> list[Item]:
    """Every estimator by its family, then the parts that directional ones are made of (their names begin with the kind)."""
    found = [_item(name, entry, entry.family or "other", entry.rank) for name, entry in ESTIMATORS.entries.items()]
    order = {family: place for place, family in enumerate(FAMILIES)}
    found.sort(key=lambda item: order.get(item.family, len(order)))
    return [*found, *_plugins(ESTIMATORS, "from installed packages"), *_parts(ESTIMATORS)]


def problems() -> list[Item]:
    """Every problem, then the parts they are made of."""
    from benchmarks.problems.registry import PROBLEMS

    found = [_item(name, entry, "problem") for name, entry in PROBLEMS.entries.items()]
    return [*found, *_plugins(PROBLEMS, "from installed packages"), *_parts(PROBLEMS)]


def rules() -> list[Item]:
    """Every update rule by its family: what `run training --rule` takes."""
    from estimators.optim.registry import ENTRIES

    return [_item(name, entry, entry.family, entry.rank) for name, entry in ENTRIES.items()]


def suites() -> list[Item]:
    """Every suite, with its size."""
    from benchmarks.suites import SUITES

    return [Item(suite.name, suite.summary, _size(suite)) for suite in SUITES.values()]


def devices() -> list[Item]:
    """The CPU and every GPU that the driver reports, by the names `--device` takes."""
    from benchmarks.harness.gpu import gpus
    from benchmarks.harness.machine import cpu_name
    from benchmarks.harness.probe import GpuProbe

    with GpuProbe() as probe:
        found = gpus(probe)
    none = "" if found else f"no GPU: {probe.absent or 'the driver reports none'}"
    return [Item("cpu", cpu_name(), none), *(Item(f"cuda:{gpu.index}", gpu.name, gpu.uuid) for gpu in found)]


def _size(suite: "Suite") -> str:
    return f"estimators: {len(suite.estimators)}, problems: {len(suite.problems)}, pairs: {len(suite.pairs())}"


def _plugins(registry: Registry, family: str) -> list[Item]:
    return [Item(name, "from an installed package", "", family) for name in registry.names() if name not in registry.entries]


def _parts(registry: Registry) -> list[Item]:
    tables = registry.parts.items()
    return [_item(f"{part}={name}", entry, f"parts: {part}") for part, table in tables for name, entry in table.items()]


def _item(name: str, entry: Entry, family: str, rank: str = "") -> Item:
    details = ", ".join(f"{key}={write(p.default)}" for key, p in entry.parameters.items())
    return Item(name, entry.summary, details, family, rank, entry.source)
