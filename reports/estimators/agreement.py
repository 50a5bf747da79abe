"""Whether what is declared is what was measured: counted, quantity by quantity.

What is counted by the ruler (evaluations of the loss, floating-point operations) must be as declared within 2 %. What is
estimated from draws (relative error, efficiency) agrees where the declared value lies inside the measured 95 % interval; of right
declarations, one of twenty lies outside by chance. A closed form is compared where the estimate is random, and so has an
interval, or exact; a deterministic estimate along differences is off by what no declaration promises, the curvature of the
loss.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reports.estimators.measured import QUANTITIES, Figure, Gauged, Quantity
from reports.text import count, interval, number, whole

WITHIN = 0.02
"""Of the declared value: how far counted costs may be from it."""

ROUNDING = 1e-5
"""What no interval tells apart: of a number of this size relative to 1."""


@dataclass(frozen=True)
class Comparison:
    """One declared value beside the measured one.

    Attributes:
        quantity: which.
        cell: of whom, where.
        figure: both values.
    """

    quantity: Quantity
    cell: Gauged
    figure: Figure

    @property
    def declared(self) -> float:
        """The declared value."""
        return self.figure.declared or 0.0

    @property
    def agrees(self) -> bool:
        """Whether the declared value is the measured one, as far as can be told."""
        value, low, high = self.figure.value, self.figure.low, self.figure.high
        if self.quantity.counted:
            return abs(value - self.declared) <= WITHIN * abs(self.declared)
        inside = low is not None and high is not None and low <= self.declared <= high
        return inside or abs(value - self.declared) <= ROUNDING * max(1.0, abs(self.declared))


def comparisons(cells: Iterable[Gauged]) -> list[Comparison]:
    """Everything that was both declared and measured."""
    return [
        Comparison(quantity, cell, cell.figures[quantity.metric])
        for cell in cells
        for quantity in QUANTITIES
        if quantity.metric in cell.figures and _comparable(quantity, cell)
    ]


def summary(compared: Sequence[Comparison]) -> list[str]:
    """One line a quantity, each followed by a line for every comparison that disagrees."""
    lines = []
    for quantity in QUANTITIES:
        if own := [one for one in compared if one.quantity == quantity]:
            agreeing = sum(one.agrees for one in own)
            rule = (
                f"within {100 * WITHIN:g} % of the declared" if quantity.counted else "declared inside the measured 95 % interval"
            )
            share = f"{100 * agreeing / len(own):.1f} %"
            lines.append(f"{quantity.title}: {rule} for {agreeing} of {count(len(own), 'cell')} ({share})")
            lines += [f"  {_said(one)}" for one in own if not one.agrees]
    return lines or ["Nothing was both declared and measured."]


def counted(value: float | None) -> str:
    """A count as it is, anything else with four digits."""
    return whole(value) if value is not None and value == round(value) else number(value, 4)


def _comparable(quantity: Quantity, cell: Gauged) -> bool:
    if cell.figures[quantity.metric].declared is None:
        return False
    return quantity.counted or bool(cell.declared.get("stochastic") or cell.declared.get("exact"))


def _said(one: Comparison) -> str:
    figure = one.figure
    if one.quantity.counted:
        texts = counted(one.declared), counted(figure.value)
    else:  # digits enough to see it
        texts = number(one.declared, 6), interval(figure.value, figure.low, figure.high, 6)
    return f"{one.cell.label} on {one.cell.problem}: {texts[0]} declared, {texts[1]} measured"
