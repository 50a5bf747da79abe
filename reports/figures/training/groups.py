"""The trainings of a run in groups: what shares problem, rule and steps, at the common learning rate or at each one's own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from reports.figures.selection import Row
from reports.frames import Results, rows
from reports.names import rule_without_rate
from reports.targets import Curve, Ratio, lowest, ratio

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
    def reference(self) -> Row | None:
        """Backprop, if it was trained."""
        return next((row for row in self.members if row["estimator"] == "backprop" and row["curves"]), None)

    @property
    def target(self) -> float | None:
        """The lowest loss that backprop reaches, median over seeds; None where there is none."""
        if self.reference is None:
            return None
        found = [value for value in map(lowest, self.reference["curves"].values()) if value is not None]
        return float(np.median(found)) if found else None

    def ratio(self, row: Row, axis: str) -> Ratio:
        """T_f/T_b of a member; see `reports.targets.ratio`."""
        references: Mapping[int, Curve] = {} if self.reference is None else self.reference["curves"]
        return ratio(row["curves"], references, axis)


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
