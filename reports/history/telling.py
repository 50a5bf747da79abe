"""A quantity across commits in words and in numbers: what changed its level, from what to what, and where."""

from collections.abc import Callable

from reports.figures.selection import NOT_MEASURED, Panel, Selection, Table, left_out_sentence
from reports.history.gathering import History, Line
from reports.history.quantities import Quantity
from reports.history.rows import Found
from reports.history.selecting import labels_of, title_of
from reports.history.steps import Step
from reports.text import NOTHING, count, listed, number


def finding(history: History, quantity: Quantity) -> str:
    """How many lines change their level, and the largest change."""
    lines = [line for line in history.lines if line.track.quantity == quantity and valued(line)]
    if not lines:
        return NOT_MEASURED
    several = len(lines) > 1
    tracked = count(len(lines), quantity.noun, quantity.plural)
    over = count(len({one.commit for line in lines for one in valued(line)}), "commit")
    if not quantity.judged:
        return f"{tracked} over {over}: absolute times, shown and not judged."
    if max(len(valued(line)) for line in lines) < 2:
        return f"{tracked}, {'each ' if several else ''}measured at one commit: there is nothing to compare with yet."
    changes = [(step, line) for line in lines for step in line.steps]
    settled = [pair for pair in changes if pair[0].settled]
    single = len(changes) - len(settled)
    maybe = f"; {count(single, 'change')} of a single value may be noise" if single else ""
    if not settled:
        none = f"None of {tracked} changed its level" if several else f"The {quantity.noun} did not change its level"
        return f"{none} over {over}{maybe}."
    step, line = max(settled, key=lambda pair: pair[0].size)
    moved = len({id(line) for _, line in settled})
    changed = (
        f"{moved} of {tracked} changed {'its' if moved == 1 else 'their'} level" if several else f"The {quantity.noun} changed"
    )
    return (
        f"{changed} over {over}; the largest change: {line.track.name.text} on {title_of(history, line)}, "
        f"{change(history, line, step)}{maybe}."
    )


def change(history: History, line: Line, step: Step) -> str:
    """A step in words: from what to what, by how much, at which commit."""
    words = line.track.quantity.words
    return (
        f"from {words(step.before)} to {words(step.after)} ({relative(step)}, {better(step)}) at {commit_of(history, line, step)}"
    )


def relative(step: Step) -> str:
    """The size of a step: in percent, or as a factor where that is 2 or more; nothing comes from or goes to zero by a factor."""
    if step.before <= 0 or step.after <= 0:
        return "from zero" if step.before <= 0 else "to zero"
    ratio = step.after / step.before
    if 0.5 < ratio < 2:
        return percent(ratio)
    return f"×{number(ratio)}" if ratio > 1 else f"÷{number(1 / ratio)}"


def percent(ratio: float) -> str:
    """A change by a ratio, with its sign."""
    if ratio == 1:
        return "0 %"
    return f"{'+' if ratio > 1 else '−'}{number(100 * abs(ratio - 1), 2)} %"


def better(step: Step) -> str:
    """What a step is: of everything tracked less is better; a single value against another is not known to be one."""
    word = "worse" if step.worse else "better"
    return word if step.settled else f"{word}, a single value"


def commit_of(history: History, line: Line, step: Step) -> str:
    """The hash, for people, of the first commit of the new level."""
    return history.commits[line.positions[step.at]].short


def describe(history: History, quantity: Quantity, selection: Selection) -> str:
    """Panels, lines, ranges and steps."""
    if not selection.pictures:
        return f"No picture: {NOT_MEASURED.lower()} {left_out_sentence(selection)}".strip()
    over = count(len(history.commits), "commit")
    shown = (*selection.pictures, *selection.folded)
    head = f"Line charts on a logarithmic axis, {count(len(shown), 'panel')}, {over} from left to right."
    panels = [_described(history, quantity, panel) for panel in shown]
    return " ".join([head, *panels, left_out_sentence(selection)]).strip()


def _described(history: History, quantity: Quantity, panel: Panel) -> str:
    values = panel.data.loc[panel.data["drawn"], "value"]
    lines: tuple[Line, ...] = panel.facts["lines"]
    steps = [f"{line.track.name.text} {change(history, line, step)}" for line in lines for step in line.steps]
    said = f"changes: {listed(steps)}" if steps else "no level changes" if quantity.judged else "not judged"
    ends = f"from {quantity.words(values.min())} to {quantity.words(values.max())}"
    return f"{panel.title}: {count(len(lines), 'line')}, {ends}; {said}."


def table(history: History, quantity: Quantity, selection: Selection) -> Table:
    """One row a line: its newest value, its range, and what became of the commits that have no value."""
    columns = (
        *("series", "newest value", "over the first", "lowest", "highest"),
        *("commits with a value", "commits without", "changes of level"),
    )
    groups = tuple((panel.title, _rows(history, quantity, panel)) for panel in selection.panels)
    return Table(f"{quantity.title} ({quantity.label}): each line over all commits", columns, groups)


def _rows(history: History, quantity: Quantity, panel: Panel) -> tuple[tuple[str, ...], ...]:
    lines: tuple[Line, ...] = panel.facts["lines"]
    return tuple((label, *_row(history, quantity.words, line)) for label, line in zip(labels_of(lines), lines, strict=True))


def _row(history: History, words: Callable[[float], str], line: Line) -> tuple[str, ...]:
    without = [one.outcome for one in line.found if one.value is None]
    counts = [f"{without.count(outcome)} {outcome}" for outcome in dict.fromkeys(without)]
    steps = [f"{relative(step)} at {commit_of(history, line, step)}{'' if step.settled else ' (?)'}" for step in line.steps]
    known = valued(line)
    values = [one.value for one in known if one.value is not None]
    ends = [words(end(values)) for end in (min, max)] if values else [NOTHING, NOTHING]
    over = percent(values[-1] / values[0]) if len(values) > 1 and values[0] > 0 else NOTHING
    newest = _with_interval(known[-1], words) if known else NOTHING
    return newest, over, *ends, str(len(values)), listed(counts) or NOTHING, listed(steps) or NOTHING


def valued(line: Line) -> list[Found]:
    """What of a line has a value."""
    return [one for one in line.found if one.value is not None]


def _with_interval(found: Found, words: Callable[[float], str]) -> str:
    said = words(found.value if found.value is not None else float("nan"))
    if found.low is None or found.high is None or found.low == found.high:
        return said
    return f"{said} [{words(found.low)}, {words(found.high)}]"
