"""How did one quantity change from commit to commit?

One panel a benchmark (or problem), its other parameters and the machine; one line an estimator. The places of commits are the
same in every panel. A dashed line across is where a level changes, a dotted one where a single value differs. What failed breaks
the line. It is a figure as those of `reports.figures` are, one for each quantity.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from matplotlib.axes import Axes

from reports import drawing, style
from reports.figures.selection import Panel, Row, Selection, Table
from reports.history import flags, selecting, telling
from reports.history.gathering import History, Line
from reports.history.quantities import Quantity
from reports.history.rows import SKIPPED
from reports.history.steps import Step

_HOW = (
    "One panel a benchmark or problem, one line an estimator; commits from left to right, the oldest first, at the same place in "
    "every panel. A vertical line through a mark is its interval, where one was recorded; a hollow mark carries a remark, such "
    "as code that differed from its commit. What failed breaks the line; what was skipped or not asked for does not."
)
_TICKS, _HASH = 5, 50  # hashes at the axis at most, and pixels that one needs
_LARGEST, _SMALLEST, _CROWDED = 6.0, 2.5, 180  # pixels of a marker, and of all markers side by side
_MARKS = 40  # commits with a marker, at most; a line through more of them has some left out, but for those with a remark


@dataclass(frozen=True)
class Across:
    """A quantity across commits.

    Attributes:
        history: where its numbers are.
        quantity: which it is.
    """

    history: History
    quantity: Quantity

    @property
    def name(self) -> str:
        """For ids and files."""
        return f"history-{self.quantity.name.replace('_', '-')}"

    @property
    def reading(self) -> str:
        """How to read it, for the caption."""
        commits = len(self.history.commits)
        newest = selecting.MOST_COMMITS
        how = f"{_HOW} The newest {newest} of {commits} commits are drawn." if commits > newest else _HOW
        if not self.quantity.judged:
            return f"{how} These are absolute times, which move with the machine: no change of level is looked for."
        if self.quantity.exact:
            return f"{how} The same code gives the same number, so every difference is a change: dashed across."
        least = f"{100 * self.history.threshold:.3g} %"
        return f"{how} Dashed across: the level changes by {least} or more. Dotted: a single value does, which may be noise."

    def select(self) -> Selection:
        """See `selecting.select`."""
        return selecting.select(self.history, self.quantity)

    def finding(self) -> str:
        """See `telling.finding`."""
        return telling.finding(self.history, self.quantity)

    def describe(self, selection: Selection) -> str:
        """See `telling.describe`."""
        return telling.describe(self.history, self.quantity, selection)

    def table(self, selection: Selection) -> Table:
        """See `telling.table`."""
        return telling.table(self.history, self.quantity, selection)

    def draw(self, axes: Axes, panel: Panel) -> None:
        """Draw one panel."""
        shown = [row[end] for row in panel.rows if row["drawn"] for end in ("value", "low", "high")]
        quantity, first = self.quantity, selecting.first_drawn(self.history)
        _commit_axis(axes, [commit.short for commit in self.history.commits], first)
        words = flags.arranged(axes, _draw_steps(axes, panel.facts["lines"], first))
        room = flags.headroom(axes, words, shown)
        style.log_axis(axes, "y", [*shown, *room], quantity.label, quantity.tick, binary=quantity.binary)
        flags.draw(axes, words)
        lines: dict[int, list[Row]] = {}
        for row in panel.rows:
            if row["position"] >= first:
                lines.setdefault(row["line"], []).append(row)
        for rows in lines.values():
            _draw_line(axes, panel, rows, len(self.history.commits) - first)


def _draw_steps(axes: Axes, lines: tuple[Line, ...], first: int) -> list[tuple[float, str]]:
    """Rule the steps off, each place once; where, and the words about the largest of them, from left to right."""
    found: dict[int, list[Step]] = {}
    for line in lines:
        for step in line.steps:
            if line.positions[step.at] >= first:
                found.setdefault(line.positions[step.at], []).append(step)
    words = []
    for place, steps in sorted(found.items()):
        largest = max(steps, key=lambda step: (step.settled, step.size))
        drawing.rule(axes, "x", place - 0.5, "--" if largest.settled else ":")
        more = f" + {len(steps) - 1} more" if len(steps) > 1 else ""
        sign, doubt = "▲" if largest.worse else "▼", "" if largest.settled else "?"
        words.append((place - 0.5, f"{sign} {telling.relative(largest)}{doubt}{more}"))
    return words


def _draw_line(axes: Axes, panel: Panel, rows: Sequence[Row], commits: int) -> None:
    """One line with its marks and intervals; it is broken where a commit failed or has a value that cannot be drawn."""
    look = panel.look(rows[0])
    tried = [row for row in rows if row["outcome"] != SKIPPED]
    drawing.curve(axes, _positions(tried), [row["value"] if row["drawn"] else math.nan for row in tried], look)
    drawn = [row for row in rows if row["drawn"]]
    drawing.whiskers(axes, [(row["position"], row["low"], row["high"]) for row in drawn], look)
    size, every = max(_SMALLEST, min(_LARGEST, _CROWDED / commits)), math.ceil(commits / _MARKS)
    for state in ("ok", "doubtful", "wrong"):
        marked = [row for row in drawn if row["state"] == state and (state != "ok" or row["position"] % every == 0)]
        if marked:
            places = list(zip(_positions(marked), [row["value"] for row in marked], strict=True))
            drawing.points(axes, places, look, state=state, size=size)


def _positions(rows: Sequence[Row]) -> list[float]:
    return [float(row["position"]) for row in rows]


def _commit_axis(axes: Axes, hashes: Sequence[str], first: int) -> None:
    """Commits side by side, with as many hashes as fit, evenly spread, the first drawn and the last among them."""
    last = len(hashes) - 1
    apart = axes.bbox.width / (last - first + 1)
    spread = [_spread(first, last, ticks) for ticks in range(_TICKS, 1, -1)]
    fitting = (places for places in spread if all((b - a) * apart >= _HASH for a, b in pairwise(places)))
    places = next(fitting, [last])
    axes.set_xlim(first - 0.5, last + 0.5)
    axes.set_xticks(places, [hashes[place] for place in places])
    axes.set_xlabel("commit, the oldest left")


def _spread(first: int, last: int, ticks: int) -> list[int]:
    """So many places, about evenly spread, the first and the last among them."""
    return sorted({first + round(tick * (last - first) / (ticks - 1)) for tick in range(ticks)})
