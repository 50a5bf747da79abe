"""How many cells came to which verdict, in words: for the summary of a section, and for the sentences that open a comparison."""

from collections import Counter
from collections.abc import Iterable, Sequence

from benchmarks.comparison import Verdict
from reports.compare.metrics import Compared, How
from reports.compare.rows import Row, Rule, Stage
from reports.text import count

_ORDER = (Verdict.LESS, Verdict.MORE, Verdict.SAME, Verdict.UNDECIDED)
_WITHOUT, _AGAIN = "without a verdict", "measured again"


def final(rows: Iterable[Row]) -> list[Row]:
    """The rows that a number rests on: of suspects, those of the fresh processes alone."""
    return [row for row in rows if row.stage is not Stage.SUSPECT]


def summary(compared: Compared, rows: Sequence[Row]) -> str:
    """`40 cells: 2 slower, 12 faster, 20 same, 6 undecided`: the rows of one section, at least one."""
    words = {verdict: compared.word(verdict) for verdict in Verdict}
    return f"{count(len(rows), 'cell')}: {', '.join(f'{quantity} {word}' for word, quantity in _counted(words, rows).items())}"


def of_cells(compared: Compared, rows: Sequence[Row], rule: Rule) -> str:
    """`12 of 40 cells are faster, 2 slower, 20 the same within ±3 %, 6 undecided.`: about one number, at least one row."""
    found = _counted(_words(compared, rule), rows)
    word, *others = found
    if len(rows) == 1:
        return f"The one cell is {word}."
    if not others:
        return f"All {len(rows)} cells are {word}."
    first = f"{found[word]} of {len(rows)} cells {'is' if found[word] == 1 else 'are'} {word}"
    return ", ".join([first, *(f"{found[other]} {other}" for other in others)]) + "."


def by_word(compared: Compared, rows: Sequence[Row], rule: Rule) -> str:
    """`Peak tensor bytes: more in 2 of 40 cells, equal in 38.`: about one number, at least one row."""
    found = _counted(_words(compared, rule), rows)
    word, *others = found
    where = f"in {found[word]} of {len(rows)} cells" if others else f"in all {len(rows)} cells"
    first = f"{word} in the one cell" if len(rows) == 1 else f"{word} {where}"
    return f"{compared.title}: {', '.join([first, *(f'{other} in {found[other]}' for other in others)])}."


def _words(compared: Compared, rule: Rule) -> dict[Verdict, str]:
    words = {verdict: compared.word(verdict) for verdict in _ORDER}
    if compared.how is not How.EXACT:
        words[Verdict.SAME] = f"the same within ±{100 * rule.threshold:.2g} %"
    return words


def _counted(words: dict[Verdict, str], rows: Sequence[Row]) -> dict[str, int]:
    """What became of the cells -> of how many, in the order of `words`; only where there are any."""
    found = Counter(row.verdict for row in rows if row.judged)
    suspects = sum(row.stage is Stage.SUSPECT for row in rows)
    counts = {words[verdict]: found[verdict] for verdict in words}
    counts |= {_WITHOUT: len(rows) - found.total() - suspects, _AGAIN: suspects}
    return {word: quantity for word, quantity in counts.items() if quantity}
