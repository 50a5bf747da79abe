"""A comparison as GitHub's Markdown, fit for a comment on a pull request; nothing in a name can break out of its place."""

import re
from collections.abc import Sequence

from reports.compare.around import NAME, REASON, foot, head
from reports.compare.comparison import Comparison
from reports.compare.lines import Line, Section
from reports.compare.sections import sections
from reports.text import count, short, visible

LIMIT = 60_000
"""Characters of a document at most, where leaving out lines can achieve it; GitHub refuses a comment of more than 65,536."""

_MOST = (None, 300, 100, 30, 10, 3, 0)  # lines of a section, differences and reasons: the first number that fits
_FOLDED = 10  # cells that are the same, from which on they are folded away


def markdown(comparison: Comparison) -> str:
    """The document; where it would be too long for a comment, lines that say least are counted instead."""
    for most in _MOST:
        text = _document(comparison, most)
        if len(text) <= LIMIT:
            break
    return text


def _document(comparison: Comparison, most: int | None) -> str:
    headline, *lines = head(comparison, most)
    blocks = [f"**{_plain(headline)}**", _list(lines)]
    for section in sections(comparison):
        blocks += [f"### {_plain(section.title)}", _plain(section.summary), *_tables(section, most)]
        if section.reasons:
            blocks.append(_list([short(reason, REASON) for reason in section.reasons]))
    return "\n\n".join([*blocks, _list(foot(comparison, most))]) + "\n"


def _tables(section: Section, most: int | None) -> list[str]:
    """What changed or is not decided, then what is the same: folded away where it is much."""
    kept = section.lines if most is None else _first(section.lines, most)
    same = [line for line in kept if line.mark is not None and line.mark.verdict is not None and not line.mark.changed]
    folded = same if len(same) >= _FOLDED else []
    shown = [line for line in kept if not folded or line not in folded]
    blocks = [_table(shown, section)] if shown else []
    if folded:
        summary = f"<details>\n<summary>{count(len(folded), 'cell')} {_plain(folded[0].verdict[2:])}</summary>"
        blocks += [summary, _table(folded, section), "</details>"]
    if rest := len(section.lines) - len(kept):
        blocks.append(f"{count(rest, 'further cell')} of the smallest changes left out: a comment holds no more.")
    return blocks


def _first(lines: Sequence[Line], most: int) -> list[Line]:
    """The lines that say most, in the order in which they stand."""
    chosen = sorted(range(len(lines)), key=lambda place: lines[place].place)[:most]
    return [lines[place] for place in sorted(chosen)]


def _table(lines: Sequence[Line], section: Section) -> str:
    columns = ["problem", "estimator", "BASE", "NEW", "ratio", *(["Hodges-Lehmann"] if section.ranks else []), "verdict"]
    rows = [columns, ["---"] * len(columns), *(_cells(line, section) for line in lines)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cells(line: Line, section: Section) -> list[str]:
    ranks = [line.robust] if section.ranks else []
    return [_code(line.problem), _code(line.estimator), *line.values, line.change, *ranks, line.verdict]


def _list(lines: Sequence[str]) -> str:
    """A list whose indented lines are a list within it."""
    return "\n".join(f"{'  ' if line.startswith(' ') else ''}- {_plain(line.strip())}" for line in lines)


def _code(text: str) -> str:
    """A name as a code span in a table: with a fence longer than any in it, and bars escaped."""
    seen = short(text, NAME)
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", seen)), default=0))
    inner = seen.replace("|", "\\|")
    return f"{fence} {inner} {fence}" if "`" in seen else f"{fence}{inner}{fence}"


def _plain(text: str) -> str:
    """Text without meaning to Markdown or HTML."""
    return re.sub(r"([\\`*_{}\[\]<>|#~@$&])", r"\\\1", visible(text))
