"""What estimators and problems are called in a report, and which of them belong together.

A *series* is an estimator without its number of tangents: the points of one series are joined and share a closed-form curve.
Names come from canonical specs; a spec that this machine cannot resolve (a user's file that is elsewhere) is shown as it is,
without the folders in front of it.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import PurePath

from benchmarks.problems.registry import PROBLEMS
from benchmarks.rates import rate_of, without_rate
from benchmarks.records import EAGER
from estimators import registry
from estimators.naming import Registry
from estimators.optim.registry import RULES
from estimators.registry import ESTIMATORS
from estimators.spec import Spec, SpecError, parse
from reports.text import visible

OTHER = "other"

FAMILIES = (*registry.FAMILIES, OTHER)
"""Kinds of estimators, in the order of reports: they share a colour."""

_DIGITS = re.compile(r"([0-9]{1,40})")


@dataclass(frozen=True, order=True)
class Name:
    """An estimator as a report calls it; sorts in the order of reports.

    Attributes:
        rank: place of its family in `FAMILIES`.
        series: short spec without k.
        k: number of tangents, 0 where the spec has none.
        text: short spec, with k always written out.
    """

    rank: int
    series: str
    k: int
    text: str

    @property
    def family(self) -> str:
        """A member of `FAMILIES`."""
        return FAMILIES[self.rank]


@cache
def estimator(canonical: str) -> Name:
    """The name of an estimator from its canonical spec."""
    full, brief = _read(canonical), _short(ESTIMATORS, canonical)
    if full is None or brief is None:
        return Name(FAMILIES.index(OTHER), visible(canonical), 0, visible(canonical))
    k = full.get("k")
    tangents = k if isinstance(k, int) and not isinstance(k, bool) and k > 0 else 0
    series = replace(brief, parameters=tuple(pair for pair in brief.parameters if pair[0] != "k"))
    whole = Spec(brief.name, (("k", k), *series.parameters)) if tangents else brief
    return Name(FAMILIES.index(_family(full.name)), visible(str(series)), tangents, visible(str(whole)))


def executed(name: Name, execution: str) -> Name:
    """The name of an estimator in an execution, which is a series of its own unless it is eager."""
    return replace(name, series=with_execution(name.series, execution), text=with_execution(name.text, execution))


def with_execution(text: str, execution: str) -> str:
    """What an estimator is called in an execution: eager ones have no other name."""
    return text if execution == EAGER else f"{text} · {visible(execution)}"


@cache
def problem(canonical: str) -> str:
    """The short name of a problem from its canonical spec."""
    brief = _short(PROBLEMS, canonical)
    return visible(canonical if brief is None else str(brief))


def trained(text: str, by: str) -> str:
    """What an estimator is called that trains by a rule: the same where there is none."""
    return f"{text} · {rule(by)}" if by else text


@cache
def rule(canonical: str) -> str:
    """The short name of an update rule from its canonical spec, with its learning rate to three digits."""
    lr, brief = rate_of(canonical), rule_without_rate(canonical)
    if lr is None:
        return brief
    name, _, rest = brief.removesuffix("]").partition("[")
    return f"{name}[lr={lr:.3g}{f',{rest}' if rest else ''}]"


@cache
def rule_without_rate(canonical: str) -> str:
    """The short name of an update rule without its learning rate."""
    brief = _short(RULES, canonical)
    return visible(canonical if brief is None else without_rate(str(brief)))


def problem_rank(canonical: str) -> tuple[int, list[str | int]]:
    """Where a problem stands in reports: registered ones in the registry's order, then the others by name; numbers by size."""
    spec, known = _read(canonical), list(PROBLEMS.entries)
    rank = known.index(spec.name) if spec is not None and spec.name in known else len(known)
    return rank, [int(part) if place % 2 else part for place, part in enumerate(_DIGITS.split(canonical))]


def told_apart(specs: Iterable[str], brief: Callable[[str], str]) -> dict[str, str]:
    """Spec -> short text; those that would share one (two files of one name) keep their whole spec."""
    texts = {spec: brief(spec) for spec in specs}
    shared = Counter(texts.values())
    return {spec: text if shared[text] == 1 else visible(spec) for spec, text in texts.items()}


def _family(name: str) -> str:
    entry = ESTIMATORS.entries.get(name)
    return (entry.family if entry is not None else "") or OTHER


def _read(text: str) -> Spec | None:
    try:
        return parse(text)
    except SpecError:
        return None


def _short(registry: Registry, text: str) -> Spec | None:
    spec: Spec | None
    try:
        spec = parse(registry.short(text))
    except SpecError:
        spec = _read(text)
    if spec is None or ".py:" not in spec.name:
        return spec
    path, _, attribute = spec.name.partition(".py:")
    return replace(spec, name=f"{PurePath(path).name}.py:{attribute}")
