"""How did one quantity change from commit to commit?

One panel a benchmark (or problem), its other parameters and the machine; one line an estimator. The places of commits are the
same in every panel. A dashed line across is where a level changes, a dotted one where a single value differs. What failed or was
skipped breaks the line. It is a figure as those of `reports.figures` are, one for each quantity.
"""

import math
from dataclasses import dataclass

from matplotlib.axes import Axes

from reports import drawing, style
from reports.figures.selection import Panel, Selection, Table
from reports.history import flags, selecting, telling
from reports.history.gathering import History, Line
from reports.history.quantities import Quantity
from reports.history.steps import Step

_HOW = (
    "One panel a benchmark or problem, one line an estimator; commits from left to right, the oldest first, at the same place in "
    "every panel. A vertical line through a mark is its interval, where one was recorded; a hollow mark carries a remark, such "
    "as code that differed from its commit. What failed or was skipped breaks the line."
)
_TICKS = 5  # hashes that fit at the axis
_LARGEST, _SMALLEST, _CROWDED = 6.0, 2.5, 180  # pixels of a marker, and of all markers side by side


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
        if not self.quantity.judged:
            return f"{_HOW} These are absolute times, which move with the machine: no change of level is looked for."
        if self.quantity.exact:
            return f"{_HOW} The same code gives the same number, so every difference is a change: dashed across."
        least = f"{100 * self.history.threshold:.3g} %"
        return f"{_HOW} Dashed across: the level changes by {least} or more. Dotted: a single value does, which may be noise."

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
        quantity, lines = self.quantity, panel.facts["lines"]
        _commit_axis(axes, [commit.short for commit in self.history.commits])
        words = flags.arranged(axes, _draw_steps(axes, lines))
        room = flags.headroom(axes, words, shown)
        style.log_axis(axes, "y", [*shown, *room], quantity.label, quantity.tick, binary=quantity.binary)
        flags.draw(axes, words)
        for place in range(len(lines)):
            _draw_line(axes, panel, place, len(self.history.commits))


def _draw_steps(axes: Axes, lines: tuple[Line, ...]) -> list[tuple[float, str]]:
    """Rule the steps off, each place once; where, and the words about the largest of them, from left to right."""
    found: dict[int, list[Step]] = {}
    for line in lines:
        for step in line.steps:
            found.setdefault(line.positions[step.at], []).append(step)
    words = []
    for place, steps in sorted(found.items()):
        first = max(steps, key=lambda step: (step.settled, step.size))
        drawing.rule(axes, "x", place - 0.5, "--" if first.settled else ":")
        more = f" + {len(steps) - 1} more" if len(steps) > 1 else ""
        sign, doubt = "▲" if first.worse else "▼", "" if first.settled else "?"
        words.append((place - 0.5, f"{sign} {telling.relative(first)}{doubt}{more}"))
    return words


def _draw_line(axes: Axes, panel: Panel, place: int, commits: int) -> None:
    """One line with its marks and intervals; it is broken where a commit has no value that can be drawn."""
    rows = [row for row in panel.rows if row["line"] == place]
    look = panel.look(rows[0])
    drawing.curve(
        axes,
        [float(row["position"]) for row in rows],
        [row["value"] if row["drawn"] else math.nan for row in rows],
        look,
    )
    drawing.whiskers(axes, [(row["position"], row["low"], row["high"]) for row in rows if row["drawn"]], look)
    size = max(_SMALLEST, min(_LARGEST, _CROWDED / commits))
    for state in ("ok", "doubtful", "wrong"):
        places = [(float(row["position"]), row["value"]) for row in rows if row["drawn"] and row["state"] == state]
        if places:
            drawing.points(axes, places, look, state=state, size=size)


def _commit_axis(axes: Axes, hashes: list[str]) -> None:
    """Commits side by side, with as many hashes as fit, evenly spread, the first and the last among them."""
    last = len(hashes) - 1
    places = sorted({round(tick * last / (_TICKS - 1)) for tick in range(_TICKS)}) if last >= _TICKS else range(last + 1)
    axes.set_xlim(-0.5, last + 0.5)
    axes.set_xticks(list(places), [hashes[place] for place in places])
    axes.set_xlabel("commit, the oldest left")
