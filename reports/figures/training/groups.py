"""The trainings of a run in groups: what shares problem, rule and steps, at the common learning rate or at each one's own."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from reports.figures.selection import Row
from reports.frames import Results, rows
from reports.names import rule_without_rate
from reports.targets import Curve, Ratio, lowest, ratio, reached_at

COMMON, OWN = "at one common learning rate", "each at its own learning rate"
"""Of which learning rate a group is."""


@dataclass(frozen=True)
class Group:
    """Trainings that are compared with each other.

    Attributes:
        panel: the problem and what sets it apart.
        rule: without its learning rate, as it is called.
        steps: of each training.
        rates: `COMMON` or `OWN`.
        members: one row a method: columns of `frames.Results.cells`, with `lr`, `curves` and `rate_is_own`.
    """

    panel: str
    rule: str
    steps: int
    rates: str
    members: tuple[Row, ...]

    @property
    def title(self) -> str:
        """Problem, rule and whose learning rate."""
        return f"{self.panel} by {self.rule}, {self.rates}"

    @property
    def trained(self) -> list[Row]:
        """The members that have a curve, in the order of reports."""
        return [row for row in sorted(self.members, key=lambda row: row["name"]) if row["curves"]]

    @property
    def reference(self) -> Row | None:
        """Backprop, if it was trained."""
        return next((row for row in self.members if row["estimator"] == "backprop" and row["curves"]), None)

    @property
    def target(self) -> float | None:
        """The lowest loss that backprop reaches, median over seeds; None where there is none."""
        found = [value for value in map(lowest, self._references.values()) if value is not None]
        return float(np.median(found)) if found else None

    def reached_after(self, axis: str) -> float | None:
        """Where backprop first has its lowest loss, median over the seeds with which it improved; None where there are none."""
        found = [(curve, lowest(curve)) for curve in self._references.values()]
        places = [reached_at(curve, target, axis) for curve, target in found if target is not None]
        improved = [place for place in places if place]
        return float(np.median(improved)) if improved else None

    def ratio(self, row: Row, axis: str) -> Ratio:
        """T_f/T_b of a member; see `reports.targets.ratio`."""
        return ratio(row["curves"], self._references, axis)

    def without(self, estimators: Collection[str]) -> "Group":
        """The same group but for some estimators, by their canonical specs."""
        return replace(self, members=tuple(row for row in self.members if row["estimator"] not in estimators))

    @property
    def _references(self) -> Mapping[int, Curve]:
        return {} if self.reference is None else self.reference["curves"]


def groups_of(results: Results) -> list[Group]:
    """All groups, in the order of the page; those at own rates after those at the common one."""
    found: dict[tuple[str, str, int], list[dict[str, Any]]] = {}
    for row in rows(results.of("training")):
        key = (row["panel"], rule_without_rate(row["rule"]), int(row["steps"]))
        found.setdefault(key, []).append(row)
    groups = []
    for key, members in found.items():
        shared = {row["lr"] for row in members if not row["rate_is_own"]}
        common = [row for row in members if not row["rate_is_own"] or row["lr"] in shared]
        own = [row for row in members if row["rate_is_own"]]
        groups += [Group(*key, rates, tuple(of)) for rates, of in ((COMMON, common), (OWN, own)) if of]
    return groups


def is_search(group: Group) -> bool:
    """Whether a method of the group has several learning rates: then they were being looked for."""
    estimators = [row["estimator"] for row in group.members]
    return len(set(estimators)) < len(estimators)


def headline(groups: Sequence[Group]) -> Group | None:
    """The group that stands for all: one at own rates if there is any, then the one with most methods and coordinates."""
    return max(groups, key=lambda group: (group.rates == OWN, len(group.members), group.members[0]["n"]), default=None)
