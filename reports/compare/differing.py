"""What differs between two runs beside the numbers, and which verdicts that forbids.

A verdict is about code. On another machine, device or processor, in another precision, or by another protocol, the numbers
differ for reasons of their own: the ratio is shown and no verdict is drawn. Other differences are named, and the reader judges.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.records import ENERGY, KINDS, TRAINING
from reports.compare.sides import CONTEXT, Side
from reports.text import short, visible

_ALL = frozenset(KINDS)
_FORBIDS = {
    "machine": _ALL,
    "cpu.name": _ALL,
    "device": _ALL,
    "dtype": _ALL,
    "execution": frozenset({"cost", "memory", ENERGY}),  # quality is always measured eagerly
    "measuring protocol": _ALL,
    "threads": frozenset(
        {"cost", "memory", ENERGY, TRAINING}
    ),  # estimates are the same but for rounding, which a training multiplies
    "seed": frozenset({"quality", TRAINING}),  # another gradient at another point; times and sizes follow from the shapes
    "steps": frozenset({TRAINING}),  # another end
}
_IN_CELLS = {*CONTEXT, "suite", "estimators", "problems", "measures", "executions", "pairs"}  # options that show in cells
_PLACES = {"estimators_from"}  # options that say where, not what
_PASSING = {"memory.available_bytes", "estimators_in", "torch.version", "torch.threads", "numpy"}  # of the moment, or said twice
_SOURCES = ("ruler", "estimators")


@dataclass(frozen=True)
class Differing:
    """One thing that is not the same on both sides.

    Attributes:
        name: what, as it is called in `run.json`.
        base: in BASE, as text.
        new: in NEW, as text.
        forbids: the kinds of measurement about which it allows no verdict.
    """

    name: str
    base: str
    new: str
    forbids: frozenset[str]

    def __str__(self) -> str:
        """As a line for people."""
        return f"{self.name}: {self.base} -> {self.new}"


def differing(base: Side, new: Side) -> list[Differing]:
    """Everything that differs; what forbids verdicts first."""
    names = dict.fromkeys((*(before := _facts(base)), *(after := _facts(new))))
    silent = {name for name in CONTEXT if not (base.values(name) and new.values(name))}  # a side without cells says nothing
    agreed = {name for name in CONTEXT if max(len(base.values(name)), len(new.values(name))) > 1}  # cells that match agree on it
    found = [
        Differing(
            visible(name), _text(before.get(name)), _text(after.get(name)), frozenset() if name in agreed else _forbids(name)
        )
        for name in names
        if name not in silent and before.get(name) != after.get(name)
    ]
    return sorted(found, key=lambda one: not one.forbids)


def same_code(differences: list[Differing]) -> bool:
    """Whether nothing differs that decides about numbers: a comparison of equal things."""
    return not any(one.forbids or one.name in _SOURCES or one.name.startswith(("file ", "versions.")) for one in differences)


def _forbids(name: str) -> frozenset[str]:
    return _FORBIDS.get(name, frozenset())


def _facts(side: Side) -> dict[str, Any]:
    """Name -> value of all that should be equal."""
    header, provenance = side.header, side.header.get("provenance") or {}
    known = {name: value for name, value in provenance.items() if name not in (*_SOURCES, "files")}
    options = {name: value for name, value in (header.get("options") or {}).items() if name not in _IN_CELLS | _PLACES}
    return {
        **{name: _several(side.values(name)) for name in CONTEXT},
        "measuring protocol": header.get("protocol"),
        **{name: value for name, value in _leaves(known) if name not in _PASSING},
        **{name: _source(provenance.get(name)) for name in _SOURCES},
        **{f"file {file}": digest for file, digest in (provenance.get("files") or {}).items()},
        **{f"option {name}": value for name, value in options.items()},
    }


def _leaves(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _several(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values or None


def _source(source: Any) -> str | None:
    """A version of a package: commit, whether it was changed, and the digest of its files."""
    if not isinstance(source, Mapping):
        return None
    commit = str(source.get("commit") or "no commit")[:12]
    return f"{commit}{' with changes' if source.get('dirty') else ''} ({source.get('digest')})"


def _text(value: Any) -> str:
    if value is None:
        return "none"
    return short(value if isinstance(value, str) else json.dumps(value), 60)
